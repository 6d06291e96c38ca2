"""Work spread over processes, with a progress bar and an end that waits for nobody."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ProcessPoolExecutor
from multiprocessing.synchronize import Event
from typing import Any, TypeVar

from tqdm import tqdm

Job = TypeVar('Job')
Result = TypeVar('Result')


class _Worker:
    """What a worker process holds on to between jobs."""

    stop: Event | None = None


def map_in_processes(
    work: Callable[[Job], Result],
    jobs: Sequence[Job],
    description: str,
    unit: str,
    *,
    workers: int | None = None,
    chunk: int = 1,
    start: Callable[..., None] | None = None,
    start_arguments: tuple[Any, ...] = (),
) -> Iterator[Result]:
    """The result of each job in turn; the same whatever the number of workers.

    Left early, by an error or by Ctrl-C, it ends as soon as the jobs under way do, which long ones see to by calling
    `go_on` now and then.

    Args:
        work: a function of a module, as all that is sent to another process must be.
        jobs: at least one.
        description: what the progress bar says.
        unit: what it counts.
        workers: processes; as many as there are cores by default.
        chunk: jobs sent to a process at a time; more where each takes a moment only.
        start: called in each process before its first job, with `start_arguments`.
        start_arguments: sent once to each process, unlike jobs.

    Raises:
        Exception: whatever `work` raises.
    """
    # Spawned, not forked: the threads of MediaPipe or TensorFlow in this process do not survive a fork.
    context = multiprocessing.get_context('spawn')
    stop = context.Event()
    # Not multiprocessing.Pool: ending one with workers still starting can hang for ever.
    pool = ProcessPoolExecutor(
        min(workers or os.cpu_count() or 1, len(jobs)), context, _start_worker, (stop, start, start_arguments)
    )
    try:
        with tqdm(total=len(jobs), unit=unit, desc=description, smoothing=0.05) as progress:
            for result in pool.map(work, jobs, chunksize=chunk):
                progress.update()
                yield result
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


def go_on() -> None:
    """Raise CancelledError in a worker whose result nobody waits for any more; elsewhere do nothing."""
    if _Worker.stop is not None and _Worker.stop.is_set():
        raise CancelledError


def _start_worker(stop: Event, start: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    # Ctrl-C reaches the whole group; the parent alone answers it, by ending the pool.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _Worker.stop = stop
    if start is not None:
        start(*arguments)
