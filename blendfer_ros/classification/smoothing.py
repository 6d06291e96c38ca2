"""Temporal smoothing of one face's emotion: by elapsed time, so the frame rate does not matter."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import mul

import numpy as np

from blendfer_ros.core.emotions import EMOTIONS, UNKNOWN_INDEX
from blendfer_ros.core.face import FloatArray
from blendfer_ros.core.options import option
from blendfer_ros.core.probabilities import MIN_PROBABILITY
from blendfer_ros.core.stamps import NS_PER_S


@dataclass(frozen=True)
class SmoothingOptions:
    """How calm the emotion is.

    The lead of another emotion is that of its weighted share; happy and sad, once claimed, are given up when their
    confidence falls by `switch_margin` below `min_confidence`.
    """

    time_constant_s: float = option(0.4, 'after this long, 63 % of a new expression has arrived', 's', 0.0, 10.0)
    switch_margin: float = option(0.2, 'how far another emotion must lead before it takes over', '', 0.0, 0.9)
    min_dwell_s: float = option(0.5, 'an emotion that took over stays at least this long', 's', 0.0, 10.0)
    min_confidence: float = option(0.25, 'happy or sad with less confidence than this is not claimed', '', 0.0, 1.0)


class EmotionSmoother:
    """First-order low-pass filter on log-probabilities, with hysteresis and a least dwell on the decision."""

    def __init__(self, decision_weights: tuple[float, ...], options: SmoothingOptions | None = None) -> None:
        self._weights = decision_weights
        self.options = options or SmoothingOptions()
        self._log: list[float] | None = None
        self._last_ns = 0
        self._emotion = UNKNOWN_INDEX
        self._switched_ns: int | None = None

    def update(self, probabilities: FloatArray, stamp_ns: int) -> tuple[str, FloatArray]:
        """Take in the probabilities of one image.

        Args:
            probabilities: (3,) calibrated, order of `core.emotions.EMOTIONS`.
            stamp_ns: time of the image [ns], later than that of the call before.

        Returns:
            The emotion decided on and the (3,) smoothed probabilities.
        """
        # Numbers of Python, because for three of them numpy takes five times as long.
        log = [math.log(max(probability, MIN_PROBABILITY)) for probability in probabilities.tolist()]
        is_first = self._log is None
        if self._log is not None:
            # Written as a step from the state, so that a state that has arrived stays where it is to the last bit.
            step = 1.0 - self._kept(stamp_ns)
            log = [was + step * (now - was) for was, now in zip(self._log, log, strict=True)]
        self._log = log
        self._last_ns = stamp_ns
        smoothed = _shares(map(math.exp, log))
        self._decide(smoothed, stamp_ns, is_first=is_first)
        return EMOTIONS[self._emotion], np.array(smoothed, np.float32)

    def _kept(self, stamp_ns: int) -> float:
        if self.options.time_constant_s == 0.0:
            return 0.0
        return math.exp(-(stamp_ns - self._last_ns) / NS_PER_S / self.options.time_constant_s)

    def _decide(self, smoothed: Sequence[float], stamp_ns: int, *, is_first: bool) -> None:
        shares = _shares(map(mul, self._weights, smoothed))
        best = shares.index(max(shares))
        if best != UNKNOWN_INDEX and smoothed[best] < self.options.min_confidence:
            best = UNKNOWN_INDEX
        if is_first:
            self._emotion = best
            return
        enough = self.options.min_confidence - self.options.switch_margin
        current_is_sure = self._emotion == UNKNOWN_INDEX or smoothed[self._emotion] >= enough
        if current_is_sure and shares[best] <= shares[self._emotion] + self.options.switch_margin:
            return
        if self._switched_ns is not None and stamp_ns - self._switched_ns < self.options.min_dwell_s * NS_PER_S:
            return
        if best != self._emotion:
            self._emotion = best
            self._switched_ns = stamp_ns


def _shares(values: Iterable[float]) -> list[float]:
    """Each as a share of their sum."""
    values = list(values)
    total = sum(values)
    return [value / total for value in values]
