"""Faces over time → who feels what, and what to say when nobody is there or nothing arrives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any, Final

from blendfer_ros.classification.backends.tflite import EmotionModel
from blendfer_ros.classification.features import feature_vector
from blendfer_ros.classification.neutral import PersonalNeutral
from blendfer_ros.classification.primary import Presence, PrimaryChooser, PrimaryOptions
from blendfer_ros.classification.quality import GOOD, QualityOptions, quality_of
from blendfer_ros.classification.smoothing import EmotionSmoother, SmoothingOptions
from blendfer_ros.core.emotions import EMOTIONS, UNKNOWN
from blendfer_ros.core.face import Face, FaceFrame, FloatArray
from blendfer_ros.core.stamps import MAX_GAP_NS, NS_PER_S, StampOrder

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
    probabilities: (happy, unknown, sad), in the order of `core.emotions.EMOTIONS`; zeros unless TRACKING and GOOD.
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
    face_confirm_s: after NO_FACE, somebody must be seen in every image for this long [s] to count; what looks
        like a face in a single image often is none.
    auto_neutral: everybody's first seconds in view are taken for their resting face, see `PersonalNeutral`.
    """

    stale_after_s: float = 1.0
    face_timeout_s: float = 0.5
    face_confirm_s: float = 0.15
    auto_neutral: bool = False
    smoothing: SmoothingOptions = field(default_factory=SmoothingOptions)
    quality: QualityOptions = field(default_factory=QualityOptions)
    primary: PrimaryOptions = field(default_factory=PrimaryOptions)

    @classmethod
    def from_parameters(cls, values: Mapping[str, Any]) -> EstimatorOptions:
        """The options that the parameters of `emotion_classifier_node` stand for; what is missing is as shipped.

        Raises:
            ParameterError: a value cannot be.
        """
        given: dict[str, dict[str, Any]] = {
            part: {name: values[key] for name, key in fields.items() if key in values}
            for part, fields in PARAMETERS.items()
        }
        shipped = cls()
        own = given.pop('')
        return replace(
            shipped, **own, **{part: replace(getattr(shipped, part), **fields) for part, fields in given.items()}
        )


# The parameter for each field of EstimatorOptions, and of its parts.
PARAMETERS: Final[dict[str, dict[str, str]]] = {
    '': {name: name for name in ('stale_after_s', 'face_timeout_s', 'face_confirm_s', 'auto_neutral')},
    'smoothing': {
        'time_constant_s': 'smoothing_time_constant_s',
        **{name: name for name in ('switch_margin', 'min_dwell_s', 'min_confidence')},
    },
    'quality': {name: name for name in ('min_face_px', 'max_yaw_rad', 'max_pitch_rad', 'min_visible')},
    'primary': {'rule': 'primary', 'face_id': 'primary_face_id', 'switch_ratio': 'primary_switch_ratio'},
}

# The least and the greatest value of each of these parameters that is a number.
LIMITS: Final[dict[str, tuple[float, float]]] = {
    'smoothing_time_constant_s': (0.0, 10.0),
    'switch_margin': (0.0, 0.9),
    'min_dwell_s': (0.0, 10.0),
    'min_confidence': (0.0, 1.0),
    'face_timeout_s': (0.0, 10.0),
    'face_confirm_s': (0.0, 10.0),
    'stale_after_s': (0.1, 60.0),
    'min_face_px': (0.0, 4000.0),
    'max_yaw_rad': (0.0, 1.6),
    'max_pitch_rad': (0.0, 1.6),
    'min_visible': (0.0, 1.0),
    'primary_switch_ratio': (1.0, 10.0),
}

# Each image for itself.
UNSMOOTHED = EstimatorOptions(
    face_timeout_s=0.0,
    face_confirm_s=0.0,
    smoothing=SmoothingOptions(time_constant_s=0.0, switch_margin=0.0, min_dwell_s=0.0, min_confidence=0.0),
)


