"""Calibration of a trained model: its confidence and its operating point."""

from __future__ import annotations

import numpy as np

from blendfer_ros.core.face import FloatArray
from blendfer_ros.core.probabilities import calibrate, decide
from blendfer_ros.metrics.classification import IntArray, accuracy, log_loss, macro_f1
from blendfer_ros.metrics.operating_point import best_weights

TEMPERATURES = np.geomspace(0.4, 2.5, 101)


def fit_temperature(probabilities: FloatArray, labels: IntArray) -> float:
    """The temperature with the least negative log-likelihood (Guo et al. 2017, arXiv:1706.04599)."""
    losses = [log_loss(calibrate(probabilities, float(temperature)), labels) for temperature in TEMPERATURES]
    return round(float(TEMPERATURES[np.argmin(losses)]), 4)


def fit_decision_weights(
    probabilities: FloatArray, labels: IntArray, temperature: float, accuracy_over_f1: float
) -> tuple[float, ...]:
    """Weights of the other emotions against unknown (1) for the best operating point.

    That is where the smaller of accuracy - accuracy_over_f1 and macro-F1 is largest. By macro-F1 alone, sad faces are
    found at the cost of far more calm faces predicted as sad.

    Args:
        probabilities: (n, n_emotions) uncalibrated, the emotion `unknown` at UNKNOWN_INDEX.
        labels: (n,) index of the true emotion.
        temperature: as `fit_temperature` gives it.
        accuracy_over_f1: see above.
    """
    calibrated = calibrate(probabilities, temperature)
    n_emotions = probabilities.shape[1]

    def score(weights: tuple[float, ...]) -> float:
        confusion = np.zeros((n_emotions, n_emotions), np.int64)
        np.add.at(confusion, (labels, decide(calibrated, weights)), 1)
        return float(min(accuracy(confusion) - accuracy_over_f1, macro_f1(confusion)))

    return best_weights(score, n_emotions)
