"""Confidence held against being right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blendfer_ros.evaluation.stills.predictions import Predictions
from blendfer_ros.metrics.calibration import (
    ECE_BINS,
    accuracy_of_most_sure,
    confidence_bins,
    coverage_accuracy,
    expected_calibration_error,
)


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    confidence = np.array([0.9] * 10 + [0.5] * 10)
    correct = np.array([True] * 9 + [False] + [True] * 2 + [False] * 8)
    assert expected_calibration_error(confidence, correct) == pytest.approx(0.5 * 0.0 + 0.5 * 0.3)
    assert expected_calibration_error(np.array([1.0]), np.array([True])) == 0.0


def test_bins_are_equally_wide_and_certainty_is_in_the_last() -> None:
    assert confidence_bins(np.array([0.0, 0.5, 0.999, 1.0])).tolist() == [0, ECE_BINS // 2, ECE_BINS - 1, ECE_BINS - 1]


def test_the_most_sure_are_counted_first(predictions: Predictions) -> None:
    # By confidence: sure (wrong), also right, right, unsure (wrong), as unsure (wrong).
    confidence, correct = predictions.confidences, predictions.correct
    np.testing.assert_allclose(coverage_accuracy(confidence, correct), [0, 1 / 2, 2 / 3, 2 / 4, 2 / 5])
    assert accuracy_of_most_sure(confidence, correct, 0.8) == pytest.approx(0.5)
    assert accuracy_of_most_sure(confidence, correct, 0.0) == 0.0


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_the_most_sure_of_all_are_all(right: list[bool]) -> None:
    confidence = np.random.default_rng(len(right)).random(len(right))
    assert accuracy_of_most_sure(confidence, np.array(right), 1.0) == pytest.approx(np.mean(right))
