"""Temperature and decision weights find what was put in."""

from __future__ import annotations

import numpy as np
import pytest

from blendfer_ros.core.probabilities import calibrate, decide
from blendfer_ros.metrics.classification import confusion_matrix, macro_f1
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
        accuracy = float(np.mean(decisions == labels))
        return min(accuracy - 0.08, macro_f1(confusion_matrix(labels, decisions)))

    assert weights[1] == 1.0
    assert score(weights) >= score((1.0, 1.0, 1.0))


def test_the_operating_point_moves_from_macro_f1_towards_accuracy(honest: tuple) -> None:
    probabilities, labels = honest

    def accuracy(accuracy_over_f1: float) -> float:
        weights = fit_decision_weights(probabilities, labels, 1.0, accuracy_over_f1)
        return float(np.mean(decide(probabilities, weights) == labels))

    assert accuracy(-0.1) < accuracy(0.3)
