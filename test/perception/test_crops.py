"""The same face gives the same crop, however the picture holds it; and no square is too odd to be cropped."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blendfer_ros.core.face import FloatArray, Region
from blendfer_ros.core.image_types import GreyImage, RgbImage
from blendfer_ros.core.images import grey_to_rgb
from blendfer_ros.perception.crops import (
    CROP_SIZE_PX,
    LANDMARK_MARGIN,
    LEFT_EYE_CORNER,
    RIGHT_EYE_CORNER,
    Square,
    crop_face,
    square_of_box,
    square_of_landmarks,
    standardised,
)
from blendfer_ros.perception.face_landmarker import FaceLandmarker

SIZE = (CROP_SIZE_PX, CROP_SIZE_PX)
# In grey levels: what interpolating twice instead of once changes on average.
INTERPOLATED_TWICE = 5.0


@pytest.fixture(scope='module')
def shown(bundle: Path, face_frames: list[RgbImage]) -> tuple[RgbImage, FloatArray]:
    """A picture, and the landmarks of the face in it."""
    with FaceLandmarker(bundle, 'image') as landmarker:
        (face,) = landmarker.detect(face_frames[0], 0)
    return face_frames[0], face.landmarks


@pytest.fixture(scope='module')
def upright(shown: tuple[RgbImage, FloatArray]) -> GreyImage:
    """The crop of that face."""
    return crop_of(*shown)


def crop_of(rgb: RgbImage, landmarks: FloatArray) -> GreyImage:
    height_px, width_px = rgb.shape[:2]
    return crop_face(rgb, square_of_landmarks(landmarks, width_px, height_px))


def moved(
    rgb: RgbImage, landmarks: FloatArray, turn_rad: float, scale: float, shift_px: tuple[float, float]
) -> tuple[RgbImage, FloatArray]:
    """The picture turned and scaled around the face, which is moved to the middle and shifted; and its landmarks."""
    height_px, width_px = rgb.shape[:2]
    points = landmarks[:, :2] * (width_px, height_px)
    face, middle = points.mean(axis=0), np.array([width_px, height_px]) / 2.0
    turn = scale * np.array([[math.cos(turn_rad), -math.sin(turn_rad)], [math.sin(turn_rad), math.cos(turn_rad)]])
    shift = middle - turn @ face + shift_px
    # Places count from the corner of the first pixel, OpenCV from its middle.
    matrix = np.column_stack([turn, turn @ (0.5, 0.5) + shift - 0.5])
    picture = cv2.warpAffine(rgb, matrix, (width_px, height_px), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(picture, np.uint8), ((points @ turn.T + shift) / (width_px, height_px)).astype(np.float32)


def noise(height_px: int, width_px: int, seed: int = 0) -> GreyImage:
    return np.random.default_rng(seed).integers(0, 256, (height_px, width_px), dtype=np.uint8)


@settings(max_examples=25)
@given(
    turn_rad=st.floats(-math.pi, math.pi),
    scale=st.floats(0.8, 1.5),
    shift_px=st.tuples(st.floats(-20.0, 20.0), st.floats(-20.0, 20.0)),
)
def test_a_picture_rotated_scaled_and_shifted_gives_the_same_crop(
    turn_rad: float,
    scale: float,
    shift_px: tuple[float, float],
    shown: tuple[RgbImage, FloatArray],
    upright: GreyImage,
) -> None:
    # The middle half of the crop stays in the picture however it is turned.
    inner = slice(CROP_SIZE_PX // 4, -CROP_SIZE_PX // 4)
    crop = crop_of(*moved(*shown, turn_rad, scale, shift_px))
    difference = np.abs(crop.astype(float) - upright)[inner, inner].mean()
    assert difference < INTERPOLATED_TWICE
    # Against that, a crop of the same picture upside down is another one altogether.
    assert np.abs(crop.astype(float) - upright[::-1])[inner, inner].mean() > 4.0 * INTERPOLATED_TWICE


@pytest.mark.parametrize('factor', [0.5, 2.0, 4.0])
def test_a_picture_of_another_resolution_gives_the_same_crop(
    factor: float, shown: tuple[RgbImage, FloatArray], upright: GreyImage
) -> None:
    rgb, landmarks = shown
    interpolation = cv2.INTER_AREA if factor < 1.0 else cv2.INTER_CUBIC
    crop = crop_of(np.asarray(cv2.resize(rgb, None, fx=factor, fy=factor, interpolation=interpolation)), landmarks)
    assert np.abs(crop.astype(float) - upright).mean() < INTERPOLATED_TWICE


@pytest.mark.parametrize('turn_deg', [0.0, 25.0, -90.0, 180.0])
def test_the_eyes_are_level_and_all_landmarks_are_in_the_crop(
    turn_deg: float, shown: tuple[RgbImage, FloatArray]
) -> None:
    picture, landmarks = moved(*shown, math.radians(turn_deg), 1.0, (0.0, 0.0))
    height_px, width_px = picture.shape[:2]
    square = square_of_landmarks(landmarks, width_px, height_px)
    points = landmarks[:, :2] * (width_px, height_px) - 0.5
    placed = points @ square.to_crop()[:, :2].T + square.to_crop()[:, 2]
    right, left = placed[RIGHT_EYE_CORNER], placed[LEFT_EYE_CORNER]
    assert right[1] == pytest.approx(left[1], abs=0.01)
    assert left[0] - right[0] > CROP_SIZE_PX / 4
    assert placed.min() > 0.0
    assert placed.max() < CROP_SIZE_PX - 1.0
    # The larger side of their box fills the crop but for the margin.
    assert np.ptp(placed, axis=0).max() == pytest.approx(CROP_SIZE_PX / (2.0 * LANDMARK_MARGIN), abs=0.01)


finite = st.floats(-1e3, 1e3)


@given(finite, finite, st.floats(0.01, 1e3), st.floats(-math.pi, math.pi), st.integers(1, 200))
def test_the_middle_of_the_square_becomes_the_middle_of_the_crop_and_its_corners_the_corners(
    x_px: float, y_px: float, half_side_px: float, roll_rad: float, size_px: int
) -> None:
    matrix = Square(x_px, y_px, half_side_px, roll_rad).to_crop(size_px)
    across = half_side_px * np.array([math.cos(roll_rad), math.sin(roll_rad)])
    down = half_side_px * np.array([-math.sin(roll_rad), math.cos(roll_rad)])
    for right, below in ((0, 0), (-1, -1), (1, -1), (-1, 1)):
        place = (x_px, y_px) + right * across + below * down
        index = matrix[:, :2] @ (place - 0.5) + matrix[:, 2]
        expected = (np.array([right, below]) + 1.0) * size_px / 2.0 - 0.5
        np.testing.assert_allclose(index, expected, atol=1e-6 * (1.0 + size_px * 1e3 / half_side_px))


@given(
    x_px=st.floats(-30.0, 90.0),
    y_px=st.floats(-30.0, 70.0),
    half_side_px=st.floats(3.0, 35.0),
    roll_rad=st.floats(-math.pi, math.pi),
)
def test_beyond_the_edges_a_crop_is_that_of_the_picture_with_its_edges_replicated(
    x_px: float, y_px: float, half_side_px: float, roll_rad: float
) -> None:
    picture, border_px = noise(40, 60), 120
    padded = cv2.copyMakeBorder(picture, *[border_px] * 4, cv2.BORDER_REPLICATE)
    crop = crop_face(picture, Square(x_px, y_px, half_side_px, roll_rad))
    of_padded = crop_face(padded, Square(x_px + border_px, y_px + border_px, half_side_px, roll_rad))
    # OpenCV interpolates in steps of 1/32 of a pixel.
    assert np.abs(crop.astype(float) - of_padded).mean() < 4.0


def test_a_square_of_whole_pixels_is_cropped_as_it_is() -> None:
    picture = noise(100, 120)
    np.testing.assert_array_equal(crop_face(picture, Square(50.0, 40.0, 24.0)), picture[16:64, 26:74])
    np.testing.assert_array_equal(
        crop_face(picture, Square(50.0, 40.0, 24.0), 48), crop_face(picture, Square(50, 40, 24))
    )


@pytest.mark.parametrize(
    ('square', 'column'),
    [(Square(-500.0, 20.0, 24.0), 0), (Square(900.0, 20.0, 24.0), -1), (Square(1e9, 20.0, 24.0), -1)],
)
def test_a_square_outside_the_picture_shows_its_nearest_edge(square: Square, column: int) -> None:
    picture = np.repeat(np.arange(60, dtype=np.uint8)[None] * 4, 40, axis=0)
    assert set(np.unique(crop_face(picture, square))) == {picture[0, column]}


@settings(max_examples=300)
@given(
    height_px=st.integers(1, 40),
    width_px=st.integers(1, 40),
    x_px=st.floats(-1e6, 1e6),
    y_px=st.floats(-1e6, 1e6),
    half_side_px=st.floats(1e-3, 1e6),
    roll_rad=st.floats(-math.pi, math.pi),
    seed=st.integers(0, 3),
)
def test_whatever_the_square_the_crop_has_its_size_and_no_grey_level_the_picture_has_not(
    height_px: int, width_px: int, x_px: float, y_px: float, half_side_px: float, roll_rad: float, seed: int
) -> None:
    picture = noise(height_px, width_px, seed)
    crop = crop_face(picture, Square(x_px, y_px, half_side_px, roll_rad))
    assert (crop.shape, crop.dtype) == (SIZE, np.uint8)
    assert picture.min() <= crop.min() <= crop.max() <= picture.max()


@given(
    st.integers(0, 255),
    st.floats(-100.0, 100.0),
    st.floats(-100.0, 100.0),
    st.floats(0.01, 1e4),
    st.floats(-math.pi, math.pi),
)
def test_a_picture_of_one_pixel_gives_a_crop_of_its_colour(
    level: int, x_px: float, y_px: float, half_side_px: float, roll_rad: float
) -> None:
    square = Square(x_px, y_px, half_side_px, roll_rad)
    grey = np.full((1, 1), level, np.uint8)
    np.testing.assert_array_equal(crop_face(grey, square), np.full(SIZE, level))
    np.testing.assert_array_equal(crop_face(grey_to_rgb(grey), square), np.full(SIZE, level))


def test_a_tiny_square_lies_within_its_pixel() -> None:
    picture = noise(20, 20)
    np.testing.assert_array_equal(crop_face(picture, Square(7.5, 3.5, 1e-3)), np.full(SIZE, picture[3, 7]))


def test_what_is_reduced_is_averaged_and_not_sampled() -> None:
    stripes = np.tile(np.array([0, 255], np.uint8), (960, 480))
    crop = crop_face(stripes, Square(480.0, 480.0, 480.0))
    assert (crop >= 126).all()
    assert (crop <= 129).all()


def test_a_grey_picture_gives_the_crop_of_its_rgb() -> None:
    grey, square = noise(200, 150), Square(70.0, 90.0, 60.0, 0.3)
    np.testing.assert_allclose(crop_face(grey, square), crop_face(grey_to_rgb(grey), square), atol=1)


@given(
    crop=st.integers(0, 1000).map(lambda seed: noise(*SIZE, seed) // 4 + 40),
    gain=st.floats(1.0, 2.0),
    offset=st.floats(-20.0, 20.0),
)
def test_brightness_and_contrast_of_a_crop_do_not_matter(crop: GreyImage, gain: float, offset: float) -> None:
    values = standardised(crop)
    assert values.dtype == np.float32
    assert values.mean() == pytest.approx(0.0, abs=1e-4)
    assert values.std() == pytest.approx(1.0, abs=1e-4)
    relit: npt.NDArray[np.float64] = np.clip(np.rint(gain * crop + offset), 0, 255)
    np.testing.assert_allclose(standardised(relit.astype(np.uint8)), values, atol=0.1)


@given(st.integers(0, 254))
def test_a_crop_without_contrast_is_not_blown_up(level: int) -> None:
    crop = np.full(SIZE, level, np.uint8)
    np.testing.assert_array_equal(standardised(crop), np.zeros(SIZE))
    crop[::2] += 1
    assert np.abs(standardised(crop)).max() <= 0.25


def test_a_box_becomes_the_square_around_its_middle_as_wide_as_its_longer_side() -> None:
    assert square_of_box(Region(0.25, 0.5, 0.5, 1.0), 640, 480) == Square(240.0, 360.0, 120.0)
    assert square_of_box(Region(0.25, 0.5, 0.75, 0.75), 640, 480) == Square(320.0, 300.0, 160.0)
    assert square_of_box(Region(0.5, 0.5, 0.5, 0.5), 640, 480) == Square(320.0, 240.0, 0.5)


def test_landmarks_that_fall_into_one_point_have_a_square_all_the_same() -> None:
    square = square_of_landmarks(np.full((478, 3), 0.5, np.float32), 640, 480)
    assert square == Square(320.0, 240.0, 0.5, 0.0)
