"""Whether a difference between two models on the same frames is more than chance."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.metrics.classification import IntArray, accuracy, macro_f1
from blendfer_ros.metrics.segments import AnsweredSegment, confusion_of

# Frames this close together are strongly correlated.
MAX_BLOCK_S: Final = 2.0
N_RESAMPLES: Final = 2000
CONFIDENCE_PERCENT: Final = (2.5, 97.5)
SEED: Final = 0


@dataclass(frozen=True)
class Interval:
    """A difference and its 95 % confidence interval."""

    value: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """True when the interval does not contain 0."""
        return self.low > 0.0 or self.high < 0.0

    def as_json(self) -> dict[str, float]:
        """The fields."""
        return {'difference': round(self.value, 6), 'low': round(self.low, 6), 'high': round(self.high, 6)}


@dataclass(frozen=True)
class Difference:
    """How much better another is than the first, over `n_blocks` blocks of at most MAX_BLOCK_S."""

    n_blocks: int
    frame_accuracy: Interval
    macro_f1: Interval

    def as_json(self) -> dict[str, Any]:
        """The fields."""
        return {
            'n_blocks': self.n_blocks,
            'frame_accuracy': self.frame_accuracy.as_json(),
            'macro_f1': self.macro_f1.as_json(),
        }


def difference(first: Sequence[AnsweredSegment], other: Sequence[AnsweredSegment]) -> Difference | None:
    """Score of `other` minus score of `first`, answers to the same segments; None without frames to compare.

    The interval comes from a paired bootstrap over blocks of time: frames within a block are not independent.
    """
    confusions = [_block_confusions(parts) for parts in (first, other)]
    n_blocks = len(confusions[0])
    if not all(of_one.any() for of_one in confusions):
        return None
    weights = _weights(n_blocks)
    return Difference(
        n_blocks, *(_interval(score, confusions[0], confusions[1], weights) for score in (accuracy, macro_f1))
    )


def interval(score: Callable[[IntArray], npt.NDArray[np.float64]], confusions: IntArray) -> tuple[float, float]:
    """95 % confidence interval of a score, by a bootstrap over groups.

    Args:
        score: of (…, n, m) confusions.
        confusions: (g, n, m) of each group: a person or a clip, whose pictures or frames are not independent.
    """
    drawn = score(np.tensordot(_weights(len(confusions)), confusions, 1))
    low, high = np.nanpercentile(drawn, CONFIDENCE_PERCENT)
    return float(low), float(high)


def _weights(n: int) -> IntArray:
    """(N_RESAMPLES, n) how often each of n groups is drawn in each resample."""
    return np.random.default_rng(SEED).multinomial(n, np.full(n, 1 / n), N_RESAMPLES)


def _interval(
    score: Callable[[IntArray], npt.NDArray[np.float64]], first: IntArray, other: IntArray, weights: IntArray
) -> Interval:
    drawn = score(np.tensordot(weights, other, 1)) - score(np.tensordot(weights, first, 1))
    low, high = np.nanpercentile(drawn, CONFIDENCE_PERCENT)
    return Interval(float(score(other.sum(axis=0)) - score(first.sum(axis=0))), float(low), float(high))


def _block_confusions(parts: Sequence[AnsweredSegment]) -> IntArray:
    """(n, 3, 4) frames of each block as in SegmentScores; segments that show no emotion have none."""
    emotional = [part for part in parts if part.segment.label in EMOTIONS]
    return np.array([confusion_of([block]) for part in emotional for block in _blocks(part)], np.int64)


def _blocks(part: AnsweredSegment) -> list[AnsweredSegment]:
    """Equally long parts of a segment, none longer than MAX_BLOCK_S."""
    n = math.ceil(part.duration_s / MAX_BLOCK_S)
    answers: list[list[Any]] = [[] for _ in range(n)]
    for answer in part.answers:
        answers[min(n - 1, int((answer.stamp_s - part.segment.start_s) / part.duration_s * n))].append(answer)
    return [AnsweredSegment(part.segment, part.duration_s / n, tuple(of_block)) for of_block in answers]
