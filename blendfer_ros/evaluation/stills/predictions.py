"""What a model said about labelled faces, one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from blendfer_ros.classification.backends.tflite import EmotionModel, decide
from blendfer_ros.core.face import FloatArray
from blendfer_ros.metrics.classification import IntArray, Metrics, measure


@dataclass(frozen=True)
class Predictions:
    """Labels and answers; row i of each array is the same sample, one with a face.

    ids: (m,) str, what a sample is called where it comes from.
    labels, decisions: (m,) true and predicted index into `core.emotions.EMOTIONS`.
    probabilities: (m, 3) calibrated. blendshapes: (m, 52).
    """

    ids: npt.NDArray[np.str_]
    labels: IntArray
    decisions: IntArray
    probabilities: FloatArray
    blendshapes: FloatArray

    @property
    def confidences(self) -> FloatArray:
        """(m,) probability of the predicted emotion."""
        return self.probabilities[np.arange(len(self.decisions)), self.decisions]

    def metrics(self, n: int) -> Metrics:
        """How good they are; `n`: samples in all, with or without a face. Needs at least one prediction."""
        return measure(self.labels, self.decisions, self.probabilities, n)

    def worst(self, k: int) -> Predictions:
        """Up to `k` wrong predictions, the most confident first; equally confident ones in their order."""
        wrong = np.flatnonzero(self.labels != self.decisions)
        return self._rows(wrong[np.argsort(-self.confidences[wrong], kind='stable')][:k])

    def _rows(self, rows: npt.NDArray[np.intp]) -> Predictions:
        return Predictions(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def predict(
    model: EmotionModel,
    ids: Sequence[str] | npt.NDArray[np.str_],
    labels: IntArray,
    blendshapes: FloatArray,
    features: FloatArray,
) -> Predictions:
    """Ask the model about each sample.

    Args:
        model: whose answers are wanted.
        ids: (m,).
        labels: (m,) index into `core.emotions.EMOTIONS`.
        blendshapes: (m, 52).
        features: (m, …) what this model is fed.
    """
    probabilities = probabilities_of(model, features)
    decisions = decide(probabilities, model.card.decision_weights)
    return Predictions(np.array(ids, np.str_), labels, decisions, probabilities, blendshapes)


def probabilities_of(model: EmotionModel, features: FloatArray) -> FloatArray:
    """(m, 3) calibrated probabilities, one inference each as on a robot."""
    return np.array([model.predict(row) for row in features])
