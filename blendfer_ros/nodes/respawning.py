"""When a node that died is started again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

# The exit code of a node that refuses its parameters, and would refuse them again.
REFUSED: Final = 2
FIRST_DELAY_S: Final = 1.0
LONGEST_DELAY_S: Final = 30.0
# Whoever lived for this long did not die of how it was started.
GOOD_LIFE_S: Final = 60.0


class Backoff:
    """How long to wait before each start: twice as long each time, until one lives for GOOD_LIFE_S.

    Tell it when a process has `started` and when it has `ended`.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._delay_s = FIRST_DELAY_S
        self._started_s = now_s()

    def started(self) -> None:
        """The process runs from now on."""
        self._started_s = self._now_s()

    def ended(self) -> float:
        """The process has died; how long to wait before it is started again [s]."""
        if self._now_s() - self._started_s >= GOOD_LIFE_S:
            self._delay_s = FIRST_DELAY_S
        delay_s = self._delay_s
        self._delay_s = min(2.0 * delay_s, LONGEST_DELAY_S)
        return delay_s
