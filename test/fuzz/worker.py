"""One entry in a process of its own: libFuzzer makes cases by what they reach, and what goes wrong is kept."""

from __future__ import annotations

import hashlib
import mmap
import resource
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import atheris

COUNTER: str = 'counter'
CORPUS: str = 'corpus'
FOUND: str = 'found'
# Whose branches libFuzzer is told of.
WATCHED: tuple[str, ...] = ('blendfer_ros', 'rosbags', 'mcap')


def main(name: str, folder: Path, n_cases: int, seed: int) -> None:
    """Run an entry; below `folder` are its corpus, what was found, and how many cases it has been so far."""
    with atheris.instrument_imports(include=list(WATCHED)):
        from fuzz.harnesses import HARNESSES
    harness = HARNESSES[name]
    scratch = folder / 'scratch'
    for each in (scratch, folder / CORPUS, folder / FOUND):
        each.mkdir(parents=True, exist_ok=True)
    counter = _counter(folder / COUNTER)
    run = _keeping_findings(harness.runner(scratch), folder / FOUND, counter)
    if not any((folder / CORPUS).iterdir()):
        for data in harness.seeds():
            (folder / CORPUS / hashlib.sha1(data).hexdigest()).write_bytes(data)
    # What is loaded at the first case counts for nothing.
    run(b'')
    limit = _virtual_bytes() + harness.memory_mib * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    max_bytes = max([harness.max_bytes, *(len(data) for data in harness.seeds())])
    flags = (
        f'-runs={n_cases}',
        f'-max_len={max_bytes}',
        f'-timeout={harness.case_s}',
        f'-seed={seed}',
        f'-artifact_prefix={folder / FOUND}/',
        '-rss_limit_mb=0',
        '-malloc_limit_mb=0',
        '-detect_leaks=0',
        '-report_slow_units=1000',
    )
    atheris.Setup([sys.argv[0], str(folder / CORPUS), *flags], run)
    atheris.Fuzz()


def _keeping_findings(run: Callable[[bytes], None], folder: Path, counter: mmap.mmap) -> Callable[[bytes], None]:
    """Each kind of mistake is kept once, and the search goes on; only crashes of native code end it."""
    known: set[str] = {path.name for path in folder.iterdir()}

    def kept(data: bytes) -> None:
        counter[:8] = (int.from_bytes(counter[:8], 'little') + 1).to_bytes(8, 'little')
        try:
            run(data)
        except Exception as error:  # noqa: BLE001, any of them is a finding
            name = f'{type(error).__name__}-{_place(error.__traceback__)}'
            if name not in known:
                known.add(name)
                (folder / name).write_bytes(data)
                (folder / f'{name}.txt').write_text(
                    ''.join(traceback.format_exception(error))[-8000:], errors='replace'
                )

    return kept


def _place(trace: TracebackType | None) -> str:
    """Where in the package, or failing that anywhere, a mistake came up."""
    frames = traceback.extract_tb(trace)
    ours = [frame for frame in frames if 'blendfer_ros/' in frame.filename] or frames
    return f'{Path(ours[-1].filename).stem}-{ours[-1].name.strip("<>")}-{ours[-1].lineno}'


def _counter(path: Path) -> mmap.mmap:
    """Eight bytes that outlive the process."""
    if not path.exists():
        path.write_bytes(bytes(8))
    with path.open('r+b') as file:
        return mmap.mmap(file.fileno(), 8)


def _virtual_bytes() -> int:
    pages = int(Path('/proc/self/statm').read_text().split()[0])
    return pages * resource.getpagesize()


if __name__ == '__main__':
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
