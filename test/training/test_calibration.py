"""Temperature and decision weights find what was put in."""

from __future__ import annotations

import numpy as np
import pytest

from blendfer_ros.core.emotions import UNKNOWN_INDEX
from blendfer_ros.core.probabilities import calibrate, decide
from blendfer_ros.metrics.classification import accuracy, confusion_matrix, macro_f1
from blendfer_ros.metrics.operating_point import WEIGHTS
from blendfer_ros.training.calibration import fit_decision_weights, fit_temperature


@pytest.fixture
def honest() -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and labels drawn from them: perfectly calibrated."""
    rng = np.random.default_rng(5)
    probabilities = rng.dirichlet((0.6, 1.5, 0.6), 6000).astype(np.float32)
    labels = np.array([rng.choice(3, p=p / p.sum()) for p in probabilities.astype(float)])
    return probabilities, labels


@pytest.mark.parametrize('temperature', [0.6, 1.0, 1.8])
def test_the_temperature_that_spoilt_calibration_is_undone(temperature: float, honest: tuple) -> None:
    probabilities, labels = honest
    assert fit_temperature(calibrate(probabilities, 1.0 / temperature), labels) == pytest.approx(temperature, rel=0.1)


def test_decision_weights_are_no_worse_than_none(honest: tuple) -> None:
    probabilities, labels = honest
    weights = fit_decision_weights(probabilities, labels, 1.0, accuracy_over_f1=0.08)

    def score(candidate: tuple[float, ...]) -> float:
        decisions = decide(probabilities, candidate)
        confusion = confusion_matrix(labels, decisions)
        return float(min(accuracy(confusion) - 0.08, macro_f1(confusion)))

    assert weights[1] == 1.0
    assert score(weights) >= score((1.0, 1.0, 1.0))


def test_the_operating_point_moves_from_macro_f1_towards_accuracy(honest: tuple) -> None:
    probabilities, labels = honest

    def accuracy_at(accuracy_over_f1: float) -> float:
        weights = fit_decision_weights(probabilities, labels, 1.0, accuracy_over_f1)
        return float(np.mean(decide(probabilities, weights) == labels))

    assert accuracy_at(-0.1) < accuracy_at(0.3)


@pytest.mark.parametrize('n_labels', [4, 5])
def test_the_operating_point_is_fitted_for_any_number_of_labels(n_labels: int) -> None:
    rng = np.random.default_rng(n_labels)
    probabilities = rng.dirichlet(np.full(n_labels, 0.6), 1500).astype(np.float32)
    labels = np.array([rng.choice(n_labels, p=p / p.sum()) for p in probabilities.astype(float)])
    # The last label is said far less often than it is true.
    spoilt = probabilities * np.array([1.0] * (n_labels - 1) + [0.2], np.float32)
    spoilt /= spoilt.sum(axis=1, keepdims=True)
    weights = fit_decision_weights(spoilt, labels, 1.0, accuracy_over_f1=0.0)

    def score(candidate: tuple[float, ...]) -> float:
        confusion = np.zeros((n_labels, n_labels), np.int64)
        np.add.at(confusion, (labels, decide(spoilt, candidate)), 1)
        return float(min(accuracy(confusion), macro_f1(confusion)))

    assert len(weights) == n_labels
    assert weights[UNKNOWN_INDEX] == 1.0
    assert weights[-1] == pytest.approx(5.0 * np.mean(weights[:-1]), rel=0.4)
    assert score(weights) > score((1.0,) * n_labels) + 0.02
    # No single weight that is changed makes it better.
    for i in set(range(n_labels)) - {UNKNOWN_INDEX}:
        for value in WEIGHTS:
            assert score((*weights[:i], round(float(value), 4), *weights[i + 1 :])) <= score(weights)
