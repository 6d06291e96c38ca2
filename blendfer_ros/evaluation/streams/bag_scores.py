"""How accurate, steady and confident the answers to bags are, with labels or without."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from blendfer_ros.core.answers import AnswerSeries, Segment
from blendfer_ros.evaluation.streams.bag_answers import AnsweredBag
from blendfer_ros.metrics.conduct import Conduct
from blendfer_ros.metrics.numbers import rounded
from blendfer_ros.metrics.segments import AnsweredSegment, SegmentScores, answered_segments, score_segments

# The single numbers of overall_as_json: those always present, and those that need labels.
OVERALL_KEYS: Final = (
    'duration_s',
    'n_messages',
    'n_frames',
    'n_lost',
    'stamps_out_of_order',
    'stamps_repeated',
    'n_people',
    'flips_per_min',
    'mean_confidence',
)
LABELLED_KEYS: Final = (
    'labelled_n_frames',
    'n_segments',
    'frame_accuracy',
    'macro_f1',
    'labelled_flips_per_min',
    'time_to_label_s_median',
    'time_to_label_s_p95',
    'n_never_right',
    'no_face_accuracy',
)
# Keys of SegmentScores that mean something else for a whole bag.
LABELLED: Final = {'n_frames': 'labelled_n_frames', 'flips_per_min': 'labelled_flips_per_min'}


@dataclass(frozen=True)
class ScoredBag:
    """A bag and the scores of one candidate.

    segments: its labels, as far as the bag goes. series: what the candidate answered. scores: None without labels.
    """

    bag: AnsweredBag
    segments: tuple[Segment, ...]
    series: AnswerSeries
    conduct: Conduct
    scores: SegmentScores | None

    @classmethod
    def of(cls, bag: AnsweredBag, segments: Sequence[Segment], candidate: int = 0) -> ScoredBag:
        """Score the answers of the candidate with this index; labels beyond the end of the bag are ignored."""
        reached = tuple(segment for segment in segments if segment.start_s < bag.stream.end_s)
        series = bag.series[candidate]
        unscored = cls(bag, reached, series, Conduct.of(series, bag.stream.end_s), None)
        return replace(unscored, scores=score_segments(unscored.parts())) if reached else unscored

    def parts(self) -> list[AnsweredSegment]:
        """The answers in each segment."""
        return answered_segments(self.segments, self.bag.stream.end_s, self.series.answers()) if self.segments else []

    def as_json(self) -> dict[str, Any]:
        """Everything that is the same in every run."""
        stream, damage = self.bag.stream, self.bag.damage
        return {
            'topic': self.bag.topic,
            'duration_s': rounded(stream.duration_s),
            **_counts([self.bag]),
            'skipped': {reason.value: count for reason, count in stream.skipped.items()},
            'interval_s': rounded(stream.interval_s),
            'gaps': [[rounded(start_s), rounded(length_s)] for start_s, length_s in stream.gaps],
            'damage': damage and {'file': damage.file, 'offset': damage.offset, 'reason': damage.reason},
            **self.conduct.as_json(),
            **_scores_as_json(self.scores),
        }


def overall_as_json(bags: Sequence[ScoredBag]) -> dict[str, Any]:
    """The keys of `ScoredBag.as_json` that make sense for several bags together, at least one."""
    return {
        'duration_s': rounded(sum(scored.bag.stream.duration_s for scored in bags)),
        **_counts([scored.bag for scored in bags]),
        **Conduct.sum([scored.conduct for scored in bags]).as_json(),
        **_scores_as_json(overall_scores(bags)),
    }


def overall_scores(bags: Iterable[ScoredBag]) -> SegmentScores | None:
    """Of all labelled segments of all bags together; None where there are none."""
    parts = [part for scored in bags for part in scored.parts()]
    return score_segments(parts) if parts else None


def agreement(bags: Sequence[AnsweredBag], candidate: int) -> float:
    """Share of the images, of at least one bag, on which the candidate with this index agrees with the first."""
    same = [bag.series[0].at_images == bag.series[candidate].at_images for bag in bags]
    return float(np.concatenate(same).mean())


def _counts(bags: Sequence[AnsweredBag]) -> dict[str, int]:
    return {
        'n_messages': sum(bag.stream.n_messages for bag in bags),
        'n_frames': sum(bag.stream.n_frames for bag in bags),
        'n_lost': sum(bag.stream.n_lost for bag in bags),
        'stamps_out_of_order': sum(bag.stream.stamps_out_of_order for bag in bags),
        'stamps_repeated': sum(bag.stream.stamps_repeated for bag in bags),
        'n_people': sum(bag.n_people for bag in bags),
    }


def _scores_as_json(scores: SegmentScores | None) -> dict[str, Any]:
    return {LABELLED.get(key, key): value for key, value in scores.as_json().items()} if scores else {}
