"""Hours of an unattended robot in minutes: `make soak MINUTES=20`.

A clip in a loop goes through the nodes, as `ros2 launch` starts them where there is one, and faults of the table come
in random order, a few seconds apart. Prints a line a minute and a summary. Fails where a process that was not started
anew holds more than it did after the first minute, where /emotion passes an old emotion off as new, or where it does
not come back in time.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from faults import judging
from faults.bench import Bench
from faults.fault import Broken, StreamFault
from faults.frames import decode_clip
from faults.processes import Holding, wait_until
from faults.run import empty_domain
from faults.streams import LAUNCHED, STREAM_FAULTS, TWO
from marked_text import replace_between

from blendfer_ros.nodes.respawning import LONGEST_DELAY_S

MINUTE_S: Final = 60.0
# Between faults, so that calm can be told from trouble.
CALM_S: Final = 8.0
# What a process may grow by after its first minute. The memory of C libraries is given back in pieces, so that the
# resident size of a process that holds the same goes up and down by a megabyte or two.
MAX_GROWTH_MB: Final = 2.0
# Of what comes and goes with other processes: DDS forgets one that was killed after 20 s.
FORGET_S: Final = 25.0


@dataclass
class Minute:
    """What was counted up to the end of a minute; `holdings` by process."""

    minute: int
    sent: int
    answers: int
    calm_sent: int
    calm_lost: int
    faults: int
    restarts: int
    holdings: dict[str, Holding]

    def line(self) -> str:
        held = '  '.join(
            f'{name} {h.rss_mb:.1f} MB {h.threads} thr {h.files} fd' for name, h in sorted(self.holdings.items())
        )
        return (
            f'{self.minute:4} min  sent {self.sent}  answers {self.answers}  lost while calm {self.calm_lost}'
            f' of {self.calm_sent}  faults {self.faults}  restarts {self.restarts}  {held}'
        )


@dataclass
class Soak:
    """A run: what is counted, and which promises were broken."""

    bench: Bench
    faults: Sequence[StreamFault]
    choice: random.Random
    minutes: list[Minute] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    tried: Counter[str] = field(default_factory=Counter)
    recovered_s: list[float] = field(default_factory=list)
    answers: int = 0
    calm_sent: int = 0
    calm_lost: int = 0
    restarts: int = 0

    def run(self, duration_s: float) -> None:
        began_s = time.monotonic()
        self._pids = self.bench.pids()
        self.bench.show_nobody()
        due_s = began_s + MINUTE_S
        while time.monotonic() < began_s + duration_s:
            self._calm()
            # The first minute is what later ones are held against.
            if self.minutes and self.faults:
                self._trouble(self.choice.choice(self.faults))
            if time.monotonic() >= due_s:
                self._sample()
                due_s += MINUTE_S
        # Nothing that died lately is still held against the living.
        time.sleep(FORGET_S)
        self._sample()
        self.problems += grown(self.minutes)

    def _calm(self) -> None:
        """A while without trouble; images whose answer does not come are lost."""
        sent_before = self.bench.sent.n
        answers_before = len(self.bench.watch.n_faces)
        time.sleep(CALM_S)
        sent = self.bench.sent.n - sent_before
        answered = len(self.bench.watch.n_faces) - answers_before
        self.calm_sent += sent
        # An answer may be on its way at either end.
        self.calm_lost += max(0, sent - answered - 1)
        self._judge()

    def _trouble(self, fault: StreamFault) -> None:
        self.tried[fault.name] += 1
        began_s = ended_s = time.monotonic()
        try:
            with fault.inflict(self.bench):
                time.sleep(max(0.0, began_s + fault.lasts_s - time.monotonic()))
                ended_s = time.monotonic()
        except Broken as error:
            self.problems.append(f'{fault.name}: {error}')
        # `ros2 launch` waits longer each time for one that dies again and again.
        waits_s = LONGEST_DELAY_S if fault.arrangement == LAUNCHED else 0.0
        limit_s = (fault.limit_s + waits_s) * self.bench.patience
        right_s = wait_until(
            lambda: judging.first_right_s(list(self.bench.watch.heard), self.bench.sent, ended_s), 3.0 * limit_s
        )
        if right_s:
            self.recovered_s.append(right_s - ended_s)
        if not right_s or right_s - ended_s > limit_s:
            took = f'{right_s - ended_s:.1f} s' if right_s else f'more than {3 * limit_s:.0f} s'
            self.problems.append(f'{fault.name}: right again after {took}, promised are {limit_s:g} s')
        self._judge()
        pids = self.bench.pids()
        restarts = sum(pids.get(name) != pid for name, pid in self._pids.items())
        if restarts:
            # What a process makes when it is first needed is not growth.
            self.bench.show_nobody()
        self.restarts += restarts
        self._pids = pids

    def _judge(self) -> None:
        heard, self.bench.watch.heard = self.bench.watch.heard, []
        self.problems += judging.once_each(judging.aged(heard, self.bench.sent, self.bench.patience))
        self.answers += len(self.bench.watch.n_faces)
        self.bench.watch.n_faces.clear()
        self.bench.watch.emotions.clear()
        self.bench.watch.told.clear()

    def _sample(self) -> None:
        minute = Minute(
            len(self.minutes) + 1,
            self.bench.sent.n,
            self.answers,
            self.calm_sent,
            self.calm_lost,
            sum(self.tried.values()),
            self.restarts,
            self.bench.holdings(),
        )
        self.minutes.append(minute)
        print(minute.line(), flush=True)


def grown(minutes: Sequence[Minute], mb: float = MAX_GROWTH_MB) -> list[str]:
    """Processes that hold more at the end than a minute after they began; each life of one is judged by itself."""
    problems = []
    lives: dict[tuple[str, int], list[Holding]] = {}
    for minute in minutes:
        for name, holding in minute.holdings.items():
            lives.setdefault((name, holding.pid), []).append(holding)
    for (name, _), held in lives.items():
        # Of one that was started in the middle of a minute, the first is not a whole one.
        first = held[0] if held[0] is minutes[0].holdings.get(name) else (held[1] if len(held) > 1 else held[0])
        last = held[-1]
        if last.rss_mb - first.rss_mb > mb:
            problems.append(f'{name} grew by {last.rss_mb - first.rss_mb:.1f} MB in {len(held) - 1} minutes')
        if last.threads > first.threads:
            problems.append(f'{name} has {last.threads - first.threads} more threads')
        if last.files > first.files:
            problems.append(f'{name} has {last.files - first.files} more open files')
    return problems


def faults_for(bench: Bench) -> list[StreamFault]:
    """Those of the table that this arrangement can have: of the camera, and, where they are restarted, of processes."""
    ours = (TWO.name, LAUNCHED.name) if bench.launched else (TWO.name,)
    unfit = ('two-classifiers', 'two-landmarkers')
    return [fault for fault in STREAM_FAULTS if fault.arrangement.name in ours and fault.name not in unfit]


def main(argv: Sequence[str] | None = None) -> int:
    """Run it; 0 when nothing grew and no promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--minutes', type=float, default=20.0, help='how long (%(default)s)')
    parser.add_argument('--calm', action='store_true', help='no faults: what grows by itself')
    parser.add_argument('--seed', type=int, help='of the order of faults (default: another each time, printed)')
    parser.add_argument('--patience', type=float, default=1.0, help='times the promised limits (%(default)s)')
    parser.add_argument('--json', type=Path, metavar='OUT', help='write all counts to this file')
    parser.add_argument('--write', type=Path, metavar='FILE', help='write the summary into this document')
    arguments = parser.parse_args(argv)
    seed = random.randrange(10**6) if arguments.seed is None else arguments.seed
    arrangement = LAUNCHED if shutil.which('ros2') else TWO
    print(f'{arrangement.name}, seed {seed}, {arguments.minutes:g} minutes', flush=True)
    with TemporaryDirectory(prefix='soak_') as folder, empty_domain() as domain:
        frames = decode_clip(Path(folder))
        with closing(Bench(arrangement, frames, domain, arguments.patience)) as bench:
            faults = [] if arguments.calm else faults_for(bench)
            soak = Soak(bench, faults, random.Random(seed))
            soak.run(arguments.minutes * MINUTE_S)
    text = in_words(soak, seed, arrangement.name)
    print(text)
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(soak, seed, arrangement.name), indent=1) + '\n')
    if arguments.write:
        replace_between(arguments.write, 'soak', text)
    return int(bool(soak.problems))


