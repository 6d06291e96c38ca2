"""Stills of every size become something FaceLandmarker can read, FER2013's exactly as in training."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from blendfer_ros.core.face import Region
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.images import grey_to_rgb
from blendfer_ros.datasets.variation import UPRIGHT
from blendfer_ros.perception.face_landmarker import FaceLandmarker
from blendfer_ros.perception.stills import STILL_OPTIONS, Attempt, StillLandmarker, still_attempts


def noise(height: int, width: int) -> RgbImage:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


@settings(max_examples=20)
@given(grey=arrays(np.uint8, (48, 48)))
def test_a_picture_of_fer2013_is_prepared_as_in_training(grey: np.ndarray) -> None:
    attempts = list(still_attempts(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)))
    expected = list(UPRIGHT.attempts(grey_to_rgb(grey), 'any'))
    assert len(attempts) == len(expected) == 2
    for attempt, as_in_training in zip(attempts, expected, strict=True):
        np.testing.assert_array_equal(attempt.rgb, as_in_training.rgb)
        assert attempt.region == as_in_training.region


@pytest.mark.parametrize(
    ('size', 'attempts'),
    [
        ((480, 640), [(480, 640), (720, 960), (960, 1280)]),
        ((192, 192), [(192, 192), (288, 288), (384, 384)]),
        ((191, 300), [(288, 454), (384, 604)]),
        ((48, 96), [(288, 576), (384, 768)]),
        ((1920, 2560), [(960, 1280), (1440, 1920), (1920, 2560)]),
    ],
)
def test_small_pictures_are_enlarged_and_large_ones_reduced(
    size: tuple[int, int], attempts: list[tuple[int, int]]
) -> None:
    assert [attempt.rgb.shape[:2] for attempt in still_attempts(noise(*size))] == attempts


def test_a_picture_of_good_size_is_first_shown_as_it_is_and_lies_in_the_middle_of_the_others() -> None:
    rgb = noise(200, 400)
    first, second, third = still_attempts(rgb)
    np.testing.assert_array_equal(first.rgb, rgb)
    np.testing.assert_array_equal(second.rgb[50:-50, 100:-100], rgb)
    np.testing.assert_array_equal(third.rgb[100:-100, 200:-200], rgb)
    np.testing.assert_array_equal(third.rgb[0, 200:-200], rgb[0])
    assert (first.region, second.region, third.region) == (
        Region(0.0, 0.0, 1.0, 1.0),
        Region(-0.25, -0.25, 1.25, 1.25),
        Region(-0.5, -0.5, 1.5, 1.5),
    )


@settings(max_examples=50, deadline=None)
@given(height=st.integers(1, 3000), width=st.integers(1, 3000))
def test_no_size_is_too_odd(height: int, width: int) -> None:
    for attempt in still_attempts(np.zeros((height, width, 3), np.uint8)):
        assert attempt.rgb.flags.c_contiguous
        assert attempt.rgb.shape[2] == 3
        assert max(attempt.rgb.shape) <= 2 * 1280


def test_a_view_into_another_picture_is_made_contiguous() -> None:
    assert all(attempt.rgb.flags.c_contiguous for attempt in still_attempts(noise(300, 300)[:, ::-1]))


@pytest.mark.parametrize('small_on_the_left', [True, False])
def test_the_largest_face_is_given(small_on_the_left: bool, bundle: Path, face_frames: list[RgbImage]) -> None:
    large = face_frames[0][:, 140:500]
    small = cv2.copyMakeBorder(cv2.resize(large, (252, 252)), 54, 54, 54, 54, cv2.BORDER_REPLICATE)
    pair = np.hstack([small, large] if small_on_the_left else [large, small])
    options = replace(STILL_OPTIONS, num_faces=2)
    with FaceLandmarker(bundle, 'image', options) as landmarker:
        assert len(landmarker.detect(pair, 0)) == 2
    with closing(StillLandmarker(bundle, options)) as stills:
        face = stills.detect([Attempt(pair)])
    assert face is not None
    assert (face.region.x_min > 0.5) == small_on_the_left


def test_a_face_found_behind_a_border_lies_where_it_is_in_the_still(bundle: Path, face_frames: list[RgbImage]) -> None:
    rgb = face_frames[0]
    plain, bordered, _ = still_attempts(rgb)
    with closing(StillLandmarker(bundle)) as stills:
        found, again = stills.detect([plain]), stills.detect([bordered])
    assert found is not None
    assert again is not None
    np.testing.assert_allclose(again.landmarks[:, :2], found.landmarks[:, :2], atol=0.02)
    for face in (found, again):
        around = Region.around(face.landmarks)
        assert around.centre == pytest.approx(face.region.centre, abs=1e-5)
        assert (around.width, around.height) == pytest.approx((face.region.width, face.region.height), abs=1e-5)


def test_a_picture_without_a_face_gives_none(bundle: Path) -> None:
    with closing(StillLandmarker(bundle)) as stills:
        assert stills.detect(still_attempts(np.zeros((300, 300, 3), np.uint8))) is None


def test_what_was_seen_before_changes_nothing(bundle: Path, face_frames: list[RgbImage]) -> None:
    def scores(stills: StillLandmarker, rgb: RgbImage) -> np.ndarray:
        face = stills.detect(still_attempts(rgb))
        assert face is not None
        return face.blendshapes

    moved = np.ascontiguousarray(np.roll(face_frames[-1], 40, axis=1))
    with closing(StillLandmarker(bundle)) as fresh:
        alone = scores(fresh, face_frames[0])
    with closing(StillLandmarker(bundle)) as stills:
        scores(stills, moved)
        np.testing.assert_array_equal(scores(stills, face_frames[0]), alone)
