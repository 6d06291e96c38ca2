"""A person's resting face as their own baseline, for those whose rest looks sad (or happy)."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from blendfer_ros.core.emotions import EMOTIONS, UNKNOWN_INDEX
from blendfer_ros.core.face import FloatArray
from blendfer_ros.core.probabilities import MIN_PROBABILITY
from blendfer_ros.core.stamps import NS_PER_S

# How long a resting face is watched.
LEARNING_S: Final = 2.0

# How likely a resting face may seem to be happy or sad, as odds against unknown.
REST_ODDS: Final = 0.25


class PersonalNeutral:
    """Learns how happy and how sad the model takes one person's resting face to be, and discounts that.

    It raises the bar for what the resting face seems to show and lowers none: log-odds against unknown beyond
    REST_ODDS are taken off those of every later image. Subtracting features instead, and adding those of an average
    neutral face, leads the model to faces it has never seen: what is left of a smile is then often no smile.
    """

    def __init__(self) -> None:
        self._since_ns: int | None = None
        self._sum: npt.NDArray[np.float64] = np.zeros(len(EMOTIONS))
        self._count = 0
        self._excess: npt.NDArray[np.float64] | None = None

    @property
    def is_learnt(self) -> bool:
        """True once LEARNING_S of the resting face have been seen."""
        return self._excess is not None

    def learn(self, probabilities: FloatArray, stamp_ns: int) -> None:
        """Take in the (3,) probabilities of one image of the resting face, at its time [ns]."""
        if self._since_ns is None:
            self._since_ns = stamp_ns
        self._sum += _log_odds(probabilities)
        self._count += 1
        if stamp_ns - self._since_ns >= LEARNING_S * NS_PER_S:
            self._excess = np.maximum(self._sum / self._count - np.log(REST_ODDS), 0.0)
            self._excess[UNKNOWN_INDEX] = 0.0

    def discount(self, probabilities: FloatArray) -> FloatArray:
        """The (3,) probabilities against this person's own rest; as they are until it is learnt."""
        if self._excess is None:
            return probabilities
        odds = np.exp(_log_odds(probabilities) - self._excess)
        return np.asarray(odds / odds.sum(), np.float32)


def _log_odds(probabilities: FloatArray) -> npt.NDArray[np.float64]:
    log = np.log(np.maximum(probabilities, MIN_PROBABILITY).astype(np.float64))
    return np.asarray(log - log[UNKNOWN_INDEX], np.float64)
