"""Temporal smoothing of one face's emotion: by elapsed time, so the frame rate does not matter."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from blendfer_ros.classification.model import MIN_PROBABILITY, decide
from blendfer_ros.contract import EMOTIONS, UNKNOWN
from blendfer_ros.face import FloatArray

_UNKNOWN = EMOTIONS.index(UNKNOWN)


@dataclass(frozen=True)
class SmoothingOptions:
    """How calm the emotion is.

    time_constant_s: after this long [s], 63 % of what is seen now has arrived in the smoothed probabilities.
    switch_margin: by how much the weighted share of another emotion must lead before it takes over, 0..1.
    """

    time_constant_s: float = 0.4
    switch_margin: float = 0.1


class EmotionSmoother:
    """First-order low-pass filter on log-probabilities, with hysteresis on the decision."""

    def __init__(self, decision_weights: tuple[float, ...], options: SmoothingOptions | None = None) -> None:
        self._weights = decision_weights
        self._options = options or SmoothingOptions()
        self._log: npt.NDArray[np.floating] | None = None
        self._last_ns = 0
        self._emotion = _UNKNOWN

    def update(self, probabilities: FloatArray, stamp_ns: int) -> tuple[str, FloatArray]:
        """Take in the probabilities of one image.

        Args:
            probabilities: (3,) calibrated, order of `contract.EMOTIONS`.
            stamp_ns: time of the image [ns]; one that is not later than the last starts anew.

        Returns:
            The emotion decided on and the (3,) smoothed probabilities.
        """
        log: npt.NDArray[np.floating] = np.log(np.maximum(probabilities, MIN_PROBABILITY))
        if self._log is None or stamp_ns <= self._last_ns:
            self._emotion = int(decide(probabilities, self._weights))
        else:
            elapsed_s = (stamp_ns - self._last_ns) / 1e9
            kept = math.exp(-elapsed_s / self._options.time_constant_s)
            log = kept * self._log + (1.0 - kept) * log
        self._log = log
        self._last_ns = stamp_ns
        smoothed = np.exp(log)
        smoothed /= smoothed.sum()
        self._decide(smoothed)
        return EMOTIONS[self._emotion], smoothed.astype(np.float32)

    def _decide(self, smoothed: npt.NDArray[np.floating]) -> None:
        shares = np.array(self._weights) * smoothed
        shares /= shares.sum()
        best = int(np.argmax(shares))
        if shares[best] > shares[self._emotion] + self._options.switch_margin:
            self._emotion = best
