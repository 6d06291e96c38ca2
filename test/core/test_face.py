"""Boxes, head poses and what may be called a face."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.region_overlap import overlap

from blendfer_ros.core.errors import FrameError
from blendfer_ros.core.face import NO_LANDMARKS, WHOLE_PICTURE, Face, HeadPose, Region


@pytest.mark.parametrize(
    ('other', 'expected'),
    [
        (Region(0.0, 0.0, 0.5, 0.5), 1.0),
        (Region(0.25, 0.0, 0.75, 0.5), 1.0 / 3.0),
        (Region(0.5, 0.5, 1.0, 1.0), 0.0),
        (Region(0.8, 0.8, 0.8, 0.8), 0.0),
    ],
)
def test_overlap_is_intersection_over_union(other: Region, expected: float) -> None:
    assert overlap(Region(0.0, 0.0, 0.5, 0.5), other) == pytest.approx(expected)


def test_quality_falls_as_the_face_leaves_the_picture_and_as_it_turns_away(make_face: Callable[..., Face]) -> None:
    assert make_face().quality == pytest.approx(1.0)
    assert make_face(region=Region(-0.1, 0.4, 0.1, 0.6)).quality == pytest.approx(0.5)
    assert make_face(region=Region(0.4, 0.4, 0.4, 0.6)).quality == 0.0
    turned = replace(make_face(), pose=HeadPose(0.0, 0.0, math.pi / 3.0))
    assert turned.quality == pytest.approx(0.5)


@pytest.mark.parametrize(
    'change',
    [
        {'blendshapes': np.zeros(51, np.float32)},
        {'geometry': np.zeros(3, np.float32)},
        {'expression_scores': np.zeros(7, np.float32)},
    ],
)
def test_a_face_with_the_wrong_number_of_numbers_is_refused(change: dict, make_face: Callable[..., Face]) -> None:
    with pytest.raises(FrameError, match='expected'):
        replace(make_face(), **change)


@pytest.mark.parametrize('bad', [float('nan'), float('inf')])
@pytest.mark.parametrize('where', ['blendshapes', 'geometry', 'pose', 'region'])
def test_numbers_that_are_none_are_refused_wherever_they_are(
    make_face: Callable[..., Face], where: str, bad: float
) -> None:
    face = make_face()
    value: Any = getattr(face, where)
    if where == 'pose':
        value = HeadPose(bad, 0.0, 0.0)
    elif where == 'region':
        value = Region(0.0, bad, 1.0, 1.0)
    else:
        value = np.full_like(value, bad)
    with pytest.raises(FrameError, match='not finite'):
        replace(face, **{where: value})


def test_a_region_knows_its_sides_its_middle_and_what_of_it_is_in_the_picture() -> None:
    region = Region(-0.1, 0.2, 0.3, 0.8)
    assert (region.width, region.height, region.area) == pytest.approx((0.4, 0.6, 0.24))
    assert region.centre == pytest.approx((0.1, 0.5))
    assert region.visible == pytest.approx(0.75)
    assert Region(0.5, 0.5, 0.5, 0.5).visible == 0.0


def test_a_box_around_points_is_the_smallest_one() -> None:
    points = np.array([[0.5, 0.25, 9.0], [0.125, 0.75, 9.0], [0.25, 0.5, 9.0]], np.float32)
    assert Region.around(points) == Region(0.125, 0.25, 0.5, 0.75)


def test_a_face_in_a_part_of_a_picture_has_its_place_in_the_picture(make_face: Callable[..., Face]) -> None:
    landmarks = np.array([[0.0, 0.5, 0.25], [1.0, 1.0, 0.0]], np.float32)
    face = replace(make_face(region=Region(0.0, 0.5, 1.0, 1.0)), landmarks=landmarks)
    moved = face.from_part(Region(0.5, 0.0, 0.75, 0.5))
    assert moved.region == Region(0.5, 0.25, 0.75, 0.5)
    np.testing.assert_allclose(moved.landmarks, [[0.5, 0.25, 0.0625], [0.75, 0.5, 0.0]])
    assert moved.landmarks.dtype == np.float32
    np.testing.assert_array_equal(face.from_part(WHOLE_PICTURE).landmarks, landmarks)


def test_a_face_of_unknown_landmarks_may_be_moved_too(make_face: Callable[..., Face]) -> None:
    assert make_face().landmarks is NO_LANDMARKS
    assert make_face().from_part(Region(0.0, 0.0, 0.5, 0.5)).landmarks.shape == (0, 3)
