"""Faces over time → who feels what, and what to say when nobody is there or nothing arrives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from blendfer_ros.classification.features import feature_vector
from blendfer_ros.classification.model import EmotionModel
from blendfer_ros.classification.smoothing import EmotionSmoother, SmoothingOptions
from blendfer_ros.contract import EMOTIONS, NS_PER_S, UNKNOWN
from blendfer_ros.face import Face


class TrackingState(IntEnum):
    """What the estimate rests on; the numbers of `Emotion.msg`."""

    STALE = 0
    NO_FACE = 1
    TRACKING = 2


@dataclass(frozen=True)
class EmotionEstimate:
    """The emotion of one person, or why there is none; fields as in `Emotion.msg`.

    probabilities: (happy, unknown, sad), in the order of `contract.EMOTIONS`; zeros unless TRACKING.
    """

    stamp_ns: int = 0
    face_id: str = ''
    emotion: str = UNKNOWN
    state: TrackingState = TrackingState.STALE
    probabilities: tuple[float, ...] = (0.0,) * len(EMOTIONS)
    held_s: float = 0.0

    @property
    def confidence(self) -> float:
        """Smoothed probability of `emotion`; 0 unless TRACKING."""
        return self.probabilities[EMOTIONS.index(self.emotion)]

    def says_the_same_as(self, other: EmotionEstimate) -> bool:
        """True when nothing changed that a listener to changes cares about."""
        return (self.state, self.face_id, self.emotion) == (other.state, other.face_id, other.emotion)


@dataclass(frozen=True)
class EstimatorOptions:
    """When an estimate stops being about now.

    stale_after_s: with no images for this long [s], the state is STALE.
    face_timeout_s: with nobody found for this long [s], the state is NO_FACE; bridges single missed images.
    """

    stale_after_s: float = 1.0
    face_timeout_s: float = 0.5


@dataclass
class _Person:
    smoother: EmotionSmoother
    estimate: EmotionEstimate
    area: float
    held_since_ns: int


class EmotionEstimator:
    """Follows everybody in view; `observe` each image, `report` whenever an answer is wanted."""

    def __init__(
        self,
        model: EmotionModel,
        smoothing: SmoothingOptions | None = None,
        options: EstimatorOptions | None = None,
    ) -> None:
        self._model = model
        self._smoothing = smoothing or SmoothingOptions()
        self._options = options or EstimatorOptions()
        self._people: dict[str, _Person] = {}
        self._last_stamp_ns = 0
        self._last_seen_ns: int | None = None
        self._reported = EmotionEstimate()
        self._reported_since_ns: int | None = None

    def observe(self, faces: tuple[Face, ...], stamp_ns: int, now_ns: int) -> tuple[EmotionEstimate, ...]:
        """Take in the faces of one image.

        Args:
            faces: everybody in it, each with its `face_id`.
            stamp_ns: time of the image [ns].
            now_ns: time of its arrival [ns], on the clock `report` is asked by.

        Returns:
            The estimate of each face, in their order.

        Raises:
            FrameError: a face cannot be classified; nothing of this image is taken in.
        """
        probabilities = [self._model.predict(feature_vector(face, self._model.card.feature_set)) for face in faces]
        if stamp_ns < self._last_stamp_ns:
            self._people.clear()
        self._last_stamp_ns = stamp_ns
        self._last_seen_ns = now_ns
        self._forget_the_gone(stamp_ns)
        return tuple(self._update(face, p, stamp_ns) for face, p in zip(faces, probabilities, strict=True))

    def report(self, now_ns: int) -> EmotionEstimate:
        """The estimate of the primary person (the largest face in view) as of `now_ns`."""
        estimate = self._primary(now_ns)
        if self._reported_since_ns is None or now_ns < self._reported_since_ns:
            self._reported_since_ns = now_ns
        if not estimate.says_the_same_as(self._reported):
            self._reported_since_ns = now_ns
        self._reported = replace(estimate, held_s=(now_ns - self._reported_since_ns) / NS_PER_S)
        return self._reported

    def _primary(self, now_ns: int) -> EmotionEstimate:
        if self._last_seen_ns is None:
            return EmotionEstimate()
        if now_ns - self._last_seen_ns > self._options.stale_after_s * NS_PER_S:
            return EmotionEstimate(stamp_ns=self._last_stamp_ns)
        if not self._people:
            return EmotionEstimate(stamp_ns=self._last_stamp_ns, state=TrackingState.NO_FACE)
        return max(self._people.values(), key=lambda person: person.area).estimate

    def _forget_the_gone(self, stamp_ns: int) -> None:
        oldest_ns = stamp_ns - self._options.face_timeout_s * NS_PER_S
        self._people = {k: person for k, person in self._people.items() if person.estimate.stamp_ns >= oldest_ns}

    def _update(self, face: Face, probabilities: np.ndarray, stamp_ns: int) -> EmotionEstimate:
        person = self._people.get(face.face_id)
        smoother = person.smoother if person else EmotionSmoother(self._model.card.decision_weights, self._smoothing)
        emotion, smoothed = smoother.update(probabilities, stamp_ns)
        held_since_ns = person.held_since_ns if person and person.estimate.emotion == emotion else stamp_ns
        estimate = EmotionEstimate(
            stamp_ns=stamp_ns,
            face_id=face.face_id,
            emotion=emotion,
            state=TrackingState.TRACKING,
            probabilities=tuple(float(p) for p in smoothed),
            held_s=(stamp_ns - held_since_ns) / NS_PER_S,
        )
        self._people[face.face_id] = _Person(smoother, estimate, face.region.area, held_since_ns)
        return estimate
