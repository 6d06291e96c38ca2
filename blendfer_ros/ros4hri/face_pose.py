"""Where a face is before the camera, from the places of its landmarks in the image and the camera's calibration.

The face is taken for MediaPipe's canonical face model, which has the size of an average adult's: a child's face comes
out further away than it is, by about the ratio of the sizes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

# Those of hri_msgs/FacialLandmarks that expressions move least, and where MediaPipe's canonical_face_model.obj has them
# [cm]: x to the face's left, y up, z forward.
_CANONICAL_CM: Final = {
    0: (-7.743095, 2.364999, -2.005167),  # right ear
    16: (7.743095, 2.364999, -2.005167),  # left ear
    27: (0.0, 3.271027, 5.236015),  # sellion
    28: (0.0, 1.728369, 6.316750),
    30: (0.0, -0.463170, 7.586580),  # tip of the nose
    33: (0.0, -2.089024, 6.058267),  # below the nose
    36: (-4.445859, 2.663991, 3.173422),  # right eye, outer corner
    39: (-1.856432, 2.585245, 3.757904),  # inner corner
    42: (1.856432, 2.585245, 3.757904),  # left eye, inner corner
    45: (4.445859, 2.663991, 3.173422),  # outer corner
}
SELLION: Final = 27
RIGID_LANDMARKS: Final = tuple(_CANONICAL_CM)
# With the axes of REP-103, x forward, y left, z up, about the sellion, where REP-155 has a face's frame [m].
FACE_POINTS_M: Final = (
    np.array([(z, x, y) for x, y, z in _CANONICAL_CM.values()])
    - np.array([_CANONICAL_CM[SELLION][axis] for axis in (2, 0, 1)])
) / 100.0

# Distortion models of sensor_msgs/CameraInfo whose coefficients are OpenCV's.
OPENCV_MODELS: Final = ('', 'plumb_bob', 'rational_polynomial')


@dataclass(frozen=True)
class Camera:
    """A calibrated camera.

    matrix: (3, 3) K of sensor_msgs/CameraInfo [px]. distortion: D, empty for none. width_px, height_px: of its images.
    """

    matrix: FloatArray
    distortion: FloatArray
    width_px: int
    height_px: int


@dataclass(frozen=True)
class FacePose:
    """A face's frame in the camera's optical frame, which has x right, y down, z forward.

    position_m: (3,) of the sellion. quaternion: (4,) x, y, z, w of the rotation of the frame, whose x points out of the
    face, y to its left and z up.
    """

    position_m: FloatArray
    quaternion: FloatArray


def estimate_face_pose(landmarks: npt.NDArray[np.floating], camera: Camera) -> FacePose | None:
    """The pose that explains best where the rigid landmarks are.

    Args:
        landmarks: (70, 2) in the order of hri_msgs/FacialLandmarks, as fractions of the image's width and height.
        camera: the one that took the image.

    Returns:
        None when no pose in front of the camera explains them.
    """
    pixels = np.asarray(landmarks, np.float64)[list(RIGID_LANDMARKS)] * (camera.width_px, camera.height_px)
    try:
        found, rotation, position = cv2.solvePnP(
            FACE_POINTS_M, pixels, camera.matrix, camera.distortion, flags=cv2.SOLVEPNP_SQPNP
        )
    except cv2.error:
        # Points that all coincide, for one.
        return None
    if not found or not np.isfinite(position).all() or position[2, 0] <= 0.0:
        return None
    return FacePose(
        np.asarray(position, np.float64).reshape(3), _quaternion(np.asarray(rotation, np.float64).reshape(3))
    )


def _quaternion(rotation: FloatArray) -> FloatArray:
    """x, y, z, w of a rotation given as axis times angle [rad]."""
    angle_rad = float(np.linalg.norm(rotation))
    # sin(a / 2) / a, which is 1/2 for an angle of 0.
    scale = math.sin(angle_rad / 2.0) / angle_rad if angle_rad else 0.5
    return np.append(rotation * scale, math.cos(angle_rad / 2.0))
