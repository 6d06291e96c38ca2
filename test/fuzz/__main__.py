"""`make fuzz`: hostile bytes for every entry, in processes whose memory and time are limited, and a table of it all."""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fuzz.harness import Harness
from fuzz.harnesses import HARNESSES

# A process whose native code crashes is started again this often.
STARTS: Final = 30
# Of native crashes and of time-outs, as libFuzzer calls the cases.
NATIVE: Final = ('crash-', 'timeout-', 'oom-')


@dataclass(frozen=True)
class Row:
    """What came of one entry."""

    harness: Harness
    n_wanted: int
    n_cases: int
    findings: tuple[str, ...]
    seconds: float

    @property
    def is_sound(self) -> bool:
        """Whether all cases were run, and nothing was found that is not accepted."""
        if self.n_cases < self.n_wanted and not self.harness.trusted:
            return False
        return not [name for name in self.findings if not (self.harness.trusted and name.startswith(NATIVE))]


def main() -> int:
    """Run all entries, or those that are named; the exit code is 1 where something was found."""
    parser = argparse.ArgumentParser(prog='python -m fuzz', description=__doc__)
    parser.add_argument('entries', nargs='*', metavar='ENTRY', help=f'of {", ".join(HARNESSES)}; all by default')
    parser.add_argument('--cases', type=int, default=100_000, help='of all entries together (%(default)s)')
    parser.add_argument('--seed', type=int, default=1, help='of the first process of each entry (%(default)s)')
    parser.add_argument('--jobs', type=int, default=os.cpu_count(), help='processes at a time (%(default)s)')
    parser.add_argument('--out', type=Path, default=Path('build/fuzz'), help='corpus and findings (%(default)s)')
    arguments = parser.parse_args()
    if unknown := set(arguments.entries) - set(HARNESSES):
        parser.error(f'there is no entry {sorted(unknown)[0]}')
    chosen = [HARNESSES[name] for name in arguments.entries or HARNESSES]
    if importlib.util.find_spec('rclpy') is None:
        for harness in [each for each in chosen if each.needs_ros]:
            print(f'left out, for there is no rclpy: {harness.name}')
            chosen.remove(harness)
    shares = sum(harness.share for harness in chosen)
    with ThreadPoolExecutor(arguments.jobs) as pool:
        jobs = [
            pool.submit(_fuzz, harness, round(arguments.cases * harness.share / shares), arguments.seed, arguments.out)
            for harness in chosen
        ]
        rows = [job.result() for job in jobs]
    table = _table(rows)
    (arguments.out / 'table.md').write_text(table)
    print(f'\n{table}\n{sum(row.n_cases for row in rows):,} cases; findings are in {arguments.out}/ENTRY/found')
    return 0 if all(row.is_sound for row in rows) else 1


def _fuzz(harness: Harness, n_cases: int, seed: int, out: Path) -> Row:
    folder = (out / harness.name).resolve()
    shutil.rmtree(folder, ignore_errors=True)
    (folder / 'found').mkdir(parents=True)
    began_s = time.monotonic()
    for start in range(STARTS):
        left = n_cases - _count(folder)
        if left <= 0:
            break
        with (folder / f'log_{start}.txt').open('wb') as log:
            command = [sys.executable, '-m', 'fuzz.worker', harness.name, str(folder), str(left), str(seed + start)]
            code = subprocess.run(command, stdout=log, stderr=log, check=False).returncode
        if code == 0:
            break
        _forget_crashing(folder)
    row = Row(harness, n_cases, _count(folder), _findings(folder), time.monotonic() - began_s)
    print(f'{harness.name}: {row.n_cases:,} cases in {row.seconds:.0f} s, {len(row.findings)} findings', flush=True)
    return row


def _count(folder: Path) -> int:
    path = folder / 'counter'
    return int.from_bytes(path.read_bytes(), 'little') if path.exists() else 0


def _findings(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(path.name for path in (folder / 'found').iterdir() if path.suffix != '.txt'))


def _forget_crashing(folder: Path) -> None:
    """Take what has crashed the process out of the corpus, or it would be the first case of the next."""
    crashing = {hashlib.sha1(path.read_bytes()).hexdigest() for path in (folder / 'found').glob('*-*')}
    for path in (folder / 'corpus').glob('*'):
        if hashlib.sha1(path.read_bytes()).hexdigest() in crashing:
            path.unlink()


def _table(rows: list[Row]) -> str:
    lines = ['| entry | bytes of | cases | s | findings |', '|---|---|---|---|---|']
    for row in rows:
        found = ', '.join(row.findings) or 'none'
        if not row.findings and not row.is_sound:
            found = f'not run to its end, {row.n_wanted:,} cases were wanted: see its logs'
        if row.findings and row.is_sound:
            found = f'{len(row.findings)} native crashes, accepted'
        lines.append(f'| `{row.harness.name}` | {row.harness.what} | {row.n_cases:,} | {row.seconds:.0f} | {found} |')
    return '\n'.join(lines) + '\n'


if __name__ == '__main__':
    sys.exit(main())