def in_words(soak: Soak, seed: int, nodes: str) -> str:
    """The summary: a sentence, and a table of what each process held after its first minute and at the end."""
    last = soak.minutes[-1]
    worst_s = max(soak.recovered_s, default=0.0)
    broken = f'{len(soak.problems)} promises broken{": " if soak.problems else ""}{"; ".join(soak.problems)}'
    lines = [
        f'{len(soak.minutes)} minutes, {nodes}, seed {seed}: {last.sent} images sent, {last.answers} answered; of'
        f' {last.calm_sent} in calm {last.calm_lost} lost; {last.faults} faults, right again after {worst_s:.1f} s at'
        f' worst, {last.restarts} restarts; {broken}.',
        '',
        '| process | memory after a minute | at the end | threads | open files |',
        '|---|---|---|---|---|',
    ]
    first = soak.minutes[0].holdings
    for name, now in sorted(last.holdings.items()):
        was = first.get(name, now)
        anew = '' if was.pid == now.pid else ', started anew since'
        lines.append(
            f'| `{name}`{anew} | {was.rss_mb:.1f} MB | {now.rss_mb:.1f} MB | {was.threads} → {now.threads} |'
            f' {was.files} → {now.files} |'
        )
    return '\n'.join(lines)


def as_json(soak: Soak, seed: int, nodes: str) -> dict[str, Any]:
    """All that was counted."""
    return {
        'nodes': nodes,
        'seed': seed,
        'tried': dict(soak.tried),
        'recovered_s': soak.recovered_s,
        'problems': soak.problems,
        'minutes': [
            {**vars(minute), 'holdings': {name: vars(h) for name, h in minute.holdings.items()}}
            for minute in soak.minutes
        ],
    }


if __name__ == '__main__':
    sys.exit(main())
