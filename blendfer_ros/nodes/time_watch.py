"""Whether simulated time goes on."""

from __future__ import annotations

from typing import Final

from blendfer_ros.core.stamps import NS_PER_S

# A simulation that runs at a hundredth of real time still sets the clock more often than this.
PATIENCE_NS: Final = 3 * NS_PER_S


class TimeWatch:
    """Compares a clock that may stop with one that does not; `has_stopped` says what was found last."""

    def __init__(self) -> None:
        self.has_stopped = False
        self._time_ns: int | None = None
        self._since_ns = 0

    def observe(self, time_ns: int, steady_ns: int) -> bool:
        """Take in what both clocks say now [ns]; True when the first has said the same for PATIENCE_NS."""
        if time_ns != self._time_ns:
            self._time_ns, self._since_ns = time_ns, steady_ns
        self.has_stopped = steady_ns - self._since_ns >= PATIENCE_NS
        return self.has_stopped
