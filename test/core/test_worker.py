"""Calls that may never return, and what is left of those that do."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator
from contextlib import nullcontext
from threading import Event, get_ident

import pytest

from blendfer_ros.core.errors import FrameError, SkipReason
from blendfer_ros.core.worker import Worker

# Hangs, says so, and ends as our processes do.
HANGING_PROCESS = """
import os, threading
from blendfer_ros.core.errors import FrameError
from blendfer_ros.core.worker import Worker, has_given_up
assert not has_given_up()
worker = Worker('the sleeper')
try:
    worker.call(threading.Event().wait, 0.1)
except FrameError as error:
    print(error)
print(worker.call(lambda: 'answers again', 60.0))
assert has_given_up()
os._exit(0) if has_given_up() else None
"""


def test_calls_are_made_in_one_other_thread() -> None:
    worker: Worker[int] = Worker('the counter')
    threads = {worker.call(get_ident, 60.0) for _ in range(3)}
    worker.close()
    assert len(threads) == 1
    assert get_ident() not in threads


def test_what_the_call_raises_is_raised() -> None:
    worker: Worker[float] = Worker('the divider')
    with pytest.raises(ZeroDivisionError):
        worker.call(lambda: 1 / 0, 60.0)
    assert worker.call(lambda: 1.0, 60.0) == 1.0
    worker.close()


def test_a_call_that_hangs_is_given_up_and_the_next_one_answered() -> None:
    process = subprocess.run(
        [sys.executable, '-c', HANGING_PROCESS], capture_output=True, text=True, timeout=60.0, check=True
    )
    first, second = process.stdout.splitlines()
    assert first == 'the sleeper has not answered within 0.1 s, and is started anew'
    assert second == 'answers again'


def test_an_answer_that_comes_too_late_is_not_taken_for_the_next_one() -> None:
    worker: Worker[str] = Worker('the late one')
    late = Event()

    def slow() -> str:
        late.wait()
        return 'late'

    with pytest.raises(FrameError) as error:
        worker.call(slow, 0.05)
    assert error.value.reason is SkipReason.HUNG
    late.set()
    assert worker.call(lambda: 'in time', 60.0) == 'in time'
    worker.close()


class Picture:
    """Stands for an image."""


@pytest.fixture
def by_counting_only() -> Iterator[None]:
    """Nothing is collected but what nobody refers to."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures('by_counting_only')
@pytest.mark.parametrize('fails', [False, True])
def test_what_a_call_worked_on_is_not_kept(fails: bool) -> None:
    worker: Worker[None] = Worker('the picture')

    def call(picture: Picture) -> None:
        def look() -> None:
            assert picture is not None
            if fails:
                raise FrameError(SkipReason.TRUNCATED, 'truncated: 7 bytes')

        worker.call(look, 60.0)

    picture = Picture()
    kept = weakref.ref(picture)
    with pytest.raises(FrameError, match='truncated: 7 bytes') if fails else nullcontext():
        call(picture)
    del picture
    # The thread has let go of it before it takes the next call.
    worker.call(lambda: None, 60.0)
    worker.close()
    assert kept() is None
