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
from blendfer_ros.metrics.numbers import S_PER_MIN
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
    """How another differs from the first.

    frame_accuracy, macro_f1: over `n_blocks` blocks of at most MAX_BLOCK_S; above 0 where the other is better.
    flips_per_min, time_to_label_s_median: as in SegmentScores, over `n_segments` segments; below 0 where the other is
        steadier or sooner. None where one of both is not known or not finite.
    """

    n_blocks: int
    n_segments: int
    frame_accuracy: Interval
    macro_f1: Interval
    flips_per_min: Interval | None
    time_to_label_s_median: Interval | None

    def as_json(self) -> dict[str, Any]:
        """The fields."""
        return {
            'n_blocks': self.n_blocks,
            'n_segments': self.n_segments,
            'frame_accuracy': self.frame_accuracy.as_json(),
            'macro_f1': self.macro_f1.as_json(),
            'flips_per_min': self.flips_per_min and self.flips_per_min.as_json(),
            'time_to_label_s_median': self.time_to_label_s_median and self.time_to_label_s_median.as_json(),
        }


def difference(first: Sequence[AnsweredSegment], other: Sequence[AnsweredSegment]) -> Difference | None:
    """Score of `other` minus score of `first`, answers to the same segments; None without frames to compare.

    The intervals come from a paired bootstrap over blocks of time, as frames within a block are not independent, and of
    flips and delays over segments, which these belong to.
    """
    confusions = [_block_confusions(parts) for parts in (first, other)]
    n_blocks = len(confusions[0])
    if not all(of_one.any() for of_one in confusions):
        return None
    weights = _weights(n_blocks)
    return Difference(
        n_blocks,
        len(first),
        *(_interval(score, confusions[0], confusions[1], weights) for score in (accuracy, macro_f1)),
        *(_segment_interval(score, first, other) for score in (_flips_per_min, _median_delay_s)),
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


def _segment_interval(
    score: Callable[[Sequence[AnsweredSegment], IntArray], npt.NDArray[np.float64]],
    first: Sequence[AnsweredSegment],
    other: Sequence[AnsweredSegment],
) -> Interval | None:
    n = len(first)
    drawn = np.random.default_rng(SEED).integers(0, n, (N_RESAMPLES, n))
    as_it_is = np.arange(n)[np.newaxis]
    with np.errstate(invalid='ignore', divide='ignore'):
        value = float((score(other, as_it_is) - score(first, as_it_is))[0])
        differences = score(other, drawn) - score(first, drawn)
    known = differences[np.isfinite(differences)]
    if not math.isfinite(value) or not known.size:
        return None
    low, high = np.percentile(known, CONFIDENCE_PERCENT)
    return Interval(value, float(low), float(high))


def _flips_per_min(parts: Sequence[AnsweredSegment], drawn: IntArray) -> npt.NDArray[np.float64]:
    """(k,) of each of the k rows of indices into `parts`."""
    flips, duration_s = (
        np.array(each, np.float64) for each in ([p.flips for p in parts], [p.duration_s for p in parts])
    )
    return np.asarray(S_PER_MIN * flips[drawn].sum(axis=1) / duration_s[drawn].sum(axis=1), np.float64)


def _median_delay_s(parts: Sequence[AnsweredSegment], drawn: IntArray) -> npt.NDArray[np.float64]:
    """(k,) of each of the k rows of indices into `parts`; infinite where most segments have no right answer."""
    return np.asarray(np.median(np.array([part.time_to_label_s for part in parts])[drawn], axis=1), np.float64)


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
