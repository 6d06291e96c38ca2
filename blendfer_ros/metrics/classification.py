"""Numbers that say how good predictions are. Pure functions of arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from blendfer_ros.classification.backends.tflite import MIN_PROBABILITY
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.face import FloatArray

IntArray = npt.NDArray[np.int64]

ECE_BINS = 15


@dataclass(frozen=True)
class Metrics:
    """How predictions compare with labels.

    n: labelled samples. n_detected: those with a face, on which all else is measured.
    confusion: rows true, columns predicted, in the order of `core.emotions.EMOTIONS`.
    macro_f1: unweighted mean of the F1 of each emotion.
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
        macro_f1=macro_f1(confusion),
        ece=expected_calibration_error(probabilities[np.arange(len(labels)), decisions], labels == decisions),
        confusion=tuple(tuple(int(count) for count in row) for row in confusion),
    )


def confusion_matrix(labels: IntArray, decisions: IntArray) -> IntArray:
    """(3, 3) counts, rows true, columns predicted."""
    confusion = np.zeros((len(EMOTIONS), len(EMOTIONS)), np.int64)
    np.add.at(confusion, (labels, decisions), 1)
    return confusion


def macro_f1(confusion: IntArray) -> float:
    """Mean F1 over the classes; a class that neither occurs nor is predicted counts 0."""
    hits = np.diag(confusion)
    totals = confusion.sum(axis=0) + confusion.sum(axis=1)
    return float(np.mean(2.0 * hits / np.maximum(totals, 1)))


def log_loss(probabilities: FloatArray, labels: IntArray) -> float:
    """Mean cross-entropy [nat] of (m, 3) probabilities and (m,) labels."""
    of_true = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.mean(np.log(np.maximum(of_true, MIN_PROBABILITY))))


def confidence_bins(confidence: npt.NDArray[np.floating]) -> IntArray:
    """(m,) index of the bin, of ECE_BINS equal ones from 0 to 1, that each confidence is in."""
    return np.minimum((confidence * ECE_BINS).astype(np.int64), ECE_BINS - 1)


def expected_calibration_error(confidence: npt.NDArray[np.floating], correct: npt.NDArray[np.bool_]) -> float:
    """Mean distance between confidence and accuracy over ECE_BINS equal bins, weighted by their counts."""
    bins = confidence_bins(confidence)
    gaps = [abs(float(np.sum(confidence[bins == b]) - np.sum(correct[bins == b]))) for b in np.unique(bins)]
    return sum(gaps) / len(confidence)