@dataclass
class _Person:
    smoother: EmotionSmoother
    presence: Presence
    neutral: PersonalNeutral | None
    estimate: EmotionEstimate
    held_since_ns: int
    unbroken_since_ns: int


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

    @property
    def options(self) -> EstimatorOptions:
        """How estimates are made; may be exchanged at any time, and nobody's history is lost by that."""
        return self._options

    @options.setter
    def options(self, options: EstimatorOptions) -> None:
        self._options = options
        self._primary.options = options.primary
        for person in self._people.values():
            person.smoother.options = options.smoothing

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
        previous_ns, self._last_stamp_ns = self._last_stamp_ns, frame.stamp_ns
        self._last_seen_ns = now_ns
        self._people = {
            face_id: person
            for face_id, person in self._people.items()
            if frame.stamp_ns - person.estimate.stamp_ns <= max(MAX_GAP_NS, self._options.face_timeout_s * NS_PER_S)
        }
        for face in frame.faces:
            self._meet(face, frame.stamp_ns, previous_ns)
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

    def learn_neutral(self, now_ns: int) -> str:
        """From now on learn the resting face of the primary person, in place of what was learnt of it.

        Returns:
            Their id; empty when nobody is in view.
        """
        face_id = self._about_the_primary(now_ns).face_id
        if face_id:
            self._people[face_id].neutral = PersonalNeutral()
        return face_id

    def has_learnt_neutral(self, face_id: str) -> bool | None:
        """Whether somebody's resting face is known; None when it is not being learnt, or they have left."""
        person = self._people.get(face_id)
        return person.neutral.is_learnt if person and person.neutral else None

    def _about_the_primary(self, now_ns: int) -> EmotionEstimate:
        if self._last_seen_ns is None:
            return EmotionEstimate()
        # A clock that was set back makes every image one of another time.
        if not 0 <= now_ns - self._last_seen_ns <= self._options.stale_after_s * NS_PER_S:
            return EmotionEstimate(stamp_ns=self._last_stamp_ns)
        face_id = self._primary.choose(self._in_view())
        if not face_id:
            return EmotionEstimate(stamp_ns=self._last_stamp_ns, state=TrackingState.NO_FACE)
        return self._people[face_id].estimate

    def _in_view(self) -> dict[str, Presence]:
        """Everybody who may be the primary person."""
        timeout_ns = self._options.face_timeout_s * NS_PER_S
        seen = {
            face_id: person.presence
            for face_id, person in self._people.items()
            if self._last_stamp_ns - person.estimate.stamp_ns <= timeout_ns
        }
        if self._reported.state != TrackingState.NO_FACE:
            return seen
        confirm_ns = self._options.face_confirm_s * NS_PER_S
        people = self._people
        return {
            face_id: presence
            for face_id, presence in seen.items()
            if people[face_id].estimate.stamp_ns - people[face_id].unbroken_since_ns >= confirm_ns
        }

    def _update(self, frame: FaceFrame, face: Face, vector: FloatArray) -> EmotionEstimate:
        stamp_ns = frame.stamp_ns
        person = self._people[face.face_id]
        was_good = person.estimate.quality in ('', GOOD)
        quality = quality_of(face, frame, self._options.quality, was_good=was_good)
        emotion, probabilities = UNKNOWN, NO_PROBABILITIES
        if quality == GOOD:
            emotion, smoothed = person.smoother.update(self._probabilities(person, vector, stamp_ns), stamp_ns)
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

    def _meet(self, face: Face, stamp_ns: int, previous_ns: int) -> None:
        """Make the acquaintance of whose face this is, or go on with it as far as there was no break."""
        person = self._people.get(face.face_id)
        if person is None:
            neutral = PersonalNeutral() if self._options.auto_neutral else None
            presence = Presence(face, stamp_ns)
            self._people[face.face_id] = _Person(
                self._new_smoother(), presence, neutral, EmotionEstimate(), stamp_ns, stamp_ns
            )
            return
        seen_ns = person.estimate.stamp_ns
        if seen_ns < previous_ns:
            person.unbroken_since_ns = stamp_ns
        if stamp_ns - seen_ns > self._options.face_timeout_s * NS_PER_S:
            person.smoother = self._new_smoother()
            person.held_since_ns = stamp_ns
        person.presence.update(face, stamp_ns)

    def _new_smoother(self) -> EmotionSmoother:
        return EmotionSmoother(self._model.card.decision_weights, self._options.smoothing)

    def _probabilities(self, person: _Person, vector: FloatArray, stamp_ns: int) -> FloatArray:
        probabilities = self._model.predict(vector)
        if person.neutral is None:
            return probabilities
        if not person.neutral.is_learnt:
            person.neutral.learn(probabilities, stamp_ns)
        return person.neutral.discount(probabilities)
