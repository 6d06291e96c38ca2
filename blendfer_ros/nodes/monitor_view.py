"""What `emotion_monitor` shows: messages heard → lines of text, without knowing a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from blendfer_ros.classification.quality import GOOD
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.estimate import EmotionEstimate, TrackingState
from blendfer_ros.core.stamps import NS_PER_S

STATE_NAMES: Final = {
    TrackingState.STALE: 'no images',
    TrackingState.NO_FACE: 'nobody',
    TrackingState.TRACKING: 'tracking',
    TrackingState.DISABLED: 'switched off',
}

# `emotion` is repeated at 10 Hz unless somebody chose otherwise.
SILENT_AFTER_S: Final = 3.0
# An image older than this is not late: its clock is another one's, as when a bag is played.
OTHER_CLOCK_AFTER_S: Final = 3600.0

MAX_BAR: Final = 40
MIN_BAR: Final = 5
EMOTION_WIDTH: Final = max(map(len, EMOTIONS))


@dataclass(frozen=True)
class Heard:
    """What is known at one moment.

    topic: name of the topic `emotion`.
    silent_s: since its last message [s]; None: there was none.
    primary: what that message said.
    everybody: the last message on `emotions`.
    now_ns: the moment [ns], on the clock of the stamps.
    """

    topic: str
    silent_s: float | None
    primary: EmotionEstimate
    everybody: tuple[EmotionEstimate, ...]
    now_ns: int

    @property
    def trouble(self) -> str:
        """Why nothing is to be seen; empty when messages arrive."""
        if self.silent_s is None:
            return f'no {self.topic} yet: is emotion_classifier_node running?'
        if self.silent_s > SILENT_AFTER_S:
            return f'no {self.topic} for {self.silent_s:.0f} s: is emotion_classifier_node still running?'
        return ''

    @property
    def people(self) -> tuple[EmotionEstimate, ...]:
        """Everybody in view, the primary person first."""
        if self.primary.state in (TrackingState.STALE, TrackingState.DISABLED):
            return ()
        others = tuple(person for person in self.everybody if person.face_id != self.primary.face_id)
        return (self.primary, *others) if self.primary.state == TrackingState.TRACKING else others


def screen_lines(heard: Heard, width: int) -> list[str]:
    """A full view for a terminal `width` columns wide."""
    if heard.trouble:
        return _cut([heard.trouble], width)
    primary = heard.primary
    lines = [f'{heard.topic}  {STATE_NAMES[primary.state]} for {primary.held_s:.1f} s  {_image_age(heard)}']
    for person in heard.people:
        lines += ['', *_person_lines(person, width, marked=person.face_id == primary.face_id)]
    return _cut(lines, width)


def change_line(heard: Heard) -> str:
    """The same in one line, for a log."""
    if heard.trouble:
        return heard.trouble
    people = ', '.join(_summary(person) for person in heard.people)
    return f'{STATE_NAMES[heard.primary.state]}: {people}' if people else STATE_NAMES[heard.primary.state]


def says_the_same(heard: Heard, before: Heard) -> bool:
    """True when nothing changed but numbers."""
    return _in_words(heard) == _in_words(before)


def _in_words(heard: Heard) -> tuple[object, ...]:
    if heard.trouble:
        return (heard.silent_s is None,)
    people = tuple((person.face_id, person.emotion, person.quality) for person in heard.people)
    return heard.primary.state, heard.primary.face_id, people


def _person_lines(person: EmotionEstimate, width: int, *, marked: bool) -> list[str]:
    head = f'{"▶" if marked else " "} {_summary(person)}  held for {person.held_s:.1f} s'
    if person.quality != GOOD:
        return [head]
    # Indent, name, bar and percentage, with a blank between them.
    bar_width = min(width - EMOTION_WIDTH - 10, MAX_BAR)
    return [head] + [
        f'    {emotion:<{EMOTION_WIDTH}} {_bar(probability, bar_width)}{probability:5.0%}'
        for emotion, probability in zip(EMOTIONS, person.probabilities, strict=True)
    ]


def _bar(probability: float, width: int) -> str:
    if width < MIN_BAR:
        return ''
    filled = round(probability * width)
    return '█' * filled + '·' * (width - filled)


def _summary(person: EmotionEstimate) -> str:
    if person.quality != GOOD:
        return f'{person.face_id} {person.emotion} ({person.quality})'
    return f'{person.face_id} {person.emotion} {person.confidence:.0%}'


def _image_age(heard: Heard) -> str:
    if not heard.primary.stamp_ns:
        return 'no image yet'
    age_s = (heard.now_ns - heard.primary.stamp_ns) / NS_PER_S
    if not 0.0 <= age_s <= OTHER_CLOCK_AFTER_S:
        return 'images are of another time'
    return f'image {age_s:.2f} s old'


def _cut(lines: list[str], width: int) -> list[str]:
    return [line[:width] for line in lines]
