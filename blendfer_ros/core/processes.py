"""Work spread over processes, with a progress bar and an end that waits for nobody."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from multiprocessing.synchronize import Event
from typing import Any, Final, TypeVar

from tqdm import tqdm

FOLLOW_INTERVAL_S: Final = 0.2

Job = TypeVar('Job')
Result = TypeVar('Result')


class _Worker:
    """What a worker process holds on to between jobs."""

    stop: Event | None = None
    steps: Any = None


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
    n_steps: int | None = None,
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
        n_steps: how many steps long jobs will tell `go_on` of in all, which is what the progress bar then counts.

    Raises:
        Exception: whatever `work` raises.
    """
    # Spawned, not forked: the threads of MediaPipe or TensorFlow in this process do not survive a fork.
    context = multiprocessing.get_context('spawn')
    stop = context.Event()
    steps = context.Value('q', 0)
    # Not multiprocessing.Pool: ending one with workers still starting can hang for ever.
    pool = ProcessPoolExecutor(
        min(workers or os.cpu_count() or 1, len(jobs)), context, _start_worker, (stop, steps, start, start_arguments)
    )
    try:
        with (
            tqdm(total=n_steps or len(jobs), unit=unit, desc=description, smoothing=0.05) as progress,
            _following(progress, steps) if n_steps else nullcontext(),
        ):
            with _without_interrupts():
                results = pool.map(work, jobs, chunksize=chunk)
            for result in results:
                if not n_steps:
                    progress.update()
                yield result
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Holds Ctrl-C back; processes started within it never hear it, not even while their modules are imported."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _following(progress: tqdm, steps: Any) -> Iterator[None]:
    """Within it, the bar shows the steps that all workers have made, also those of jobs under way."""
    ended = threading.Event()

    def catch_up() -> None:
        if steps.value > progress.n:
            progress.update(steps.value - progress.n)

    def follow() -> None:
        while not ended.wait(FOLLOW_INTERVAL_S):
            catch_up()

    follower = threading.Thread(target=follow, daemon=True)
    follower.start()
    try:
        yield
    finally:
        ended.set()
        follower.join()
        catch_up()


def go_on(steps: int = 0) -> None:
    """Raise CancelledError in a worker whose result nobody waits for any more; elsewhere do nothing.

    Args:
        steps: how many have been made since the last call.
    """
    if _Worker.steps is not None and steps:
        with _Worker.steps.get_lock():
            _Worker.steps.value += steps
    if _Worker.stop is not None and _Worker.stop.is_set():
        raise CancelledError


def _start_worker(stop: Event, steps: Any, start: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    # Ctrl-C reaches the whole group; the parent alone answers it, by ending the pool.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _Worker.stop, _Worker.steps = stop, steps
    if start is not None:
        start(*arguments)
