"""What is told is stable, seldom, true, and never said while the person speaks."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.dialogue.events import (
    EMOTION_CHANGED,
    PERSON_ARRIVED,
    PERSON_LEFT,
    DialogueEvent,
    EventGate,
    GateOptions,
    Sighting,
)

STEP_S = 0.1
NOBODY = Sighting()
HAPPY = Sighting('face_1', 'happy', 0.9)
SAD = Sighting('face_1', 'sad', 0.8)
OPTIONS = GateOptions(stable_s=1.0, quiet_s=1.5, min_interval_s=5.0)


@dataclass
class Conversation:
    """A gate that is shown something ten times a second, and what it told, with the time of telling [s]."""

    options: GateOptions = OPTIONS
    now_s: float = 100.0
    told: list[tuple[float, DialogueEvent]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gate = EventGate(self.options)

    def show(self, sighting: Sighting | None, for_s: float) -> list[DialogueEvent]:
        """Show the same for a time; what was told meanwhile."""
        before = len(self.told)
        for _ in range(round(for_s / STEP_S)):
            self.now_s = round(self.now_s + STEP_S, 3)
            stamped = replace(sighting, stamp_ns=self.now_ns) if sighting else None
            if event := self.gate.see(stamped, self.now_ns):
                self.told.append((self.now_s, event))
        return [event for _, event in self.told[before:]]

    def hear(self, is_speaking: bool) -> None:
        self.gate.hear(self.now_ns, is_speaking=is_speaking)

    @property
    def now_ns(self) -> int:
        return round(self.now_s * NS_PER_S)


def test_an_event_says_who_what_since_when_and_how_sure() -> None:
    conversation = Conversation()
    conversation.show(HAPPY, 10.0)
    since_ns = conversation.now_ns + round(STEP_S * NS_PER_S)
    (event,) = conversation.show(replace(SAD, frame_id='head'), 10.0)
    assert (event.kind, event.face_id, event.emotion, event.previous_emotion, event.confidence, event.frame_id) == (
        EMOTION_CHANGED,
        'face_1',
        'sad',
        'happy',
        0.8,
        'head',
    )
    assert (event.since_ns, event.stamp_ns) == (since_ns, since_ns + NS_PER_S)


def test_people_come_take_over_and_go() -> None:
    conversation = Conversation()
    assert conversation.show(NOBODY, 10.0) == []
    events = [
        conversation.show(sighting, 10.0)
        for sighting in (HAPPY, replace(HAPPY, face_id='face_2'), NOBODY, replace(SAD, emotion='unknown'))
    ]
    assert [(e.kind, e.face_id, e.emotion, e.previous_emotion) for (e,) in events] == [
        (PERSON_ARRIVED, 'face_1', 'happy', 'unknown'),
        (PERSON_ARRIVED, 'face_2', 'happy', 'unknown'),
        (PERSON_LEFT, 'face_2', 'unknown', 'happy'),
        (PERSON_ARRIVED, 'face_1', 'unknown', 'unknown'),
    ]


def test_what_does_not_last_is_not_told() -> None:
    conversation = Conversation()
    conversation.show(HAPPY, 10.0)
    for _ in range(10):
        assert conversation.show(SAD, 0.9) == []
        assert conversation.show(HAPPY, 0.9) == []


@pytest.mark.parametrize('interruption', [None, NOBODY])
def test_who_is_briefly_not_seen_is_not_news(interruption: Sighting | None) -> None:
    conversation = Conversation()
    conversation.show(HAPPY, 10.0)
    assert conversation.show(interruption, 0.5) == []
    assert conversation.show(HAPPY, 10.0) == []


def test_without_images_or_with_a_face_that_cannot_be_judged_nothing_is_told_and_nothing_counts_as_held() -> None:
    conversation = Conversation()
    conversation.show(HAPPY, 10.0)
    for _ in range(10):
        assert conversation.show(SAD, 0.9) == []
        assert conversation.show(None, 60.0) == []


def test_nothing_is_told_while_the_person_speaks_nor_just_after() -> None:
    conversation = Conversation()
    conversation.show(HAPPY, 10.0)
    conversation.hear(is_speaking=True)
    assert conversation.show(SAD, 60.0) == []
    conversation.hear(is_speaking=False)
    assert conversation.show(SAD, 1.4) == []
    # That they still do not speak, told again, does not start the quiet time anew.
    conversation.hear(is_speaking=False)
    (event,) = conversation.show(SAD, 0.1)
    assert event.emotion == 'sad'


def test_a_change_that_went_back_while_they_spoke_is_never_told() -> None:
    conversation = Conversation()
    conversation.show(HAPPY, 10.0)
    conversation.hear(is_speaking=True)
    conversation.show(SAD, 10.0)
    conversation.show(HAPPY, 10.0)
    conversation.hear(is_speaking=False)
    assert conversation.show(HAPPY, 60.0) == []


def test_of_changes_that_come_too_soon_only_the_newest_is_told() -> None:
    conversation = Conversation()
    conversation.show(HAPPY, 1.1)
    assert conversation.show(SAD, 2.0) == []
    assert conversation.show(NOBODY, 2.9) == []
    (event,) = conversation.show(NOBODY, 10.0)
    assert event.kind == PERSON_LEFT


def test_a_clock_that_is_set_back_does_not_silence_it() -> None:
    conversation = Conversation()
    conversation.show(HAPPY, 10.0)
    conversation.hear(is_speaking=True)
    conversation.hear(is_speaking=False)
    conversation.now_s = 1.0
    assert conversation.show(SAD, 1.0) == []
    assert len(conversation.show(SAD, 0.1)) == 1


SIGHTINGS = st.one_of(
    st.just(NOBODY),
    st.none(),
    st.builds(Sighting, st.sampled_from(['face_1', 'face_2']), st.sampled_from(EMOTIONS)),
)
ACTS = st.lists(st.tuples(SIGHTINGS, st.integers(1, 30), st.sampled_from([None, True, False])), max_size=40)
ALL_OPTIONS = st.builds(GateOptions, *[st.sampled_from([0.0, 0.3, 1.0, 4.0])] * 3)


@given(ACTS, ALL_OPTIONS)
def test_events_are_apart_never_during_speech_or_the_quiet_after_it_and_true(acts: list, options: GateOptions) -> None:
    conversation = Conversation(options)
    is_speaking, spoke_s, held_since_s, last = False, -1000.0, 0.0, None
    for sighting, steps, speech in acts:
        if speech is not None:
            conversation.hear(speech)
            spoke_s = conversation.now_s if is_speaking and not speech else spoke_s
            is_speaking = speech
        if sighting is None or sighting != last:
            held_since_s = conversation.now_s + STEP_S
        last = sighting
        before = len(conversation.told)
        for event in conversation.show(sighting, steps * STEP_S):
            assert sighting is not None
            assert not is_speaking
            assert event.emotion == sighting.emotion
            assert sighting.face_id in ('', event.face_id)
        for now_s, _ in conversation.told[before:]:
            assert now_s - spoke_s >= options.quiet_s - 1e-6
            assert now_s - held_since_s >= options.stable_s - 1e-6
    times_s = [now_s for now_s, _ in conversation.told]
    assert all(b - a >= options.min_interval_s - 1e-6 for a, b in itertools.pairwise(times_s))


@given(ACTS, ALL_OPTIONS, SIGHTINGS.filter(lambda sighting: sighting is not None))
def test_once_all_is_calm_the_last_event_says_how_it_is(acts: list, options: GateOptions, final: Sighting) -> None:
    conversation = Conversation(options)
    for sighting, steps, speech in acts:
        if speech is not None:
            conversation.hear(speech)
        conversation.show(sighting, steps * STEP_S)
    conversation.hear(is_speaking=False)
    conversation.show(final, 10.0)
    told = conversation.told[-1][1] if conversation.told else None
    if told is None or told.kind == PERSON_LEFT:
        assert final == NOBODY
    else:
        assert (told.face_id, told.emotion) == (final.face_id, final.emotion)
    assert conversation.show(final, 10.0) == []
