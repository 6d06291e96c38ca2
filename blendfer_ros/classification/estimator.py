"""Faces over time → who feels what, and what to say when nobody is there or nothing arrives."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from blendfer_ros.classification.classifier import Classifier
from blendfer_ros.classification.neutral import PersonalNeutral
from blendfer_ros.classification.primary import Presence, PrimaryChooser, PrimaryOptions
from blendfer_ros.classification.quality import GOOD, QualityOptions, quality_of
from blendfer_ros.classification.smoothing import EmotionSmoother, SmoothingOptions
from blendfer_ros.core.appearance import Appearance
from blendfer_ros.core.emotions import UNKNOWN
from blendfer_ros.core.errors import FrameError
from blendfer_ros.core.estimate import NO_PROBABILITIES, EmotionEstimate, TrackingState
from blendfer_ros.core.expressions import LABEL_EXPRESSIONS
from blendfer_ros.core.face import Face, FaceFrame, FloatArray
from blendfer_ros.core.options import option
from blendfer_ros.core.stamps import MAX_GAP_NS, NS_PER_S, StampOrder


@dataclass(frozen=True)
class EstimatorOptions:
    """How estimates are made, and when one stops being about now.

    After NO_FACE, what looks like a face in a single image often is none. With `auto_neutral`, see `PersonalNeutral`.
    """

    stale_after_s: float = option(1.0, 'no images for this long: STALE', 's', 0.1, 60.0)
    face_timeout_s: float = option(0.5, 'nobody found for this long: NO_FACE; bridges missed images', 's', 0.0, 10.0)
    face_confirm_s: float = option(
        0.15, 'after NO_FACE, somebody must be seen in every image for this long to count', 's', 0.0, 10.0
    )
    auto_neutral: bool = option(
        False, 'take the first 2 s of everybody in view for their resting face and judge them against it'
    )
    smoothing: SmoothingOptions = field(default_factory=SmoothingOptions)
    quality: QualityOptions = field(default_factory=QualityOptions)
    primary: PrimaryOptions = field(default_factory=PrimaryOptions)


# Each image for itself.
UNSMOOTHED = EstimatorOptions(
    face_timeout_s=0.0,
    face_confirm_s=0.0,
    smoothing=SmoothingOptions(time_constant_s=0.0, switch_margin=0.0, min_dwell_s=0.0, min_confidence=0.0),
)


@dataclass
class _Person:
    """`model` is asked about them by way of `classifier`, which knows what it has said before."""

    model: Classifier
    classifier: Classifier
    smoother: EmotionSmoother
    appearance: Appearance
    presence: Presence
    neutral: PersonalNeutral | None
    estimate: EmotionEstimate
    held_since_ns: int


class EmotionEstimator:
    """Follows everybody in view; `observe` each image, `report` whenever an answer is wanted."""

    def __init__(self, classifier: Classifier, options: EstimatorOptions | None = None) -> None:
        self._classifier = classifier
        self._options = options or EstimatorOptions()
        self._order = StampOrder()
        self._primary = PrimaryChooser(self._options.primary)
        self._people: dict[str, _Person] = {}
        self._last_stamp_ns = 0
        self._last_seen_ns: int | None = None
        self._reported = EmotionEstimate()
        self._reported_since_ns: int | None = None
        self._enabled = True

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

    def enable(self, *, enabled: bool) -> None:
        """Go by images, or say DISABLED whatever they show; nothing is known any more of what was before."""
        if enabled != self._enabled:
            self._enabled = enabled
            self._people.clear()
            self._last_seen_ns = None

    def observe(self, frame: FaceFrame, now_ns: int) -> tuple[EmotionEstimate, ...]:
        """Take in the faces of one image.

        Args:
            frame: everybody in it, each with its `face_id`.
            now_ns: time of its arrival [ns], on the clock `report` is asked by.

        Returns:
            The estimate of each face, in their order; none while it is not enabled.

        Raises:
            FrameError: a face cannot be classified, or the stamp repeats or is out of order; nothing of this
                image is taken in.
        """
        if not self._enabled:
            return ()
        for face in frame.faces:
            self._classifier.check(face)
        if self._order.starts_anew(frame.stamp_ns):
            self._people.clear()
        previous_ns, self._last_stamp_ns = self._last_stamp_ns, frame.stamp_ns
        gap_ns = max(MAX_GAP_NS, self._options.face_timeout_s * NS_PER_S)
        for face_id in [i for i, person in self._people.items() if frame.stamp_ns - person.estimate.stamp_ns > gap_ns]:
            del self._people[face_id]
        for face in frame.faces:
            self._meet(face, frame.stamp_ns, previous_ns)
        try:
            estimates = tuple(self._update(frame, face) for face in frame.faces)
        except FrameError:
            # Without an answer it is as if the image had not come, or nobody would seem to be in it.
            self._last_stamp_ns = previous_ns
            raise
        self._last_seen_ns = now_ns
        return estimates

    def report(self, now_ns: int) -> EmotionEstimate:
        """The estimate of the primary person as of `now_ns`."""
        estimate = self._about_the_primary(now_ns)
        if self._reported_since_ns is None or now_ns < self._reported_since_ns:
            self._reported_since_ns = now_ns
        if not estimate.says_the_same_as(self._reported):
            self._reported_since_ns = now_ns
        held_s = (now_ns - self._reported_since_ns) / NS_PER_S
        # What `dataclasses.replace` does, in half of its time.
        self._reported = EmotionEstimate(**{**vars(estimate), 'held_s': held_s})
        return self._reported

    def models_in_use(self) -> tuple[str, ...]:
        """The names of the models that answer about those who are followed, each once."""
        return tuple(dict.fromkeys(person.model.card.name for person in self._people.values()))

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
        if not self._enabled:
            return EmotionEstimate(stamp_ns=self._last_stamp_ns, state=TrackingState.DISABLED)
        if self._last_seen_ns is None:
            return EmotionEstimate(stamp_ns=self._last_stamp_ns)
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
        return {face_id: presence for face_id, presence in seen.items() if people[face_id].appearance.lasts(confirm_ns)}

    def _update(self, frame: FaceFrame, face: Face) -> EmotionEstimate:
        stamp_ns = frame.stamp_ns
        person = self._people[face.face_id]
        was_good = person.estimate.quality in ('', GOOD)
        quality = quality_of(face, frame, self._options.quality, was_good=was_good)
        emotion, probabilities = UNKNOWN, NO_PROBABILITIES
        if quality == GOOD:
            emotion, smoothed = person.smoother.update(self._probabilities(person, face, stamp_ns), stamp_ns)
            probabilities = tuple(smoothed.tolist())
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
            expressions=_label_probabilities(face),
        )
        return person.estimate

    def _meet(self, face: Face, stamp_ns: int, previous_ns: int) -> None:
        """Make the acquaintance of whose face this is, or go on with it as far as there was no break."""
        person = self._people.get(face.face_id)
        model = self._classifier.answering(face)
        if person is None:
            self._people[face.face_id] = _Person(
                model=model,
                classifier=model.start(),
                smoother=self._new_smoother(model),
                appearance=Appearance(stamp_ns, stamp_ns),
                presence=Presence(face, stamp_ns),
                neutral=PersonalNeutral() if self._options.auto_neutral else None,
                estimate=EmotionEstimate(),
                held_since_ns=stamp_ns,
            )
            return
        if model is not person.model:
            # Probabilities of two models cannot be smoothed into one another, nor held against one's resting face.
            person.model, person.classifier, person.smoother = model, model.start(), self._new_smoother(model)
            person.neutral = PersonalNeutral() if person.neutral else None
        if stamp_ns - person.appearance.seen_ns > self._options.face_timeout_s * NS_PER_S:
            person.smoother, person.held_since_ns = self._new_smoother(model), stamp_ns
            # Not for a pause between images that all show the face, however short `face_timeout_s` is.
            if person.appearance.seen_ns < previous_ns:
                person.classifier = model.start()
        person.appearance.see(stamp_ns, previous_ns)
        person.presence.update(face, stamp_ns)

    def _new_smoother(self, model: Classifier) -> EmotionSmoother:
        return EmotionSmoother(model.card.decision_weights, self._options.smoothing)

    def _probabilities(self, person: _Person, face: Face, stamp_ns: int) -> FloatArray:
        probabilities = person.classifier.predict(face)
        if person.neutral is None:
            return probabilities
        if not person.neutral.is_learnt:
            person.neutral.learn(probabilities, stamp_ns)
        return person.neutral.discount(probabilities)


def _label_probabilities(face: Face) -> tuple[float, ...]:
    """Of LABEL_EXPRESSIONS; empty where they are not known."""
    if not face.expression_scores.size:
        return ()
    return tuple(np.exp(face.expression_scores[: len(LABEL_EXPRESSIONS)]).tolist())
