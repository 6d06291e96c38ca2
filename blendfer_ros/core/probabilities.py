"""Probabilities of the emotions: made honest, and decided on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from blendfer_ros.core.face import FloatArray

# Keeps logarithms of probabilities finite; a 32-bit softmax cannot say anything smaller with meaning.
MIN_PROBABILITY: Final = 1e-6


def calibrate(probabilities: FloatArray, temperature: float) -> FloatArray:
    """Temperature scaling (Guo et al. 2017, arXiv:1706.04599) of (…, n) probabilities."""
    logits = np.log(np.maximum(probabilities, MIN_PROBABILITY)) / temperature
    scaled = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(scaled / scaled.sum(axis=-1, keepdims=True), np.float32)


def decide(
    probabilities: FloatArray, decision_weights: Sequence[float] | npt.NDArray[np.floating]
) -> npt.NDArray[np.int64]:
    """(…,) index of the emotion with the largest weighted probability, of (…, n), with weights (n,) or (…, n)."""
    weighted = probabilities * np.array(decision_weights)
    return np.asarray(np.argmax(weighted, axis=-1), np.int64)
