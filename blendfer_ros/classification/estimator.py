"""Faces over time → who feels what, and what to say when nobody is there or nothing arrives."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum

from blendfer_ros.classification.features import feature_vector
from blendfer_ros.classification.model import EmotionModel
from blendfer_ros.classification.primary import Presence, PrimaryChooser, PrimaryOptions
from blendfer_ros.classification.quality import GOOD, QualityOptions, quality_of
from blendfer_ros.classification.smoothing import EmotionSmoother, SmoothingOptions
from blendfer_ros.contract import EMOTIONS, NS_PER_S, UNKNOWN
from blendfer_ros.face import Face, FaceFrame, FloatArray
from blendfer_ros.stamps import StampOrder

NO_PROBABILITIES = (0.0,) * len(EMOTIONS)


class TrackingState(IntEnum):
    """What the estimate rests on; the numbers of `Emotion.msg`."""

    STALE = 0
    NO_FACE = 1
    TRACKING = 2


@dataclass(frozen=True)
class EmotionEstimate:
    """The emotion of one person, or why there is none; fields as in `Emotion.msg`.

    quality: one of `classification.quality`, empty unless TRACKING; with any but GOOD the emotion is unknown.
    probabilities: (happy, unknown, sad), in the order of `contract.EMOTIONS`; zeros unless TRACKING and GOOD.
    """

    stamp_ns: int = 0
    face_id: str = ''
    emotion: str = UNKNOWN
    state: TrackingState = TrackingState.STALE
    quality: str = ''
    probabilities: tuple[float, ...] = NO_PROBABILITIES
    held_s: float = 0.0

    @property
    def confidence(self) -> float:
        """Smoothed probability of `emotion`; 0 unless TRACKING and GOOD."""
        return self.probabilities[EMOTIONS.index(self.emotion)]

    def says_the_same_as(self, other: EmotionEstimate) -> bool:
        """True when nothing changed that a listener to changes cares about."""
        return (self.state, self.face_id, self.emotion) == (other.state, other.face_id, other.emotion)


@dataclass(frozen=True)
class EstimatorOptions:
    """How estimates are made, and when one stops being about now.

    stale_after_s: with no images for this long [s], the state is STALE.
    face_timeout_s: with nobody found for this long [s], the state is NO_FACE; bridges missed images.
    """

    stale_after_s: float = 1.0
    face_timeout_s: float = 0.5
    smoothing: SmoothingOptions = field(default_factory=SmoothingOptions)
    quality: QualityOptions = field(default_factory=QualityOptions)
    primary: PrimaryOptions = field(default_factory=PrimaryOptions)


# Each image for itself.
UNSMOOTHED = EstimatorOptions(
    face_timeout_s=0.0,
    smoothing=SmoothingOptions(time_constant_s=0.0, switch_margin=0.0, min_dwell_s=0.0, min_confidence=0.0),
)


@dataclass
class _Person:
    smoother: EmotionSmoother
    presence: Presence
    estimate: EmotionEstimate
    held_since_ns: int


class EmotionEstimator:
    """Follows everybody in view; `observe` each image, `report` whenever an answer is wanted."""

    def __init__(self, model: EmotionModel, options: EstimatorOptions | None = None) -> None:
        self._model = model
        self._options = options or EstimatorOptions()
        self._order = StampOrder()
        self._primary = PrimaryChooser(self._options.primary)
        self._people: dict[str, _Person] = {}
        self._last_stamp_ns = 0
        self._last_seen_ns: int | None = None
        self._reported = EmotionEstimate()
        self._reported_since_ns: int | None = None

    def observe(self, frame: FaceFrame, now_ns: int) -> tuple[EmotionEstimate, ...]:
        """Take in the faces of one image.

        Args:
            frame: everybody in it, each with its `face_id`.
            now_ns: time of its arrival [ns], on the clock `report` is asked by.

        Returns:
            The estimate of each face, in their order.

        Raises:
            FrameError: a face cannot be classified, or the stamp repeats or is out of order; nothing of this
                image is taken in.
        """
        vectors = [feature_vector(face, self._model.card.feature_set) for face in frame.faces]
        if self._order.starts_anew(frame.stamp_ns):
            self._people.clear()
        self._last_stamp_ns = frame.stamp_ns
        self._last_seen_ns = now_ns
        self._forget_the_gone(frame.stamp_ns)
        return tuple(self._update(frame, face, v) for face, v in zip(frame.faces, vectors, strict=True))

    def report(self, now_ns: int) -> EmotionEstimate:
        """The estimate of the primary person as of `now_ns`."""
        estimate = self._about_the_primary(now_ns)
        if self._reported_since_ns is None or now_ns < self._reported_since_ns:
            self._reported_since_ns = now_ns
        if not estimate.says_the_same_as(self._reported):
            self._reported_since_ns = now_ns
        self._reported = replace(estimate, held_s=(now_ns - self._reported_since_ns) / NS_PER_S)
        return self._reported

    def _about_the_primary(self, now_ns: int) -> EmotionEstimate:
        if self._last_seen_ns is None:
            return EmotionEstimate()
        # A clock that was set back makes every image one of another time.
        if not 0 <= now_ns - self._last_seen_ns <= self._options.stale_after_s * NS_PER_S:
            return EmotionEstimate(stamp_ns=self._last_stamp_ns)
        face_id = self._primary.choose({face_id: person.presence for face_id, person in self._people.items()})
        if not face_id:
            return EmotionEstimate(stamp_ns=self._last_stamp_ns, state=TrackingState.NO_FACE)
        return self._people[face_id].estimate

    def _forget_the_gone(self, stamp_ns: int) -> None:
        oldest_ns = stamp_ns - self._options.face_timeout_s * NS_PER_S
        self._people = {k: person for k, person in self._people.items() if person.estimate.stamp_ns >= oldest_ns}

    def _update(self, frame: FaceFrame, face: Face, vector: FloatArray) -> EmotionEstimate:
        stamp_ns = frame.stamp_ns
        person = self._people.get(face.face_id)
        was_good = person is None or person.estimate.quality == GOOD
        if person is None:
            smoother = EmotionSmoother(self._model.card.decision_weights, self._options.smoothing)
            person = _Person(smoother, Presence(face, stamp_ns), EmotionEstimate(), stamp_ns)
            self._people[face.face_id] = person
        else:
            person.presence.update(face, stamp_ns)
        quality = quality_of(face, frame, self._options.quality, was_good=was_good)
        emotion, probabilities = UNKNOWN, NO_PROBABILITIES
        if quality == GOOD:
            emotion, smoothed = person.smoother.update(self._model.predict(vector), stamp_ns)
            probabilities = tuple(float(p) for p in smoothed)
        if person.estimate.emotion != emotion:
            person.held_since_ns = stamp_ns
        person.estimate = EmotionEstimate(
            stamp_ns=stamp_ns,
            face_id=face.face_id,
            emotion=emotion,
            state=TrackingState.TRACKING,
            quality=quality,
            probabilities=probabilities,
            held_s=(stamp_ns - person.held_since_ns) / NS_PER_S,
        )
        return person.estimate
