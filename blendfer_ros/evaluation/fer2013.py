"""How good a model is on a split of FER2013."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from blendfer_ros.classification.model import EmotionModel
from blendfer_ros.errors import DatasetError
from blendfer_ros.evaluation.metrics import Metrics
from blendfer_ros.evaluation.predictions import Predictions, predict, probabilities_of
from blendfer_ros.perception.decoding import RgbImage
from blendfer_ros.training.dataset import FaceDataset, load_faces
from blendfer_ros.training.fer2013 import read_fer2013

__all__ = ['evaluate_fer2013', 'fer2013_pictures', 'measure_model', 'predict_faces', 'probabilities_of']


def predict_faces(model: EmotionModel, dataset: FaceDataset) -> Predictions:
    """What the model says of the pictures in which FaceLandmarker found a face.

    Raises:
        DatasetError: it found none in any.
    """
    faces = dataset.where(dataset.detected)
    if not faces.detected.size:
        raise DatasetError(f'FaceLandmarker finds no face in any of the {dataset.detected.size} pictures')
    return predict(model, faces.image_ids, faces.emotions, faces.blendshapes, faces.features(model.card.feature_set))


def measure_model(model: EmotionModel, dataset: FaceDataset) -> Metrics:
    """How the model does on the pictures of `dataset` in which FaceLandmarker found a face."""
    return predict_faces(model, dataset).metrics(n=dataset.detected.size)


def evaluate_fer2013(model: EmotionModel, path: Path, split: str, bundle: Path) -> Metrics:
    """Run the `.tflite` file on a split of FER2013.

    Raises:
        DatasetError: FER2013 cannot be read, or no face is found in this split.
    """
    return measure_model(model, load_faces(path, bundle, splits=[split]))


def fer2013_pictures(path: Path) -> Callable[[str], RgbImage]:
    """A function that gives the picture of an `image_id`, (48, 48, 3) uint8."""
    pictures = {image.image_id: image.picture for image in read_fer2013(path)}

    def picture_of(image_id: str) -> RgbImage:
        return np.asarray(cv2.cvtColor(pictures[image_id].load(), cv2.COLOR_GRAY2RGB), np.uint8)

    return picture_of
