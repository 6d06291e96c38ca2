"""What is answered over time: one by one, as arrays, and in stretches that say the same."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blendfer_ros.core.answers import LABELS, SAID, Answer, AnswerSeries, Stretch, stretches
from blendfer_ros.core.estimate import EmotionEstimate, TrackingState

NOBODY = (0.0, 0.0, 0.0)
SAD = (0.1, 0.2, 0.7)


def test_what_can_be_labelled_can_be_said_and_no_images_can_be_said_too() -> None:
    assert LABELS == ('happy', 'unknown', 'sad', 'no_face')
    assert (*LABELS, 'stale') == SAID


@pytest.mark.parametrize(
    ('state', 'said'),
    [(TrackingState.TRACKING, 'sad'), (TrackingState.NO_FACE, 'no_face'), (TrackingState.STALE, 'stale')],
)
def test_an_answer_is_the_emotion_or_why_there_is_none(state: TrackingState, said: str) -> None:
    estimate = EmotionEstimate(state=state, emotion='sad', probabilities=SAD)
    assert Answer.of(1.5, estimate) == Answer(1.5, said, SAD)


def test_a_series_is_its_answers_and_knows_which_of_them_are_to_images() -> None:
    said = np.array([SAID.index(name) for name in ('sad', 'stale', 'no_face')], np.uint8)
    probabilities = np.array([(0.125, 0.25, 0.625), NOBODY, NOBODY], np.float32)
    series = AnswerSeries(np.array([0.0, 1.0, 2.5]), said, probabilities)
    assert series.answers() == (
        Answer(0.0, 'sad', (0.125, 0.25, 0.625)),
        Answer(1.0, 'stale', NOBODY),
        Answer(2.5, 'no_face', NOBODY),
    )
    assert [SAID[i] for i in series.at_images] == ['sad', 'no_face']


def test_stretches_are_of_equal_answers_and_follow_each_other() -> None:
    a, b, c, d = series = (
        Answer(0.0, 'sad', SAD),
        Answer(0.5, 'sad', (0.2, 0.2, 0.6)),
        Answer(1.0, 'no_face', NOBODY),
        Answer(1.5, 'sad', SAD),
    )
    assert stretches(series, 2.0) == [
        Stretch(0.0, 1.0, 'sad', (a, b)),
        Stretch(1.0, 1.5, 'no_face', (c,)),
        Stretch(1.5, 2.0, 'sad', (d,)),
    ]


def test_without_answers_there_are_no_stretches() -> None:
    assert stretches([], 2.0) == []


@given(st.lists(st.sampled_from(SAID), min_size=1, max_size=30))
def test_stretches_have_every_answer_once_and_leave_no_time_out(said: list[str]) -> None:
    series = [Answer(float(i), name, NOBODY) for i, name in enumerate(said)]
    found = stretches(series, float(len(said)))
    assert [answer for stretch in found for answer in stretch.answers] == series
    assert [stretch.start_s for stretch in found] + [len(said)] == [0.0, *(stretch.end_s for stretch in found)]
    assert all({answer.said for answer in stretch.answers} == {stretch.said} for stretch in found)
    assert all(before.said != after.said for before, after in itertools.pairwise(found))
