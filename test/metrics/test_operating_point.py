"""Weights with the best score are found, however many emotions there are."""

from __future__ import annotations

import pytest

from blendfer_ros.core.emotions import UNKNOWN_INDEX
from blendfer_ros.metrics.operating_point import MAX_SEARCHED_TOGETHER, WEIGHTS, best_weights


@pytest.mark.parametrize('n_emotions', [2, 3, 4, 6])
def test_the_weights_with_the_highest_score_are_found_and_unknown_stays_1(n_emotions: int) -> None:
    wanted = [round(float(WEIGHTS[(7 * i) % len(WEIGHTS)]), 4) for i in range(n_emotions)]
    wanted[UNKNOWN_INDEX] = 1.0
    found = best_weights(lambda weights: -sum((a - b) ** 2 for a, b in zip(weights, wanted, strict=True)), n_emotions)
    assert found == tuple(wanted)


def test_two_weights_that_are_good_only_together_are_found() -> None:
    assert MAX_SEARCHED_TOGETHER == 2
    low, high = (round(float(weight), 4) for weight in (WEIGHTS[0], WEIGHTS[-1]))
    assert best_weights(lambda weights: float(weights == (low, 1.0, high)), 3) == (low, 1.0, high)
