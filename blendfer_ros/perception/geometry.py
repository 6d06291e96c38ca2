"""Landmark geometry: where the expressive points of a face are once head pose and size are taken out.

FaceLandmarker computes 478 landmarks anyway; the contours of lips, eyes and brows carry expression
that the 52 blendshapes lose. Landmark numbers are those of MediaPipe's canonical face model.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from blendfer_ros.core.face import FloatArray, HeadPose
from blendfer_ros.core.landmarks import GEOMETRY_LANDMARKS, LEFT_LANDMARKS, MIDLINE_LANDMARKS

RIGHT_OUTER_EYE_CORNER: Final = 33
LEFT_OUTER_EYE_CORNER: Final = 263

# Where each landmark finds its mirror image in GEOMETRY_LANDMARKS.
_MIRRORED_INDEX = np.concatenate(
    [
        np.arange(len(MIDLINE_LANDMARKS)),
        len(MIDLINE_LANDMARKS) + len(LEFT_LANDMARKS) + np.arange(len(LEFT_LANDMARKS)),
        len(MIDLINE_LANDMARKS) + np.arange(len(LEFT_LANDMARKS)),
    ]
)

# FaceLandmarker's picture has y down and z away from the camera; its face matrix y up and z towards it.
_PICTURE_TO_FACE_AXES = np.array([1.0, -1.0, -1.0])


def landmark_geometry(
    landmarks: npt.NDArray[np.float32],
    width_px: int,
    height_px: int,
    face_matrix: npt.NDArray[np.floating],
) -> FloatArray:
    """Pose-normalised positions of GEOMETRY_LANDMARKS.

    Args:
        landmarks: (478, 3) x, y as fractions of the image width and height, z in image widths.
        width_px: image width [px].
        height_px: image height [px].
        face_matrix: (4, 4) FaceLandmarker's facial transformation matrix.

    Returns:
        (GEOMETRY_SIZE,) x, y, z of each landmark in turn, the head turned to face the camera, the
        origin between the outer eye corners, in units of the distance between them.
    """
    points = landmarks * np.array([width_px, height_px, width_px]) * _PICTURE_TO_FACE_AXES
    frontal = points @ _rotation(face_matrix)
    right, left = frontal[RIGHT_OUTER_EYE_CORNER], frontal[LEFT_OUTER_EYE_CORNER]
    centred = frontal[list(GEOMETRY_LANDMARKS)] - (right + left) / 2.0
    distance = max(float(np.linalg.norm(left - right)), np.finfo(np.float32).eps)
    return np.asarray(centred / distance, np.float32).reshape(-1)


def mirror_geometry(geometry: FloatArray) -> FloatArray:
    """What `landmark_geometry` gives for the mirror image of the face.

    Args:
        geometry: (…, GEOMETRY_SIZE).
    """
    points = geometry.reshape(*geometry.shape[:-1], -1, 3)[..., _MIRRORED_INDEX, :]
    mirrored = np.asarray(points * np.array([-1.0, 1.0, 1.0], np.float32), np.float32)
    return mirrored.reshape(geometry.shape)


def head_pose_from_matrix(face_matrix: npt.NDArray[np.floating]) -> HeadPose:
    """Roll, pitch and yaw of a (4, 4) facial transformation matrix, applied in the order pitch, yaw, roll."""
    r = _rotation(face_matrix)
    return HeadPose(
        roll_rad=math.atan2(r[1, 0], r[0, 0]),
        pitch_rad=math.atan2(r[2, 1], r[2, 2]),
        yaw_rad=math.asin(float(np.clip(-r[2, 0], -1.0, 1.0))),
    )


def _rotation(face_matrix: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """The rotation in a matrix that also scales."""
    columns: npt.NDArray[np.float64] = np.asarray(face_matrix, np.float64)[:3, :3]
    return np.asarray(columns / np.linalg.norm(columns, axis=0, keepdims=True), np.float64)
