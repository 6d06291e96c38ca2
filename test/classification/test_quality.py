"""A face that cannot be seen well is not judged, and it is said why."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from blendfer_ros.classification.quality import CUT_OFF, GOOD, TOO_SMALL, TURNED_AWAY, QualityOptions, quality_of
from blendfer_ros.core.face import Face, FaceFrame, HeadPose, Region
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.perception.perceiver import FacePerceiver

OPTIONS = QualityOptions(min_face_px=40.0, max_yaw_rad=0.8, max_pitch_rad=0.7, min_visible=0.7)

MakeFace = Callable[..., Face]


def judge(face: Face, *, was_good: bool = True, width_px: int = 1000) -> str:
    return quality_of(face, FaceFrame(0, width_px, 500, (face,)), OPTIONS, was_good=was_good)


@pytest.mark.parametrize(
    ('region', 'pose', 'reason'),
    [
        (Region(0.4, 0.4, 0.6, 0.6), HeadPose(0.0, 0.0, 0.0), GOOD),
        (Region(0.4, 0.4, 0.6, 0.6), HeadPose(3.0, 0.6, -0.7), GOOD),
        (Region(0.4, 0.4, 0.43, 0.6), HeadPose(0.0, 0.0, 0.0), TOO_SMALL),
        (Region(0.4, 0.4, 0.6, 0.6), HeadPose(0.0, 0.0, 0.9), TURNED_AWAY),
        (Region(0.4, 0.4, 0.6, 0.6), HeadPose(0.0, 0.0, -0.9), TURNED_AWAY),
        (Region(0.4, 0.4, 0.6, 0.6), HeadPose(0.0, 0.8, 0.0), TURNED_AWAY),
        (Region(0.4, 0.4, 0.6, 0.6), HeadPose(0.0, -0.8, 0.0), TURNED_AWAY),
        (Region(-0.1, 0.4, 0.1, 0.6), HeadPose(0.0, 0.0, 0.0), CUT_OFF),
        (Region(0.4, 0.9, 0.6, 1.1), HeadPose(0.0, 0.0, 0.0), CUT_OFF),
        (Region(0.5, 0.5, 0.5, 0.5), HeadPose(0.0, 0.0, 0.0), CUT_OFF),
    ],
)
def test_each_reason(make_face: MakeFace, region: Region, pose: HeadPose, reason: str) -> None:
    assert judge(replace(make_face(region=region), pose=pose)) == reason


def test_smallness_is_in_pixels_of_the_image(make_face: MakeFace) -> None:
    face = make_face(region=Region(0.4, 0.4, 0.45, 0.5))
    assert judge(face, width_px=1000) == GOOD
    assert judge(face, width_px=640) == TOO_SMALL


@pytest.mark.parametrize('limit', ['small', 'yaw', 'pitch', 'visible'])
def test_a_face_at_the_limit_does_not_flicker(make_face: MakeFace, limit: str) -> None:
    good, answers = True, []
    for i in range(20):
        # A little better and a little worse than the limit in turn.
        wobble = 0.99 if i % 2 else 1.01
        face = make_face(region=Region(0.4, 0.4, 0.6, 0.6))
        if limit == 'small':
            face = make_face(region=Region(0.4, 0.4, 0.4 + 0.04 * wobble, 0.6))
        elif limit == 'visible':
            face = make_face(region=Region(-0.2 * (1.0 - 0.7 * wobble), 0.4, 0.2 * 0.7 * wobble, 0.6))
        else:
            turn = {'yaw': HeadPose(0.0, 0.0, 0.8 / wobble), 'pitch': HeadPose(0.0, 0.7 / wobble, 0.0)}[limit]
            face = replace(face, pose=turn)
        answers.append(judge(face, was_good=good))
        good = answers[-1] == GOOD
    assert sum(a != b for a, b in itertools.pairwise(answers)) <= 1
    assert answers[-1] != GOOD


@pytest.mark.parametrize(('part', 'quality'), [(0.0, GOOD), (0.45, CUT_OFF)])
def test_half_a_face_at_the_edge_of_a_real_picture_is_cut_off(
    bundle: Path, face_frames: list[RgbImage], part: float, quality: str
) -> None:
    with closing(FacePerceiver(bundle)) as perceiver:
        region = perceiver.perceive(face_frames[0], 1).faces[0].region
        edge_px = round((region.x_min + part * region.width) * face_frames[0].shape[1])
        for i, rgb in enumerate(face_frames):
            frame = perceiver.perceive(np.ascontiguousarray(rgb[:, edge_px:]), (i + 1) * 33_000_000)
        (face,) = frame.faces
    assert quality_of(face, frame, QualityOptions(), was_good=True) == quality
