"""What a model says of FER2013, and the pictures it says it of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from blendfer_ros.classification.backends.tflite import EmotionModel
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.datasets.faces import FaceDataset
from blendfer_ros.datasets.fer2013 import read_fer2013
from blendfer_ros.evaluation.stills.predictions import Predictions, predict
from blendfer_ros.perception.decoding import RgbImage


def predict_faces(model: EmotionModel, dataset: FaceDataset) -> Predictions:
    """What the model says of the pictures in which FaceLandmarker found a face.

    Raises:
        DatasetError: it found none in any.
    """
    faces = dataset.where(dataset.detected)
    if not faces.detected.size:
        raise DatasetError(f'FaceLandmarker finds no face in any of the {dataset.detected.size} pictures')
    return predict(model, faces.image_ids, faces.emotions, faces.blendshapes, faces.features(model.card.feature_set))


def fer2013_pictures(path: Path) -> Callable[[str], RgbImage]:
    """A function that gives the picture of an `image_id`, (48, 48, 3) uint8."""
    pictures = {image.image_id: image.picture for image in read_fer2013(path)}

    def picture_of(image_id: str) -> RgbImage:
        return np.asarray(cv2.cvtColor(pictures[image_id].load(), cv2.COLOR_GRAY2RGB), np.uint8)

    return picture_of
