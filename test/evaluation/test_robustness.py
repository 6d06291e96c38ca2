"""The shipped model on a face it was not trained on: colour video of a woman, tilted, far away, in dim light."""

from __future__ import annotations

import csv
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.core.assets import find_model
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.probabilities import decide
from blendfer_ros.perception.stills import StillLandmarker, still_attempts

CLIP = 'woman_sad_to_happy.mp4'
INTERVAL_S = 0.5


@pytest.fixture(scope='module')
def labelled_frames(clips: Path) -> list[tuple[str, RgbImage]]:
    """Two frames a second of the clip's labelled parts."""
    with (clips / 'labels.csv').open(newline='') as file:
        parts = [row for row in csv.DictReader(file) if row['file'] == CLIP]
    capture = cv2.VideoCapture(str(clips / CLIP))
    frames = []
    for part in parts:
        for second in np.arange(float(part['start_s']), float(part['end_s']), INTERVAL_S):
            capture.set(cv2.CAP_PROP_POS_MSEC, 1000.0 * second)
            read, bgr = capture.read()
            assert read
            frames.append((part['label'], np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)))
    capture.release()
    return frames


def tilted(angle_deg: float) -> Callable[[RgbImage], RgbImage]:
    def tilt(rgb: RgbImage) -> RgbImage:
        height, width = rgb.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2.0, height / 2.0), angle_deg, 1.0)
        return np.asarray(cv2.warpAffine(rgb, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)

    return tilt


def small(rgb: RgbImage) -> RgbImage:
    """The face about 60 px wide, seen through a small camera."""
    return np.asarray(cv2.resize(rgb, None, fx=0.28, fy=0.28, interpolation=cv2.INTER_AREA), np.uint8)


def dim(rgb: RgbImage) -> RgbImage:
    """A fifth of the light, and the noise of a cheap camera."""
    noise = np.random.default_rng(0).normal(0.0, 3.0, rgb.shape)
    return np.clip(rgb * 0.2 + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    'seen',
    [np.asarray, tilted(30.0), tilted(-30.0), small, dim],
    ids=['as filmed', 'tilted 30 degrees', 'tilted -30 degrees', 'face of 60 px', 'dim and noisy'],
)
def test_most_frames_are_right_however_the_face_is_seen(
    seen: Callable[[RgbImage], RgbImage], labelled_frames: list[tuple[str, RgbImage]], bundle: Path
) -> None:
    model = load_classifier(find_model())
    right = 0
    with closing(StillLandmarker(bundle)) as stills:
        for label, rgb in labelled_frames:
            face = stills.detect(still_attempts(seen(rgb)))
            assert face is not None
            probabilities = model.predict(face)
            right += EMOTIONS[int(decide(probabilities, model.card.decision_weights))] == label
    assert right / len(labelled_frames) >= 0.8
