"""How good answers over time are on labelled segments, whatever they come from."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from blendfer_ros.core.answers import LABELS, NO_FACE, Answer, Segment
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.face import FloatArray
from blendfer_ros.metrics.classification import IntArray, accuracy, confusion_matrix, macro_f1
from blendfer_ros.metrics.numbers import S_PER_MIN, percentile, ratio, rounded

# For this long after somebody has left, the old answer may still stand.
NO_FACE_GRACE_S: Final = 1.0


@dataclass(frozen=True)
class AnsweredSegment:
    """A segment and the answers in it, in order. duration_s: of the part that lies within the clip [s]."""

    segment: Segment
    duration_s: float
    answers: tuple[Answer, ...]

    @property
    def right(self) -> tuple[bool, ...]:
        """Whether each answer is the label."""
        return tuple(answer.said == self.segment.label for answer in self.answers)

    @property
    def flips(self) -> int:
        """How often an answer differs from the one before it; a change to the right answer counts, too."""
        return sum(before.said != after.said for before, after in pairwise(self.answers))

    @property
    def time_to_label_s(self) -> float:
        """From the start of the segment to its first right answer [s]; infinite when none is right."""
        stamps_s = (answer.stamp_s for answer, right in zip(self.answers, self.right, strict=True) if right)
        return next(stamps_s, math.inf) - self.segment.start_s


@dataclass(frozen=True)
class AnsweredClip:
    """A clip and all answers to it, in order of time.

    name, segments: as in LabelledClip. duration_s: of the whole clip [s].
    raw: answers to each frame on its own; None where they were not wanted.
    """

    name: str
    segments: tuple[Segment, ...]
    duration_s: float
    answers: tuple[Answer, ...]
    raw: tuple[Answer, ...] | None = None


@dataclass(frozen=True)
class SegmentScores:
    """How good answers are over segments; None where there is no data.

    n_frames, n_segments: labelled ones.
    frame_accuracy: share of the frames labelled with an emotion that are right.
    macro_f1: mean F1 of the emotions that occur among the labels or answers of these frames.
    flips_per_min: changes of the answer within a segment, per labelled minute.
    time_to_label_s_median, time_to_label_s_p95: over the segments, from their start to the first right answer;
        infinite where too many segments have none.
    n_never_right: segments without a right answer.
    no_face_accuracy: share of right frames in no_face segments after their first second.
    right_share: of the frames of each of LABELS.
    confusion: (3, 4) frames; rows true, columns answered, in the order of `core.emotions.EMOTIONS`; the last
        column counts answers that are no emotion.
    """

    n_frames: int
    n_segments: int
    frame_accuracy: float | None
    macro_f1: float | None
    flips_per_min: float | None
    time_to_label_s_median: float
    time_to_label_s_p95: float
    n_never_right: int
    no_face_accuracy: float | None
    right_share: dict[str, float | None]
    confusion: tuple[tuple[int, ...], ...]

    def as_json(self) -> dict[str, Any]:
        """The fields, with null for what is not known or not finite."""
        return {
            'n_frames': self.n_frames,
            'n_segments': self.n_segments,
            'frame_accuracy': rounded(self.frame_accuracy),
            'macro_f1': rounded(self.macro_f1),
            'flips_per_min': rounded(self.flips_per_min),
            'time_to_label_s_median': rounded(self.time_to_label_s_median),
            'time_to_label_s_p95': rounded(self.time_to_label_s_p95),
            'n_never_right': self.n_never_right,
            'no_face_accuracy': rounded(self.no_face_accuracy),
            'right_share': {label: rounded(share) for label, share in self.right_share.items()},
            'confusion': [list(row) for row in self.confusion],
        }


@dataclass(frozen=True)
class ClipScores:
    """Scores of each clip by its name, and of all frames and segments of all clips together."""

    overall: SegmentScores
    clips: dict[str, SegmentScores]

    def as_json(self) -> dict[str, Any]:
        """The keys of `SegmentScores`, and the same for each of `clips`."""
        return self.overall.as_json() | {'clips': {name: scores.as_json() for name, scores in self.clips.items()}}


def answered_segments(
    segments: Sequence[Segment], duration_s: float, answers: Sequence[Answer]
) -> list[AnsweredSegment]:
    """Sort the answers to a clip of `duration_s` into its segments; answers between segments are left out."""
    return [
        AnsweredSegment(
            segment,
            max(0.0, min(segment.end_s, duration_s) - segment.start_s),
            tuple(answer for answer in answers if segment.start_s <= answer.stamp_s < segment.end_s),
        )
        for segment in segments
    ]


def score_clips(clips: Sequence[AnsweredClip]) -> ClipScores:
    """Score the answers to at least one clip."""
    return _score({clip.name: answered_segments(clip.segments, clip.duration_s, clip.answers) for clip in clips})


def score_raw(clips: Sequence[AnsweredClip]) -> ClipScores | None:
    """Score the raw answers to at least one clip; None where there are none."""
    parts = {
        clip.name: answered_segments(clip.segments, clip.duration_s, clip.raw) for clip in clips if clip.raw is not None
    }
    return _score(parts) if parts else None


def score_segments(parts: Sequence[AnsweredSegment]) -> SegmentScores:
    """Score at least one segment; all frames have the same weight, and so have all segments."""
    n_of, right_of = Counter[str](), Counter[str]()
    for part in parts:
        n_of[part.segment.label] += len(part.answers)
        right_of[part.segment.label] += sum(part.right)
    confusion = confusion_of(parts)
    times_s = [part.time_to_label_s for part in parts]
    return SegmentScores(
        n_frames=n_of.total(),
        n_segments=len(parts),
        frame_accuracy=_known(accuracy(confusion)),
        macro_f1=_known(macro_f1(confusion)),
        flips_per_min=flips_per_min(parts),
        time_to_label_s_median=percentile(times_s, 50),
        time_to_label_s_p95=percentile(times_s, 95),
        n_never_right=sum(math.isinf(time_s) for time_s in times_s),
        no_face_accuracy=_no_face_accuracy(parts),
        right_share={label: ratio(right_of[label], n_of[label]) for label in LABELS},
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
    )


def _score(parts: dict[str, list[AnsweredSegment]]) -> ClipScores:
    return ClipScores(
        score_segments([part for of_clip in parts.values() for part in of_clip]),
        {name: score_segments(of_clip) for name, of_clip in parts.items()},
    )


def confusion_of(parts: Sequence[AnsweredSegment]) -> IntArray:
    """(3, 4) as in SegmentScores."""
    pairs = [
        (EMOTIONS.index(part.segment.label), EMOTIONS.index(answer.said) if answer.said in EMOTIONS else len(EMOTIONS))
        for part in parts
        if part.segment.label in EMOTIONS
        for answer in part.answers
    ]
    labels, answers = np.array(pairs, np.int64).reshape(-1, 2).T
    return confusion_matrix(labels, answers, len(EMOTIONS) + 1)


def flips_per_min(parts: Sequence[AnsweredSegment]) -> float | None:
    """Changes of the answer within a segment, per labelled minute; None of no time."""
    return ratio(sum(part.flips for part in parts), sum(part.duration_s for part in parts) / S_PER_MIN)


def confidences_of(parts: Sequence[AnsweredSegment]) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Confidence and correctness of the answers that are emotions, on frames labelled with one.

    Returns:
        (m,) probability of the answer and (m,) whether it is the label; answers without probabilities are left out.
    """
    judged = [
        (answer.probabilities[EMOTIONS.index(answer.said)], is_right)
        for part in parts
        if part.segment.label in EMOTIONS
        for answer, is_right in zip(part.answers, part.right, strict=True)
        if answer.said in EMOTIONS and any(answer.probabilities)
    ]
    return np.array([confidence for confidence, _ in judged], np.float32), np.array([r for _, r in judged], np.bool_)


def _no_face_accuracy(parts: Sequence[AnsweredSegment]) -> float | None:
    right = [
        is_right
        for part in parts
        if part.segment.label == NO_FACE
        for answer, is_right in zip(part.answers, part.right, strict=True)
        if answer.stamp_s >= part.segment.start_s + NO_FACE_GRACE_S
    ]
    return ratio(sum(right), len(right))


def _known(value: npt.NDArray[np.float64]) -> float | None:
    return None if np.isnan(value) else float(value)
