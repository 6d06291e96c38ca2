"""FaceLandmarker's results, read in place and by MediaPipe's own objects."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np

from blendfer_ros.core.images import bgr_to_rgb
from blendfer_ros.perception.face_landmarker import FaceLandmarker
from blendfer_ros.perception.mediapipe_results import FoundFace, from_objects, result_reader
from blendfer_ros.perception.video import open_source

N_IMAGES = 5


def found_in(clip: Path, bundle: Path, how: str) -> list[list[FoundFace]]:
    import mediapipe

    found, video = [], open_source(str(clip))
    with FaceLandmarker(bundle) as landmarker:
        task = landmarker._task
        read = result_reader(task if how == 'in place' else SimpleNamespace(detect_for_video=task.detect_for_video))
        for i in range(N_IMAGES):
            bgr: Any = video.read()
            image = mediapipe.Image(mediapipe.ImageFormat.SRGB, bgr_to_rgb(cv2.resize(bgr, (640, 480))))
            found.append(read(image, 33 * i))
    return found


def test_both_ways_give_the_same_numbers(bundle: Path, clips: Path) -> None:
    in_place = found_in(clips / 'neutral_to_happy.mp4', bundle, 'in place')
    by_objects = found_in(clips / 'neutral_to_happy.mp4', bundle, 'by objects')
    assert [len(faces) for faces in in_place] == [len(faces) for faces in by_objects]
    assert any(in_place)
    for faces, expected in zip(in_place, by_objects, strict=True):
        for face, other in zip(faces, expected, strict=True):
            np.testing.assert_array_equal(face.landmarks, other.landmarks)
            np.testing.assert_array_equal(face.scores, other.scores)
            np.testing.assert_array_equal(face.matrix, other.matrix)
            assert face.names == other.names


def test_no_face_is_no_object() -> None:
    nothing = SimpleNamespace(face_landmarks=[], face_blendshapes=[], facial_transformation_matrixes=[])
    assert from_objects(nothing) == []
