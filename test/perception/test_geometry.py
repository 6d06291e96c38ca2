"""Landmark geometry is the same however the head is turned, placed or scaled."""

from __future__ import annotations

import math

import numpy as np
import pytest

from blendfer_ros.core.landmarks import GEOMETRY_LANDMARKS, GEOMETRY_SIZE, LEFT_LANDMARKS, RIGHT_LANDMARKS
from blendfer_ros.perception.geometry import (
    LEFT_OUTER_EYE_CORNER,
    RIGHT_OUTER_EYE_CORNER,
    head_pose_from_matrix,
    landmark_geometry,
    mirror_geometry,
)

WIDTH_PX, HEIGHT_PX = 640, 480


def rotation(roll_rad: float, pitch_rad: float, yaw_rad: float) -> np.ndarray:
    """Pitch first, then yaw, then roll, about x, y (up) and z (towards the camera)."""
    cx, sx, cy, sy, cz, sz = (f(a) for a in (pitch_rad, yaw_rad, roll_rad) for f in (math.cos, math.sin))
    pitch = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    yaw = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    roll = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    matrix = np.eye(4)
    matrix[:3, :3] = roll @ yaw @ pitch
    return matrix


def symmetric_head() -> np.ndarray:
    """(478, 3) a made-up head in face axes [px], its right half the mirror image of its left."""
    points = np.random.default_rng(3).normal(0.0, 40.0, (478, 3))
    points[[RIGHT_OUTER_EYE_CORNER, LEFT_OUTER_EYE_CORNER]] = [[-50, 10, 0], [50, 10, 0]]
    points[list(RIGHT_LANDMARKS)] = points[list(LEFT_LANDMARKS)] * [-1, 1, 1]
    points[[0, 13, 14, 17], 0] = 0.0
    return points


def seen(head: np.ndarray, matrix: np.ndarray, scale: float = 1.0) -> np.ndarray:
    """The head as FaceLandmarker would report it."""
    in_picture = scale * head @ matrix[:3, :3].T * [1, -1, -1] + [320, 240, 0]
    return (in_picture / [WIDTH_PX, HEIGHT_PX, WIDTH_PX]).astype(np.float32)


@pytest.mark.parametrize(
    'angles', [(0.0, 0.0, 0.0), (0.5, 0.0, 0.0), (0.0, 0.4, 0.0), (0.0, 0.0, -0.6), (0.3, -0.2, 0.5)]
)
@pytest.mark.parametrize('scale', [1.0, 0.3])
def test_geometry_does_not_depend_on_head_pose_or_size(angles: tuple[float, float, float], scale: float) -> None:
    head, matrix = symmetric_head(), rotation(*angles)
    expected = (head[list(GEOMETRY_LANDMARKS)] - [0, 10, 0]) / 100.0
    found = landmark_geometry(seen(head, matrix, scale), WIDTH_PX, HEIGHT_PX, 2.0 * matrix)
    assert found.shape == (GEOMETRY_SIZE,)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.reshape(-1, 3), expected, atol=1e-4)


def test_mirroring_a_symmetric_head_changes_nothing() -> None:
    geometry = landmark_geometry(seen(symmetric_head(), np.eye(4)), WIDTH_PX, HEIGHT_PX, np.eye(4))
    np.testing.assert_allclose(mirror_geometry(geometry), geometry, atol=1e-6)


def test_mirroring_twice_is_nothing_also_for_many_at_once() -> None:
    geometry = np.random.default_rng(0).normal(size=(5, GEOMETRY_SIZE)).astype(np.float32)
    assert not np.allclose(mirror_geometry(geometry), geometry)
    np.testing.assert_array_equal(mirror_geometry(mirror_geometry(geometry)), geometry)


@pytest.mark.parametrize('angles', [(0.4, 0.0, 0.0), (0.0, 0.3, 0.0), (0.0, 0.0, 0.5), (0.2, -0.3, 0.4)])
def test_head_pose_is_read_back_from_the_matrix(angles: tuple[float, float, float]) -> None:
    pose = head_pose_from_matrix(7.0 * rotation(*angles))
    assert (pose.roll_rad, pose.pitch_rad, pose.yaw_rad) == pytest.approx(angles, abs=1e-9)


def test_a_degenerate_head_gives_finite_numbers() -> None:
    assert np.isfinite(landmark_geometry(np.zeros((478, 3), np.float32), WIDTH_PX, HEIGHT_PX, np.eye(4))).all()
