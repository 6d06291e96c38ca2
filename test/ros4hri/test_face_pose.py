"""A face seen by a calibrated camera is where it is, turned as it is."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest

from blendfer_ros.ros4hri.face_pose import FACE_POINTS_M, RIGID_LANDMARKS, Camera, estimate_face_pose

WIDTH_PX, HEIGHT_PX = 640, 480
MATRIX = np.array([[525.0, 0.0, 319.5], [0.0, 525.0, 239.5], [0.0, 0.0, 1.0]])
# Its x towards the camera, its z up: columns are the face's axes in the optical frame.
FACING = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-1.0, 0.0, 0.0]])


def seen(camera: Camera, rotation: np.ndarray, position_m: tuple[float, float, float]) -> np.ndarray:
    """The landmarks of a face in this pose, all but the rigid ones anywhere."""
    points, _ = cv2.projectPoints(
        FACE_POINTS_M, cv2.Rodrigues(rotation)[0], np.array(position_m), camera.matrix, camera.distortion
    )
    landmarks = np.full((70, 2), 0.5)
    landmarks[list(RIGID_LANDMARKS)] = points.reshape(-1, 2) / (WIDTH_PX, HEIGHT_PX)
    return landmarks


@pytest.mark.parametrize('distortion', [[], [0.1, -0.2, 0.001, 0.002, 0.05]])
@pytest.mark.parametrize('position_m', [(0.0, 0.0, 0.6), (-0.3, 0.2, 1.5), (0.4, -0.1, 3.0)])
@pytest.mark.parametrize('yaw_rad', [0.0, 0.5, -0.5])
def test_the_pose_is_that_of_the_face(
    distortion: list[float], position_m: tuple[float, float, float], yaw_rad: float
) -> None:
    camera = Camera(MATRIX, np.array(distortion), WIDTH_PX, HEIGHT_PX)
    rotation = FACING @ cv2.Rodrigues(np.array([0.0, 0.0, yaw_rad]))[0]
    pose = estimate_face_pose(seen(camera, rotation, position_m), camera)
    assert pose is not None
    assert pose.position_m == pytest.approx(position_m, abs=1e-3)
    x, y, z, w = pose.quaternion
    angle_rad = 2.0 * math.atan2(math.hypot(x, y, z), w)
    axis = np.array([x, y, z]) / math.hypot(x, y, z)
    np.testing.assert_allclose(cv2.Rodrigues(axis * angle_rad)[0], rotation, atol=1e-3)


def test_a_face_half_as_large_in_the_image_is_twice_as_far() -> None:
    camera = Camera(MATRIX, np.zeros(0), WIDTH_PX, HEIGHT_PX)
    near = seen(camera, FACING, (0.0, 0.0, 1.0))
    centre = np.array([MATRIX[0, 2] / WIDTH_PX, MATRIX[1, 2] / HEIGHT_PX])
    pose = estimate_face_pose(centre + (near - centre) / 2.0, camera)
    assert pose is not None
    assert pose.position_m[2] == pytest.approx(2.0, rel=0.05)
