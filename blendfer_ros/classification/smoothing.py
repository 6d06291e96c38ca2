"""Temporal smoothing of one face's emotion: by elapsed time, so the frame rate does not matter."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

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
        self._weights = np.array(decision_weights)
        self.options = options or SmoothingOptions()
        self._log: npt.NDArray[np.floating] | None = None
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
        log: npt.NDArray[np.floating] = np.log(np.maximum(probabilities, MIN_PROBABILITY))
        is_first = self._log is None
        if self._log is not None:
            # Written as a step from the state, so that a state that has arrived stays where it is to the last bit.
            log = self._log + (1.0 - self._kept(stamp_ns)) * (log - self._log)
        self._log = log
        self._last_ns = stamp_ns
        smoothed = np.exp(log)
        smoothed /= smoothed.sum()
        self._decide(smoothed, stamp_ns, is_first=is_first)
        return EMOTIONS[self._emotion], smoothed.astype(np.float32)

    def _kept(self, stamp_ns: int) -> float:
        if self.options.time_constant_s == 0.0:
            return 0.0
        return math.exp(-(stamp_ns - self._last_ns) / NS_PER_S / self.options.time_constant_s)

    def _decide(self, smoothed: npt.NDArray[np.floating], stamp_ns: int, *, is_first: bool) -> None:
        shares = self._weights * smoothed
        shares /= shares.sum()
        best = int(np.argmax(shares))
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
