"""Smoothing goes by time and does not flicker."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blendfer_ros.classification.smoothing import EmotionSmoother, SmoothingOptions

WEIGHTS = (1.0, 1.0, 1.0)
HAPPY = np.array([0.8, 0.1, 0.1], np.float32)
SAD = np.array([0.1, 0.1, 0.8], np.float32)
NS_PER_S = 1_000_000_000

distributions = (
    st.tuples(*[st.floats(0.0, 1.0)] * 3)
    .filter(lambda p: sum(p) > 0.1)
    .map(lambda p: (np.array(p) / sum(p)).astype(np.float32))
)


def test_the_first_image_decides_at_once() -> None:
    emotion, probabilities = EmotionSmoother(WEIGHTS).update(SAD, 0)
    assert emotion == 'sad'
    np.testing.assert_allclose(probabilities, SAD, atol=1e-5)


def test_one_odd_image_changes_nothing_and_a_lasting_change_wins() -> None:
    smoother = EmotionSmoother(WEIGHTS, SmoothingOptions(time_constant_s=0.4))
    frame_ns = NS_PER_S // 30
    for i in range(30):
        assert smoother.update(SAD, i * frame_ns)[0] == 'sad'
    assert smoother.update(HAPPY, 30 * frame_ns)[0] == 'sad'
    emotions = [smoother.update(HAPPY, (31 + i) * frame_ns)[0] for i in range(60)]
    assert emotions[-1] == 'happy'
    assert sum(a != b for a, b in itertools.pairwise(emotions)) <= 2


@given(st.lists(st.tuples(distributions, st.integers(1, 2 * NS_PER_S)), min_size=1, max_size=20))
def test_probabilities_stay_a_distribution(steps: list) -> None:
    smoother, now_ns = EmotionSmoother((1.3, 1.0, 1.7)), 0
    for probabilities, step_ns in steps:
        now_ns += step_ns
        smoothed = smoother.update(probabilities, now_ns)[1]
        assert smoothed.sum() == pytest.approx(1.0, abs=1e-5)
        assert (smoothed >= 0.0).all()


@given(distributions, st.integers(2, 3 * NS_PER_S))
def test_splitting_a_step_in_two_gives_the_same_state(probabilities: np.ndarray, step_ns: int) -> None:
    whole, split = EmotionSmoother(WEIGHTS), EmotionSmoother(WEIGHTS)
    whole.update(SAD, 0)
    split.update(SAD, 0)
    split.update(probabilities, step_ns // 2)
    np.testing.assert_allclose(
        split.update(probabilities, step_ns)[1], whole.update(probabilities, step_ns)[1], atol=1e-5
    )


@given(distributions, st.lists(st.integers(1, NS_PER_S), min_size=1, max_size=20))
def test_constant_input_never_flips(probabilities: np.ndarray, steps_ns: list[int]) -> None:
    smoother, now_ns = EmotionSmoother((1.3, 1.0, 1.7)), 0
    first = smoother.update(probabilities, 0)[0]
    for step_ns in steps_ns:
        now_ns += step_ns
        assert smoother.update(probabilities, now_ns)[0] == first


def test_decision_weights_move_the_decision_and_leave_the_probabilities() -> None:
    close = np.array([0.1, 0.5, 0.4], np.float32)
    emotion, probabilities = EmotionSmoother((1.0, 1.0, 2.0)).update(close, 0)
    assert emotion == 'sad'
    np.testing.assert_allclose(probabilities, close, atol=1e-5)


def test_an_emotion_that_took_over_stays_for_the_least_dwell() -> None:
    smoother = EmotionSmoother(WEIGHTS, SmoothingOptions(time_constant_s=0.0, switch_margin=0.0, min_dwell_s=0.5))
    answers = [smoother.update(HAPPY if i % 2 else SAD, i * NS_PER_S // 10)[0] for i in range(21)]
    switches = [i for i in range(1, 21) if answers[i] != answers[i - 1]]
    assert switches[0] == 1
    assert all(later - earlier >= 5 for earlier, later in itertools.pairwise(switches))
    assert len(switches) >= 4


def test_what_is_not_sure_enough_is_unknown_until_it_is() -> None:
    options = SmoothingOptions(time_constant_s=0.0, switch_margin=0.1, min_confidence=0.4)
    smoother = EmotionSmoother((1.0, 1.0, 3.0), options)
    unsure, sure = np.array([0.2, 0.45, 0.35], np.float32), np.array([0.2, 0.35, 0.45], np.float32)
    doubtful = np.array([0.2, 0.51, 0.29], np.float32)
    assert smoother.update(unsure, 0)[0] == 'unknown'
    assert smoother.update(unsure, NS_PER_S)[0] == 'unknown'
    assert smoother.update(sure, 2 * NS_PER_S)[0] == 'sad'
    # What was claimed is not given up as soon as it would not be claimed anew.
    assert smoother.update(unsure, 3 * NS_PER_S)[0] == 'sad'
    assert smoother.update(doubtful, 4 * NS_PER_S)[0] == 'unknown'


@pytest.mark.parametrize('rate_hz', [10, 15, 30])
def test_a_change_is_told_after_the_same_time_at_any_frame_rate(rate_hz: int) -> None:
    smoother = EmotionSmoother(WEIGHTS, SmoothingOptions(time_constant_s=0.3))
    for i in range(2 * rate_hz):
        assert smoother.update(SAD, i * NS_PER_S // rate_hz)[0] == 'sad'
    i = 0
    while smoother.update(HAPPY, 2 * NS_PER_S + i * NS_PER_S // rate_hz)[0] != 'happy':
        i += 1
    # With equal and opposite evidence the balance is reached after ln 2 time constants, the margin a little later.
    assert 0.2 <= i / rate_hz <= 0.25 + 1.0 / rate_hz
