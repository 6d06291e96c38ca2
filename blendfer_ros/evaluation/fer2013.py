"""How good a shipped model is on a split of FER2013."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from blendfer_ros.classification.model import EmotionModel, decide
from blendfer_ros.errors import DatasetError
from blendfer_ros.evaluation.metrics import Metrics, measure
from blendfer_ros.face import FloatArray
from blendfer_ros.training.dataset import FaceDataset, load_faces


def probabilities_of(model: EmotionModel, features: FloatArray) -> FloatArray:
    """(n, 3) calibrated probabilities, one inference each as on a robot."""
    return np.array([model.predict(row) for row in features])


def measure_model(model: EmotionModel, dataset: FaceDataset) -> Metrics:
    """How the model does on the pictures of `dataset` in which FaceLandmarker found a face."""
    faces = dataset.where(dataset.detected)
    if not faces.detected.size:
        raise DatasetError(f'FaceLandmarker finds no face in any of the {dataset.detected.size} pictures')
    probabilities = probabilities_of(model, faces.features(model.card.feature_set))
    decisions = decide(probabilities, model.card.decision_weights)
    return measure(faces.emotions, decisions, probabilities, n=dataset.detected.size)


def evaluate_fer2013(model: EmotionModel, path: Path, split: str, bundle: Path) -> Metrics:
    """Run the `.tflite` file on a split of FER2013.

    Raises:
        DatasetError: FER2013 cannot be read, or no face is found in this split.
    """
    return measure_model(model, load_faces(path, bundle, splits=[split]))
