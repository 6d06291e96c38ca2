"""Calls into native code that may never return."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar

from blendfer_ros.core.errors import FrameError, SkipReason

Answer = TypeVar('Answer')

# A thread that hangs cannot be ended, and what it holds must neither be used nor be released.
_given_up: list[object] = []


def give_up(held: object) -> None:
    """Keep what a thread that hangs may still be using until the process ends."""
    _given_up.append(held)


def has_given_up() -> bool:
    """Whether a thread hangs, for which Python would wait for ever before it ends; `os._exit` does not."""
    return bool(_given_up)


class Worker(Generic[Answer]):
    """Makes calls one at a time in a thread of its own, which is given up when one takes too long."""

    def __init__(self, what: str) -> None:
        """`what` does the work, for people."""
        self._what = what
        self._tasks: SimpleQueue[Callable[[], Answer] | None] | None = None
        self._answers: SimpleQueue[tuple[Answer | None, BaseException | None]] = SimpleQueue()

    def call(self, action: Callable[[], Answer], time_limit_s: float) -> Answer:
        """What `action` returns or raises.

        Raises:
            FrameError: with SkipReason.HUNG, it has taken more than `time_limit_s` [s]; it may go on for ever. What it
                uses must be made anew, and handed to `give_up`.
        """
        if self._tasks is None:
            self._start()
        assert self._tasks is not None
        self._tasks.put(action)
        try:
            answer, error = self._answers.get(timeout=time_limit_s)
        except Empty:
            self._tasks = None
            give_up(action)
            text = f'{self._what} has not answered within {time_limit_s:g} s, and is started anew'
            raise FrameError(SkipReason.HUNG, text) from None
        if error is not None:
            try:
                raise error
            finally:
                # By its traceback it would keep this frame, which keeps it, and with both what the action works on.
                del error
        return answer  # type: ignore[return-value]

    def close(self) -> None:
        """End the thread, unless it hangs."""
        if self._tasks is not None:
            self._tasks.put(None)
            self._tasks = None

    def _start(self) -> None:
        self._tasks, self._answers = SimpleQueue(), SimpleQueue()
        Thread(target=_work, args=(self._tasks, self._answers), name=self._what, daemon=True).start()


def _work(tasks: SimpleQueue[Any], answers: SimpleQueue[Any]) -> None:
    while (action := tasks.get()) is not None:
        try:
            answers.put((action(), None))
        except Exception as error:  # noqa: BLE001, whatever it is, it is raised where the call was made
            answers.put((None, error))
        # Nothing of an image is kept until the next comes.
        del action
