"""Calibration of a trained model: its confidence and its operating point."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from blendfer_ros.core.emotions import UNKNOWN_INDEX
from blendfer_ros.core.face import FloatArray
from blendfer_ros.core.probabilities import calibrate, decide
from blendfer_ros.metrics.classification import IntArray, accuracy, log_loss, macro_f1

TEMPERATURES = np.geomspace(0.4, 2.5, 101)
WEIGHTS = np.geomspace(0.5, 8.0, 33)
MAX_SEARCHED_TOGETHER: Final = 2


def fit_temperature(probabilities: FloatArray, labels: IntArray) -> float:
    """The temperature with the least negative log-likelihood (Guo et al. 2017, arXiv:1706.04599)."""
    losses = [log_loss(calibrate(probabilities, float(temperature)), labels) for temperature in TEMPERATURES]
    return round(float(TEMPERATURES[np.argmin(losses)]), 4)


def fit_decision_weights(
    probabilities: FloatArray, labels: IntArray, temperature: float, accuracy_over_f1: float
) -> tuple[float, ...]:
    """Weights of the other emotions against unknown (1) for the best operating point.

    That is where the smaller of accuracy - accuracy_over_f1 and macro-F1 is largest. By macro-F1 alone, sad faces are
    found at the cost of far more calm faces predicted as sad. Two weights are searched together; more are searched
    one after the other (coordinate ascent) until the score stops improving.

    Args:
        probabilities: (n, n_emotions) uncalibrated, the emotion `unknown` at UNKNOWN_INDEX.
        labels: (n,) index of the true emotion.
        temperature: as `fit_temperature` gives it.
        accuracy_over_f1: see above.
    """
    calibrated = calibrate(probabilities, temperature)
    n_emotions = probabilities.shape[1]
    free = [i for i in range(n_emotions) if i != UNKNOWN_INDEX]

    def score(weights: tuple[float, ...]) -> float:
        confusion = np.zeros((n_emotions, n_emotions), np.int64)
        np.add.at(confusion, (labels, decide(calibrated, weights)), 1)
        return float(min(accuracy(confusion) - accuracy_over_f1, macro_f1(confusion)))

    def candidates(weights: tuple[float, ...], searched: Sequence[int]) -> Iterator[tuple[float, ...]]:
        for values in itertools.product(WEIGHTS, repeat=len(searched)):
            changed = dict(zip(searched, values, strict=True))
            yield tuple(round(float(changed.get(i, weight)), 4) for i, weight in enumerate(weights))

    best: tuple[float, ...] = (1.0,) * n_emotions
    if len(free) <= MAX_SEARCHED_TOGETHER:
        return max(candidates(best, free), key=score)
    before = -math.inf
    while score(best) > before:
        before = score(best)
        for i in free:
            best = max([best, *candidates(best, [i])], key=score)
    return best
