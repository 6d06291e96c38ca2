"""A stream of sightings → the few events that are worth a dialogue manager's attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from blendfer_ros.core.emotions import UNKNOWN
from blendfer_ros.core.options import option
from blendfer_ros.core.stamps import NS_PER_S

PERSON_ARRIVED: Final = 'person_arrived'
EMOTION_CHANGED: Final = 'emotion_changed'
PERSON_LEFT: Final = 'person_left'


@dataclass(frozen=True)
class Sighting:
    """Who is in front of the robot, and what their face shows.

    face_id: empty when nobody is in view; the emotion is then unknown.
    stamp_ns, frame_id: of the image [ns].
    """

    face_id: str = ''
    emotion: str = UNKNOWN
    confidence: float = 0.0
    stamp_ns: int = 0
    frame_id: str = ''

    def shows_the_same_as(self, other: Sighting) -> bool:
        """True when nothing changed that anybody would speak of."""
        return (self.face_id, self.emotion) == (other.face_id, other.emotion)


@dataclass(frozen=True)
class DialogueEvent:
    """What a dialogue manager is told; fields as in `EmotionEvent.msg`."""

    kind: str
    face_id: str
    emotion: str
    previous_emotion: str
    confidence: float
    stamp_ns: int
    since_ns: int
    frame_id: str = ''


@dataclass(frozen=True)
class GateOptions:
    """When an event may be told."""

    stable_s: float = option(1.0, 'person and emotion must stay this long to be told', 's', 0.0, 60.0)
    quiet_s: float = option(1.5, 'nothing is told while the person speaks and for this long after', 's', 0.0, 60.0)
    min_interval_s: float = option(5.0, 'least time from one event to the next', 's', 0.0, 3600.0)


@dataclass(frozen=True)
class _Stretch:
    """How long the same has been seen: first image [ns], and its arrival on the clock of `see` [ns]."""

    first: Sighting
    since_ns: int


class EventGate:
    """Says when something should be told; `see` every sighting, `hear` when speech begins and ends.

    What may not be told yet is not kept: it is judged anew by the next sighting, so that what is told is
    always true, and a change that went back is never told.
    """

    def __init__(self, options: GateOptions | None = None) -> None:
        self.options = options or GateOptions()
        self._told = Sighting()
        self._stretch: _Stretch | None = None
        self._is_speaking = False
        self._spoke_ns: int | None = None
        self._told_ns: int | None = None
        self._now_ns = 0

    def hear(self, now_ns: int, *, is_speaking: bool) -> None:
        """Take in whether the person is speaking, as of `now_ns`."""
        self._follow(now_ns)
        if self._is_speaking and not is_speaking:
            self._spoke_ns = now_ns
        self._is_speaking = is_speaking

    def see(self, sighting: Sighting | None, now_ns: int) -> DialogueEvent | None:
        """Take in what is seen now.

        Args:
            sighting: None when nothing can be said of anybody: no images, or a face that cannot be judged.
            now_ns: time [ns], on the same clock as `hear`.

        Returns:
            What is to be told now, if anything.
        """
        self._follow(now_ns)
        if sighting is None:
            self._stretch = None
            return None
        if self._stretch is None or not sighting.shows_the_same_as(self._stretch.first):
            self._stretch = _Stretch(sighting, now_ns)
        if sighting.shows_the_same_as(self._told) or not self._may_tell(self._stretch, now_ns):
            return None
        event = _event(self._told, sighting, self._stretch.first.stamp_ns)
        self._told, self._told_ns = sighting, now_ns
        return event

    def _may_tell(self, stretch: _Stretch, now_ns: int) -> bool:
        options = self.options
        return (
            not self._is_speaking
            and _has_passed(options.stable_s, stretch.since_ns, now_ns)
            and _has_passed(options.quiet_s, self._spoke_ns, now_ns)
            and _has_passed(options.min_interval_s, self._told_ns, now_ns)
        )

    def _follow(self, now_ns: int) -> None:
        if now_ns < self._now_ns:
            # The clock was set back: times taken on it before mean nothing any more.
            self._stretch = self._spoke_ns = self._told_ns = None
        self._now_ns = now_ns


def _has_passed(duration_s: float, since_ns: int | None, now_ns: int) -> bool:
    return since_ns is None or now_ns - since_ns >= duration_s * NS_PER_S


def _event(told: Sighting, now: Sighting, since_ns: int) -> DialogueEvent:
    if not now.face_id:
        kind, face_id, previous_emotion = PERSON_LEFT, told.face_id, told.emotion
    elif now.face_id != told.face_id:
        kind, face_id, previous_emotion = PERSON_ARRIVED, now.face_id, UNKNOWN
    else:
        kind, face_id, previous_emotion = EMOTION_CHANGED, now.face_id, told.emotion
    return DialogueEvent(
        kind, face_id, now.emotion, previous_emotion, now.confidence, now.stamp_ns, since_ns, now.frame_id
    )
