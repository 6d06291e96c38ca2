"""Metrics against numbers worked out elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from blendfer_ros.metrics.calibration import expected_calibration_error
from blendfer_ros.metrics.classification import confusion_matrix, log_loss, macro_f1, measure

# The confusion matrix printed in the BlendFER-Lite paper, with its accuracy and F1.
PAPER = np.array([[251, 35, 5], [110, 850, 150], [21, 140, 84]])


def samples_of(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    pairs = [(i, j) for i in range(3) for j in range(3) for _ in range(confusion[i, j])]
    labels, decisions = np.array(pairs).T
    return labels, decisions


def test_the_papers_confusion_matrix_gives_the_papers_numbers() -> None:
    labels, decisions = samples_of(PAPER)
    metrics = measure(labels, decisions, np.full((len(labels), 3), 1 / 3), n=2000)
    np.testing.assert_array_equal(confusion_matrix(labels, decisions), PAPER)
    assert metrics.accuracy == pytest.approx(0.7199, abs=5e-5)
    assert metrics.macro_f1 == pytest.approx(0.6298, abs=5e-4)
    assert (metrics.n, metrics.n_detected) == (2000, 1646)


def test_a_class_that_never_occurs_counts_zero_and_nothing_divides_by_zero() -> None:
    assert macro_f1(np.diag([5, 5, 0])) == pytest.approx(2 / 3)


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    confidence = np.array([0.9] * 10 + [0.5] * 10)
    correct = np.array([True] * 9 + [False] + [True] * 2 + [False] * 8)
    assert expected_calibration_error(confidence, correct) == pytest.approx(0.5 * 0.0 + 0.5 * 0.3)
    assert expected_calibration_error(np.array([1.0]), np.array([True])) == 0.0


def test_log_loss_is_the_mean_logarithm_of_what_was_true() -> None:
    probabilities = np.array([[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]], np.float32)
    assert log_loss(probabilities, np.array([0, 1])) == pytest.approx((np.log(2) + np.log(4)) / 2)


def test_log_loss_of_a_certain_mistake_is_finite() -> None:
    assert np.isfinite(log_loss(np.array([[1.0, 0.0, 0.0]], np.float32), np.array([1])))


def test_json_has_the_documented_keys() -> None:
    labels, decisions = samples_of(PAPER)
    content = measure(labels, decisions, np.full((len(labels), 3), 1 / 3), n=1646).as_json()
    assert list(content) == ['n', 'n_detected', 'accuracy', 'macro_f1', 'confusion', 'labels', 'ece']
    assert content['labels'] == ['happy', 'unknown', 'sad']
