"""Where the time of one image goes."""

from __future__ import annotations

import time


class Stopwatch:
    """`laps_ns`: by name, how long [ns] each part has taken so far. Starts when it is made."""

    def __init__(self) -> None:
        self.laps_ns: dict[str, int] = {}
        self._began_ns = self._last_ns = time.perf_counter_ns()

    def lap(self, name: str) -> None:
        """End a part of the work; one of the same name before is added to."""
        now_ns = time.perf_counter_ns()
        self.laps_ns[name] = self.laps_ns.get(name, 0) + now_ns - self._last_ns
        self._last_ns = now_ns

    def total_ns(self) -> int:
        """Since it was made [ns]."""
        return time.perf_counter_ns() - self._began_ns
