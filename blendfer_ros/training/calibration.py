"""Making a trained model honest: its confidence, and where it draws the line between emotions."""

from __future__ import annotations

import numpy as np

from blendfer_ros.classification.backends.tflite import calibrate, decide
from blendfer_ros.core.emotions import EMOTIONS, UNKNOWN
from blendfer_ros.core.face import FloatArray
from blendfer_ros.metrics.classification import IntArray, confusion_matrix, log_loss, macro_f1

TEMPERATURES = np.geomspace(0.4, 2.5, 101)
WEIGHTS = np.geomspace(0.5, 8.0, 33)


def fit_temperature(probabilities: FloatArray, labels: IntArray) -> float:
    """The temperature with the least negative log-likelihood (Guo et al. 2017, arXiv:1706.04599)."""
    losses = [log_loss(calibrate(probabilities, float(temperature)), labels) for temperature in TEMPERATURES]
    return round(float(TEMPERATURES[np.argmin(losses)]), 4)


def fit_decision_weights(
    probabilities: FloatArray, labels: IntArray, temperature: float, accuracy_over_f1: float
) -> tuple[float, ...]:
    """Weights of happy and sad against unknown (1) for the best operating point.

    That is where the smaller of accuracy - accuracy_over_f1 and macro-F1 is largest. By macro-F1 alone, sad faces are
    found at the price of far more calm ones called sad.
    """
    calibrated = calibrate(probabilities, temperature)
    unknown = EMOTIONS.index(UNKNOWN)

    def weights(first: float, last: float) -> tuple[float, ...]:
        values = [round(float(first), 4), round(float(last), 4)]
        values.insert(unknown, 1.0)
        return tuple(values)

    def score(candidate: tuple[float, ...]) -> float:
        decisions = decide(calibrated, candidate)
        accuracy = float(np.mean(decisions == labels))
        return min(accuracy - accuracy_over_f1, macro_f1(confusion_matrix(labels, decisions)))

    return max((weights(a, b) for a in WEIGHTS for b in WEIGHTS), key=score)
