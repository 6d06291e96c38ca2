"""How answers behave over time, right or wrong: shares of time, flips, confidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from blendfer_ros.core.answers import SAID, AnswerSeries
from blendfer_ros.core.emotions import EMOTIONS, UNKNOWN
from blendfer_ros.metrics.numbers import S_PER_MIN, ratio, rounded

CLAIMED: Final = tuple(SAID.index(emotion) for emotion in EMOTIONS if emotion != UNKNOWN)


@dataclass(frozen=True)
class Conduct:
    """How answers behave over a time, right or wrong; several times add up.

    said_s: how long each of SAID was the answer [s]. flips: changes of the answer. n_claimed: images answered with
    happy or sad. confidence: the sum of the confidences of those answers.
    """

    said_s: tuple[float, ...] = (0.0,) * len(SAID)
    flips: int = 0
    n_claimed: int = 0
    confidence: float = 0.0

    @classmethod
    def of(cls, series: AnswerSeries, end_s: float) -> Conduct:
        """Of a series of answers, the last of which holds until `end_s`."""
        held_s = np.diff(series.stamp_s, append=end_s)
        claimed = np.flatnonzero(np.isin(series.said, CLAIMED))
        return cls(
            tuple(float(held_s[series.said == i].sum()) for i in range(len(SAID))),
            int(np.count_nonzero(np.diff(series.said))),
            len(claimed),
            float(series.probabilities[claimed, series.said[claimed]].sum(dtype=np.float64)),
        )

    @classmethod
    def sum(cls, parts: Sequence[Conduct]) -> Conduct:
        """All `parts` added up."""
        return cls(
            tuple(map(sum, zip(*(part.said_s for part in parts), strict=True))),
            sum(part.flips for part in parts),
            sum(part.n_claimed for part in parts),
            sum(part.confidence for part in parts),
        )

    @property
    def time_share(self) -> dict[str, float | None]:
        """The share of the time in which each of SAID was the answer."""
        return {said: ratio(its_s, sum(self.said_s)) for said, its_s in zip(SAID, self.said_s, strict=True)}

    @property
    def flips_per_min(self) -> float | None:
        """Changes of the answer per minute."""
        return ratio(self.flips, sum(self.said_s) / S_PER_MIN)

    @property
    def mean_confidence(self) -> float | None:
        """Mean confidence of the answers that are happy or sad."""
        return ratio(self.confidence, self.n_claimed)

    def as_json(self) -> dict[str, Any]:
        """The properties."""
        return {
            'time_share': {said: rounded(share) for said, share in self.time_share.items()},
            'flips_per_min': rounded(self.flips_per_min),
            'mean_confidence': rounded(self.mean_confidence),
        }
