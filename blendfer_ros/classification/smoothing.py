"""Temporal smoothing of one face's emotion: by elapsed time, so the frame rate does not matter."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from blendfer_ros.classification.backends.tflite import MIN_PROBABILITY
from blendfer_ros.core.emotions import EMOTIONS, UNKNOWN
from blendfer_ros.core.face import FloatArray
from blendfer_ros.core.stamps import NS_PER_S

_UNKNOWN = EMOTIONS.index(UNKNOWN)


@dataclass(frozen=True)
class SmoothingOptions:
    """How calm the emotion is.

    time_constant_s: after this long [s], 63 % of what is seen now has arrived in the smoothed probabilities.
    switch_margin: by how much the weighted share of another emotion must lead before it takes over, 0..1.
    min_dwell_s: an emotion that took over stays at least this long [s].
    min_confidence: happy and sad must reach this smoothed probability to be claimed, 0..1, and are given up when it
        falls by `switch_margin` below.
    """

    time_constant_s: float = 0.3
    switch_margin: float = 0.1
    min_dwell_s: float = 0.5
    min_confidence: float = 0.3


class EmotionSmoother:
    """First-order low-pass filter on log-probabilities, with hysteresis and a least dwell on the decision."""

    def __init__(self, decision_weights: tuple[float, ...], options: SmoothingOptions | None = None) -> None:
        self._weights = np.array(decision_weights)
        self.options = options or SmoothingOptions()
        self._log: npt.NDArray[np.floating] | None = None
        self._last_ns = 0
        self._emotion = _UNKNOWN
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
        if best != _UNKNOWN and smoothed[best] < self.options.min_confidence:
            best = _UNKNOWN
        if is_first:
            self._emotion = best
            return
        enough = self.options.min_confidence - self.options.switch_margin
        current_is_sure = self._emotion == _UNKNOWN or smoothed[self._emotion] >= enough
        if current_is_sure and shares[best] <= shares[self._emotion] + self.options.switch_margin:
            return
        if self._switched_ns is not None and stamp_ns - self._switched_ns < self.options.min_dwell_s * NS_PER_S:
            return
        if best != self._emotion:
            self._emotion = best
            self._switched_ns = stamp_ns
