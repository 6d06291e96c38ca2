"""What the tests of work spread over processes send there: it must be found by name in another process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from blendfer_ros.core.errors import FrameError, SkipReason
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.processes import go_on
from blendfer_ros.perception.stills import Attempt, still_attempts


@dataclass(frozen=True)
class Pixels:
    """A picture already in memory; without pixels, one that cannot be read."""

    rgb: RgbImage | None

    def attempts(self) -> Iterator[Attempt]:
        if self.rgb is None:
            raise FrameError(SkipReason.UNREADABLE_FILE, 'third.jpg is not a picture')
        return still_attempts(self.rgb)


def square(number: int) -> int:
    return number * number


def square_of_a_positive(number: int) -> int:
    if number < 0:
        raise ValueError(f'{number} is negative')
    return square(number)


class Started:
    """What `note_start` has left in this process."""

    words: tuple[str, ...] = ()


def note_start(*words: str) -> None:
    Started.words += words


def what_was_noted(_: int) -> tuple[int, tuple[str, ...]]:
    """The process, and what it was started with."""
    return os.getpid(), Started.words


def fail_or_work_until_told_to_stop(job: tuple[str, Path]) -> None:
    """Jobs called `fail` do, once another has begun; the others end when nobody waits for them any more.

    That they do is told by a file beside the one that says they have begun.
    """
    name, folder = job
    begun = folder / 'begun'
    if name == 'fail':
        while not begun.exists():
            pass
        raise ValueError('this one fails')
    begun.touch()
    try:
        while True:
            go_on()
    finally:
        (folder / 'ended').touch()


def three_steps(job: int) -> int:
    """The job itself, in steps."""
    for _ in range(3):
        go_on(steps=1)
    return job
