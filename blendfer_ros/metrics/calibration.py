"""Whether confidence can be trusted: calibration error, and accuracy on the most confident predictions."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

ECE_BINS: Final = 15


def confidence_bins(confidence: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
    """(m,) index of the bin, of ECE_BINS equal ones from 0 to 1, that each confidence is in."""
    return np.minimum((confidence * ECE_BINS).astype(np.int64), ECE_BINS - 1)


def expected_calibration_error(confidence: npt.NDArray[np.floating], correct: npt.NDArray[np.bool_]) -> float:
    """Mean distance between confidence and accuracy over ECE_BINS equal bins, weighted by their counts."""
    bins = confidence_bins(confidence)
    gaps = [abs(float(np.sum(confidence[bins == b]) - np.sum(correct[bins == b]))) for b in np.unique(bins)]
    return sum(gaps) / len(confidence)


def coverage_accuracy(confidence: npt.NDArray[np.floating], correct: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """(m,) accuracy on the 1, 2, … m most confident predictions; ties stay in their order."""
    hits = correct[np.argsort(-confidence, kind='stable')]
    return np.asarray(np.cumsum(hits) / np.arange(1, len(hits) + 1), np.float64)


def accuracy_of_most_sure(confidence: npt.NDArray[np.floating], correct: npt.NDArray[np.bool_], share: float) -> float:
    """Accuracy on the most confident share (0..1) of predictions, at least one of them."""
    n = len(confidence)
    return float(coverage_accuracy(confidence, correct)[max(1, round(share * n)) - 1])
