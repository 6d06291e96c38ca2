"""What is said of somebody: the value that travels from the estimator to whoever wants to know."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from blendfer_ros.core.emotions import EMOTIONS, UNKNOWN

NO_PROBABILITIES = (0.0,) * len(EMOTIONS)


class TrackingState(IntEnum):
    """What the estimate rests on; the numbers of `Emotion.msg`."""

    STALE = 0
    NO_FACE = 1
    TRACKING = 2
    DISABLED = 3


@dataclass(frozen=True)
class EmotionEstimate:
    """The emotion of one person, or why there is none; fields as in `Emotion.msg`.

    quality: one of `classification.quality`, empty unless TRACKING; with any but GOOD the emotion is unknown.
    probabilities: (happy, unknown, sad), in the order of `core.emotions.EMOTIONS`; zeros unless TRACKING and GOOD.
    expressions: probabilities of `core.expressions.LABEL_EXPRESSIONS` in this image alone; empty where not known.
    """

    stamp_ns: int = 0
    face_id: str = ''
    emotion: str = UNKNOWN
    state: TrackingState = TrackingState.STALE
    quality: str = ''
    probabilities: tuple[float, ...] = NO_PROBABILITIES
    held_s: float = 0.0
    expressions: tuple[float, ...] = ()

    @property
    def confidence(self) -> float:
        """Smoothed probability of `emotion`; 0 unless TRACKING and GOOD."""
        return self.probabilities[EMOTIONS.index(self.emotion)]

    def says_the_same_as(self, other: EmotionEstimate) -> bool:
        """True when nothing changed that a listener to changes cares about."""
        return (self.state, self.face_id, self.emotion) == (other.state, other.face_id, other.emotion)
