"""The predictions of a classifier for labelled faces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from blendfer_ros.classification.classifier import Classifier, predict_by_each
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.core.face import FloatArray
from blendfer_ros.core.probabilities import decide
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.metrics.classification import IntArray, Metrics, measure


@dataclass(frozen=True)
class Predictions:
    """Labels and predictions; row i of each array is the same sample, one with a face.

    ids: (m,) str, the `sample_id` in its data set.
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

    @property
    def correct(self) -> npt.NDArray[np.bool_]:
        """(m,) whether the predicted emotion is the true one."""
        return np.asarray(self.labels == self.decisions)

    def metrics(self, n: int) -> Metrics:
        """How good they are; `n`: samples in all, with or without a face. Needs at least one prediction."""
        return measure(self.labels, self.decisions, self.probabilities, n)

    def relabelled(self, labels: Mapping[str, int]) -> Predictions:
        """The predictions of the samples in `labels`, with the labels there."""
        rows = self._rows(np.flatnonzero([str(sample_id) in labels for sample_id in self.ids]))
        return replace(rows, labels=np.array([labels[str(sample_id)] for sample_id in rows.ids], np.int64))

    def worst(self, k: int) -> Predictions:
        """Up to `k` wrong predictions, the most confident first; equally confident ones in their order."""
        wrong = np.flatnonzero(~self.correct)
        return self._rows(wrong[np.argsort(-self.confidences[wrong], kind='stable')][:k])

    def _rows(self, rows: npt.NDArray[np.intp]) -> Predictions:
        return Predictions(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def predict(classifier: Classifier, dataset: FaceDataset) -> Predictions:
    """What a classifier predicts for the pictures with a face, one inference each as on a robot.

    Raises:
        DatasetError: no picture shows a face.
        FrameError: the faces lack what the classifier reads.
    """
    faces = dataset.with_face()
    if not len(faces):
        n_unreadable = int(dataset.unreadable.sum())
        unreadable = f' ({n_unreadable} cannot be read)' if n_unreadable else ''
        raise DatasetError(
            f'FaceLandmarker finds no face in any of the {len(dataset)} pictures{unreadable}: '
            'give pictures that show a face from the front'
        )
    shown = list(faces.faces())
    answering = [classifier.answering(face) for face in shown]
    probabilities = predict_by_each(answering, shown)
    decisions = decide(probabilities, np.array([model.card.decision_weights for model in answering]))
    return Predictions(faces.sample_ids, faces.emotion_labels, decisions, probabilities, faces.blendshapes)
