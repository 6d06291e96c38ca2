"""Metrics of classification. Pure functions of arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.face import FloatArray
from blendfer_ros.core.probabilities import MIN_PROBABILITY
from blendfer_ros.metrics.calibration import expected_calibration_error

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Metrics:
    """How predictions compare with labels.

    n: labelled samples. n_detected: those with a face, on which everything else is measured.
    confusion: rows true, columns predicted, in the order of `core.emotions.EMOTIONS`.
    macro_f1: unweighted mean of the F1 of each emotion that occurs, see `macro_f1`.
    ece: expected calibration error of the predicted emotion's confidence, 15 equal bins (arXiv:1706.04599).
    """

    n: int
    n_detected: int
    accuracy: float
    macro_f1: float
    ece: float
    confusion: tuple[tuple[int, ...], ...]

    def as_json(self) -> dict[str, Any]:
        """The keys every evaluation writes."""
        return {
            'n': self.n,
            'n_detected': self.n_detected,
            'accuracy': round(self.accuracy, 6),
            'macro_f1': round(self.macro_f1, 6),
            'confusion': [list(row) for row in self.confusion],
            'labels': list(EMOTIONS),
            'ece': round(self.ece, 6),
        }


def measure(labels: IntArray, decisions: IntArray, probabilities: npt.NDArray[np.floating], n: int) -> Metrics:
    """Compare decisions with labels.

    Args:
        labels: (m,) true index into EMOTIONS of each sample with a face; m at least 1.
        decisions: (m,) predicted index.
        probabilities: (m, 3) calibrated.
        n: samples in all, with or without a face.
    """
    confusion = confusion_matrix(labels, decisions)
    return Metrics(
        n=n,
        n_detected=len(labels),
        accuracy=float(np.mean(labels == decisions)),
        macro_f1=float(macro_f1(confusion)),
        ece=expected_calibration_error(probabilities[np.arange(len(labels)), decisions], labels == decisions),
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
    )


def confusion_matrix(labels: IntArray, answers: IntArray, n_answers: int = len(EMOTIONS)) -> IntArray:
    """(len(EMOTIONS), n_answers) counts, rows true, columns answered.

    Args:
        labels: (m,) true index into EMOTIONS.
        answers: (m,) index of what was answered; those from len(EMOTIONS) on are no emotion.
        n_answers: how many answers there are.
    """
    confusion = np.zeros((len(EMOTIONS), n_answers), np.int64)
    np.add.at(confusion, (labels, answers), 1)
    return confusion


def accuracy(confusion: npt.NDArray[np.number]) -> npt.NDArray[np.float64]:
    """(…,) accuracy of (…, n, n or more) confusions; NaN for empty ones."""
    right, n = np.trace(confusion, axis1=-2, axis2=-1), confusion.sum(axis=(-2, -1))
    return np.asarray(np.divide(right, n, out=np.full(np.shape(n), np.nan), where=n > 0))


def macro_f1(confusion: npt.NDArray[np.number]) -> npt.NDArray[np.float64]:
    """(…,) unweighted mean F1 of (…, n, n or more) confusions; NaN for empty ones.

    Only emotions that occur among labels or predictions count: happy pictures alone, or a clip of one emotion, are no
    failure at the others.
    """
    n_emotions = confusion.shape[-2]
    totals = confusion.sum(axis=-1) + confusion[..., :n_emotions].sum(axis=-2)
    f1 = 2.0 * np.diagonal(confusion, axis1=-2, axis2=-1) / np.maximum(totals, 1)
    n = (totals > 0).sum(axis=-1)
    return np.asarray(np.divide(f1.sum(axis=-1), n, out=np.full(np.shape(n), np.nan), where=n > 0))


def recall(confusion: npt.NDArray[np.number]) -> npt.NDArray[np.float64]:
    """(…, n) recall of each emotion, of (…, n, n or more) confusions; NaN for one that does not occur."""
    right, n = np.diagonal(confusion, axis1=-2, axis2=-1), confusion.sum(axis=-1)
    return np.asarray(np.divide(right, n, out=np.full(np.shape(n), np.nan), where=n > 0))


def log_loss(probabilities: FloatArray, labels: IntArray) -> float:
    """Mean cross-entropy [nat] of (m, 3) probabilities and (m,) labels."""
    of_true = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.mean(np.log(np.maximum(of_true, MIN_PROBABILITY))))
