"""How a stream of messages goes through a node: rates, delays, and what was skipped of late."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from blendfer_ros.core.errors import FrameError, SkipReason
from blendfer_ros.core.intervals import count_lost
from blendfer_ros.core.stamps import NS_PER_S

WINDOW_S: Final = 5.0
# A stamp further from now than this is of another clock and says nothing about delay.
MAX_LATENCY_S: Final = 60.0
# A stamp further ahead of now than this is, too: clocks of two machines that are kept alike are closer.
MAX_AHEAD_S: Final = 1.0
# A node that works for more of the time than this cannot keep up.
BUSY_SHARE: Final = 0.9
MS_PER_S: Final = 1000.0


@dataclass(frozen=True)
class StreamSummary:
    """The last WINDOW_S of a stream; None where there is nothing to tell it from.

    n_used: messages used; rate_hz: the same a second. busy: share of the time spent on them, 0..1.
    processing_p95_ms: time spent on one. latency_p95_ms: from its stamp to the end of that.
    n_faces: in the newest one. skipped: messages not used, by reason. newest_problem: what was wrong with the last of
    these; empty when there are none.
    n_lost: messages missing between those used, by their stamps, see `count_lost`.
    clock_offset_s: how far the newest stamp is behind now, below 0 ahead of it, where that is too far for a delay.
    stages_ms: the median of each part of the way of one message, see `core.stopwatch`.
    """

    n_used: int
    rate_hz: float
    busy: float
    processing_p95_ms: float | None
    latency_p95_ms: float | None
    n_faces: int | None
    skipped: dict[SkipReason, int]
    newest_problem: str
    n_lost: int
    clock_offset_s: float | None = None
    stages_ms: dict[str, float] = field(default_factory=dict)

    @property
    def is_silent(self) -> bool:
        """True when nothing came at all."""
        return not self.rate_hz and not self.skipped

    @property
    def is_overloaded(self) -> bool:
        """True when messages come faster than they are processed."""
        return self.busy > BUSY_SHARE


@dataclass(frozen=True)
class _Used:
    stamp_ns: int
    done_ns: int
    processing_ns: int
    latency_ns: int
    n_faces: int
    stages_ns: Mapping[str, int]


class StreamMeter:
    """Remembers the last WINDOW_S of a stream; `now_ns` is of a steady clock [ns]."""

    def __init__(self) -> None:
        self._used: deque[_Used] = deque()
        # Not the errors themselves: each would keep its image in memory, by way of its traceback.
        self._skipped: deque[tuple[int, SkipReason, str]] = deque()

    def used(
        self,
        now_ns: int,
        stamp_ns: int,
        latency_ns: int,
        processing_ns: int,
        n_faces: int,
        stages_ns: Mapping[str, int] | None = None,
    ) -> None:
        """A message has just been processed.

        Args:
            now_ns: by the steady clock [ns].
            stamp_ns: of the message [ns].
            latency_ns: from its stamp until now, by the clock of stamps [ns].
            processing_ns: how long it took [ns].
            n_faces: how many faces are in it.
            stages_ns: how long each part of its way took [ns]; before them it `waited`.
        """
        stages = {'waited': latency_ns - processing_ns} if _is_delay(latency_ns) and stages_ns else {}
        stages |= stages_ns or {}
        self._used.append(_Used(stamp_ns, now_ns, processing_ns, latency_ns, n_faces, stages))
        self._forget(now_ns)

    def skipped(self, now_ns: int, error: FrameError) -> None:
        """A message could not be used."""
        self._skipped.append((now_ns, error.reason, str(error)))
        self._forget(now_ns)

    def summary(self, now_ns: int) -> StreamSummary:
        """What came in the WINDOW_S before `now_ns`."""
        self._forget(now_ns)
        processing_ms = [used.processing_ns * MS_PER_S / NS_PER_S for used in self._used]
        latency_ms = [used.latency_ns * MS_PER_S / NS_PER_S for used in self._used if _is_delay(used.latency_ns)]
        steps_ns = np.diff(np.array([used.stamp_ns for used in self._used], np.float64))
        return StreamSummary(
            n_used=len(self._used),
            rate_hz=len(self._used) / WINDOW_S,
            busy=sum(processing_ms) / MS_PER_S / WINDOW_S,
            processing_p95_ms=_p95(processing_ms),
            latency_p95_ms=_p95(latency_ms),
            n_faces=self._used[-1].n_faces if self._used else None,
            skipped=dict(sorted(Counter(reason for _, reason, _ in self._skipped).items())),
            newest_problem=self._skipped[-1][2] if self._skipped else '',
            n_lost=count_lost(steps_ns[steps_ns > 0]),
            clock_offset_s=_clock_offset_s(self._used[-1].latency_ns) if self._used else None,
            stages_ms=_medians_ms([used.stages_ns for used in self._used]),
        )

    def _forget(self, now_ns: int) -> None:
        oldest_ns = now_ns - WINDOW_S * NS_PER_S
        while self._used and self._used[0].done_ns < oldest_ns:
            self._used.popleft()
        while self._skipped and self._skipped[0][0] < oldest_ns:
            self._skipped.popleft()


def _is_delay(latency_ns: int) -> bool:
    return 0 <= latency_ns <= MAX_LATENCY_S * NS_PER_S


def _clock_offset_s(latency_ns: int) -> float | None:
    offset_s = latency_ns / NS_PER_S
    return None if -MAX_AHEAD_S <= offset_s <= MAX_LATENCY_S else offset_s


def _p95(values: list[float]) -> float | None:
    return float(np.percentile(values, 95)) if values else None


def _medians_ms(stages_ns: Sequence[Mapping[str, int]]) -> dict[str, float]:
    names = dict.fromkeys(name for each in stages_ns for name in each)
    return {
        name: float(np.median([each[name] for each in stages_ns if name in each])) * MS_PER_S / NS_PER_S
        for name in names
    }
