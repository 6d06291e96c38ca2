"""A resting face that looks sad is no sadness, once it is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blendfer_ros.classification.neutral import LEARNING_S, REST_ODDS, PersonalNeutral
from blendfer_ros.core.stamps import NS_PER_S

SAD_REST = np.array([0.05, 0.35, 0.60], np.float32)
SMILE = np.array([0.90, 0.08, 0.02], np.float32)

distributions = (
    st.tuples(*[st.floats(0.0, 1.0)] * 3)
    .filter(lambda p: sum(p) > 0.1)
    .map(lambda p: (np.array(p) / sum(p)).astype(np.float32))
)


def taught(rest: np.ndarray, rate_hz: int = 30) -> PersonalNeutral:
    neutral, i = PersonalNeutral(), 0
    while not neutral.is_learnt:
        neutral.learn(rest, i * NS_PER_S // rate_hz)
        i += 1
    return neutral


def test_two_seconds_are_learnt_from_and_nothing_changes_before() -> None:
    neutral = PersonalNeutral()
    neutral.learn(SAD_REST, 0)
    neutral.learn(SAD_REST, int(LEARNING_S * NS_PER_S) - 1)
    assert not neutral.is_learnt
    np.testing.assert_array_equal(neutral.discount(SAD_REST), SAD_REST)
    neutral.learn(SAD_REST, int(LEARNING_S * NS_PER_S))
    assert neutral.is_learnt


@pytest.mark.parametrize('rate_hz', [10, 30])
def test_a_sad_rest_becomes_unknown_a_smile_stays_happy_and_real_grief_stays_sad(rate_hz: int) -> None:
    neutral = taught(SAD_REST, rate_hz)
    assert neutral.discount(SAD_REST)[2] / neutral.discount(SAD_REST)[1] == pytest.approx(REST_ODDS, rel=1e-4)
    assert neutral.discount(SAD_REST).argmax() == 1
    assert neutral.discount(SMILE).argmax() == 0
    assert neutral.discount(np.array([0.01, 0.04, 0.95], np.float32)).argmax() == 2


def test_an_ordinary_rest_changes_nothing() -> None:
    neutral = taught(np.array([0.05, 0.85, 0.10], np.float32))
    for probabilities in (SAD_REST, SMILE):
        np.testing.assert_allclose(neutral.discount(probabilities), probabilities, atol=1e-5)


@given(distributions, distributions)
def test_no_emotion_ever_becomes_likelier_than_unknown_by_it(rest: np.ndarray, seen: np.ndarray) -> None:
    judged = taught(rest, 2).discount(seen)
    assert judged.sum() == pytest.approx(1.0, abs=1e-5)
    assert judged[1] >= seen[1] - 1e-4
