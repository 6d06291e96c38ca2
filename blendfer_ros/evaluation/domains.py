"""How well a model generalises: many data sets, one table, one number to choose by."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from blendfer_ros.classification.classifier import Classifier
from blendfer_ros.classification.estimator import UNSMOOTHED, EmotionEstimator, EstimatorOptions
from blendfer_ros.core.assets import find_expressions
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.core.face import FloatArray
from blendfer_ros.core.probabilities import decide
from blendfer_ros.datasets.clips import ClipFrames, load_clips
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.faces import load_faces
from blendfer_ros.datasets.pictures import PictureDataset
from blendfer_ros.datasets.segments import LabelledClip
from blendfer_ros.evaluation.stills.predictions import predict
from blendfer_ros.evaluation.streams.clip_answers import answer_frames
from blendfer_ros.metrics.bootstrap import interval
from blendfer_ros.metrics.calibration import expected_calibration_error
from blendfer_ros.metrics.classification import IntArray, accuracy, confusion_matrix, macro_f1, recall
from blendfer_ros.metrics.numbers import rounded
from blendfer_ros.metrics.operating_point import best_weights
from blendfer_ros.metrics.segments import (
    AnsweredSegment,
    answered_segments,
    confidences_of,
    confusion_of,
    flips_per_min,
)

NO_FACE_IN_CLIPS: Final = 'no frame of these clips that is labelled with an emotion shows a face'
# A shorter clip has no time in which an answer could flip back and forth.
MIN_FLIP_CLIP_S: Final = 5.0


@dataclass(frozen=True)
class DomainScore:
    """How good answers are on one data set.

    n: labelled pictures or frames. n_detected: those that the rest is measured on.
    low, high: 95 % confidence interval of macro-F1, by a bootstrap over persons or clips.
    ece: expected calibration error. recall: of each emotion; None for one that does not occur.
    flips_per_min: changes of the answer within a segment, per labelled minute of clips of MIN_FLIP_CLIP_S or more;
        None for stills.
    """

    n: int
    n_detected: int
    accuracy: float
    macro_f1: float
    low: float
    high: float
    ece: float
    recall: tuple[float | None, ...]
    flips_per_min: float | None = None

    def as_json(self) -> dict[str, Any]:
        """The fields."""
        return {
            'n': self.n,
            'n_detected': self.n_detected,
            'accuracy': rounded(self.accuracy),
            'macro_f1': rounded(self.macro_f1),
            'low': rounded(self.low),
            'high': rounded(self.high),
            'ece': rounded(self.ece),
            'recall': {emotion: rounded(share) for emotion, share in zip(EMOTIONS, self.recall, strict=True)},
            'flips_per_min': rounded(self.flips_per_min),
        }


class Domain(ABC):
    """A labelled data set that a classifier can be measured on."""

    @abstractmethod
    def measure(self, classifier: Classifier, bundle: Path) -> DomainScore:
        """How good the classifier is on it; faces come from the cache when they were detected before.

        Raises:
            DatasetError: the data set is damaged, or shows no face.
        """

    @abstractmethod
    def judge(self, classifier: Classifier, bundle: Path) -> Judged:
        """What the classifier says of each picture or frame for itself; errors as `measure`."""


@dataclass(frozen=True)
class Judged:
    """Labelled faces: (m,) labels as index into EMOTIONS, (m, 3) calibrated probabilities."""

    labels: IntArray
    probabilities: FloatArray


@dataclass(frozen=True)
class StillsDomain(Domain):
    """Labelled pictures, of one role."""

    dataset: PictureDataset

    def measure(self, classifier: Classifier, bundle: Path) -> DomainScore:
        """See `Domain`."""
        return self.score(classifier, self.faces(bundle))

    def score(self, classifier: Classifier, faces: FaceDataset) -> DomainScore:
        """How good the classifier is on the faces of the pictures, however they were found.

        Pictures whose person is unknown count as independent of all others.
        """
        predictions = predict(classifier, faces)
        found = faces.with_face()
        groups = [person or sample_id for person, sample_id in zip(found.persons, found.sample_ids, strict=True)]
        return _score(
            n=len(faces),
            confusions=_by_group(groups, predictions.labels, predictions.decisions),
            confidence=predictions.confidences,
            correct=predictions.correct,
        )

    def judge(self, classifier: Classifier, bundle: Path) -> Judged:
        """See `Domain`."""
        predictions = predict(classifier, self.faces(bundle))
        return Judged(predictions.labels, predictions.probabilities)

    def faces(self, bundle: Path) -> FaceDataset:
        """The faces of the pictures; errors as `measure`."""
        roles = {sample.role for sample in self.dataset.samples}
        return load_faces(
            self.dataset, bundle, roles=sorted(roles, key=lambda role: role.value), expressions=find_expressions()
        )


@dataclass(frozen=True)
class ClipsDomain(Domain):
    """Clips with labels over time. smoothing: as shipped, or each frame on its own."""

    clips: tuple[LabelledClip, ...]
    smoothing: bool

    def measure(self, classifier: Classifier, bundle: Path) -> DomainScore:
        """See `Domain`."""
        return self.score(classifier, load_clips([clip.path for clip in self.clips], bundle))

    def score(self, classifier: Classifier, seen: Sequence[ClipFrames]) -> DomainScore:
        """How good the classifier is on the faces of each clip, however they were found.

        Frames labelled with an emotion count, and an answer that is no emotion is wrong there.
        """
        parts = self._answered(classifier, EstimatorOptions() if self.smoothing else UNSMOOTHED, seen)
        confidence, correct = confidences_of([part for of_clip in parts for part in of_clip])
        if not len(confidence):
            raise DatasetError(NO_FACE_IN_CLIPS)
        confusions = np.array([confusion_of(of_clip) for of_clip in parts])
        long = [
            part
            for of_clip, frames in zip(parts, seen, strict=True)
            if frames.duration_s >= MIN_FLIP_CLIP_S
            for part in of_clip
        ]
        return _score(int(confusions.sum()), confusions, confidence, correct, flips_per_min(long))

    def judge(self, classifier: Classifier, bundle: Path) -> Judged:
        """See `Domain`; without smoothing, which decides by more than the frame at hand."""
        seen = load_clips([clip.path for clip in self.clips], bundle)
        judged = [
            (EMOTIONS.index(part.segment.label), answer.probabilities)
            for of_clip in self._answered(classifier, UNSMOOTHED, seen)
            for part in of_clip
            if part.segment.label in EMOTIONS
            for answer in part.answers
            if any(answer.probabilities)
        ]
        if not judged:
            raise DatasetError(NO_FACE_IN_CLIPS)
        labels, probabilities = zip(*judged, strict=True)
        return Judged(np.array(labels, np.int64), np.array(probabilities, np.float32))

    def _answered(
        self, classifier: Classifier, options: EstimatorOptions, seen: Sequence[ClipFrames]
    ) -> list[list[AnsweredSegment]]:
        """What is answered in each labelled stretch of each clip."""
        return [
            answered_segments(
                clip.segments, frames.duration_s, answer_frames(EmotionEstimator(classifier, options), frames.frames)
            )
            for clip, frames in zip(self.clips, seen, strict=True)
        ]


def measure_domains(
    domains: Mapping[str, Domain], classifier: Classifier, bundle: Path, progress: Callable[[str], None]
) -> dict[str, DomainScore]:
    """Measure a classifier on each domain in turn.

    Args:
        domains: at least one, by name.
        classifier: to be measured.
        bundle: the FaceLandmarker bundle.
        progress: told the name of each before it is measured.
    """
    scores = {}
    for name, domain in domains.items():
        progress(name)
        try:
            scores[name] = domain.measure(classifier, bundle)
        except DatasetError as error:
            raise DatasetError(f'domain {name}: {error}') from error
    return scores


def mean_macro_f1(scores: Mapping[str, DomainScore]) -> float:
    """The number to choose by: every domain has the same weight."""
    return float(np.mean([score.macro_f1 for score in scores.values()]))


def fit_operating_point(domains: Mapping[str, Domain], classifier: Classifier, bundle: Path) -> tuple[float, ...]:
    """The decision weights with the highest mean macro-F1 over the domains, each picture or frame for itself."""
    judged = [domain.judge(classifier, bundle) for domain in domains.values()]

    def score(weights: tuple[float, ...]) -> float:
        return float(
            np.mean([macro_f1(confusion_matrix(each.labels, decide(each.probabilities, weights))) for each in judged])
        )

    return best_weights(score, len(EMOTIONS))


def _by_group(groups: Sequence[str], labels: IntArray, decisions: IntArray) -> IntArray:
    """(g, 3, 3) confusion of each group."""
    rows: dict[str, list[int]] = defaultdict(list)
    for i, group in enumerate(groups):
        rows[group].append(i)
    return np.array([confusion_matrix(labels[chosen], decisions[chosen]) for chosen in rows.values()])


def _score(
    n: int,
    confusions: IntArray,
    confidence: npt.NDArray[np.floating],
    correct: npt.NDArray[np.bool_],
    flips: float | None = None,
) -> DomainScore:
    confusion = confusions.sum(axis=0)
    low, high = interval(macro_f1, confusions)
    return DomainScore(
        n=n,
        n_detected=int(confusion.sum()),
        accuracy=float(accuracy(confusion)),
        macro_f1=float(macro_f1(confusion)),
        low=low,
        high=high,
        ece=expected_calibration_error(confidence, correct),
        recall=tuple(None if np.isnan(share) else float(share) for share in recall(confusion)),
        flips_per_min=flips,
    )
