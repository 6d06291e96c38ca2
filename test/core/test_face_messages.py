"""Faces go through messages unchanged, but for their landmarks, which stay where they were found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from support.scored_faces import NETWORK, from_pixels_alone, scored

from blendfer_ros.core.errors import FrameError
from blendfer_ros.core.face import Face, HeadPose, Region
from blendfer_ros.core.face_messages import face_to_fields, message_to_face, message_to_frame


@pytest.fixture
def face(make_face: Callable[..., Face]) -> Face:
    """One of whom everything is known."""
    region = Region(-0.25, 0.25, 0.5, 0.75)
    pose = HeadPose(0.125, 0.25, 0.5)
    return replace(make_face(region=region, jawOpen=0.5), pose=pose, landmarks=np.ones((478, 3), np.float32))


def test_a_message_holds_everything_but_landmarks(face: Face) -> None:
    fields = face_to_fields(face)
    assert fields['quality'] == face.quality
    read = message_to_face(SimpleNamespace(**fields))
    assert (read.pose, read.region, read.face_id) == (face.pose, face.region, face.face_id)
    np.testing.assert_array_equal(read.blendshapes, face.blendshapes)
    np.testing.assert_array_equal(read.geometry, face.geometry)
    assert not read.landmarks.size


def test_a_frame_has_its_stamp_its_size_and_everybody(face: Face) -> None:
    header = SimpleNamespace(stamp=SimpleNamespace(sec=3, nanosec=4))
    faces = [SimpleNamespace(**face_to_fields(each)) for each in (face, replace(face, face_id='face_2'))]
    frame = message_to_frame(SimpleNamespace(header=header, image_width=640, image_height=480, faces=faces))
    assert (frame.stamp_ns, frame.width_px, frame.height_px) == (3_000_000_004, 640, 480)
    assert [each.face_id for each in frame.faces] == ['face_1', 'face_2']


def test_a_face_that_cannot_be_is_refused(face: Face) -> None:
    with pytest.raises(FrameError, match='expected blendshapes of shape'):
        message_to_face(SimpleNamespace(**face_to_fields(face) | {'scores': [0.5] * 51}))
    with pytest.raises(FrameError, match='not finite'):
        message_to_face(SimpleNamespace(**face_to_fields(face) | {'yaw': float('nan')}))


def test_expression_scores_and_their_network_go_through_a_message(face: Face) -> None:
    for shown in (scored(face, happy=0.75), from_pixels_alone(scored(face, sad=0.5))):
        read = message_to_face(SimpleNamespace(**face_to_fields(shown)))
        assert read.expression_model == NETWORK
        for name in ('expression_scores', 'blendshapes', 'geometry'):
            np.testing.assert_array_equal(getattr(read, name), getattr(shown, name))


def test_a_face_nobody_has_scored_has_no_scores_in_its_message(face: Face) -> None:
    fields = face_to_fields(face)
    assert (fields['expression_scores'].size, fields['expression_model']) == (0, '')


@pytest.mark.parametrize(
    ('scores', 'cause'),
    [([-1.0] * 14, r'expected expression scores of shape \(0,\) or \(15,\)'), ([float('nan')] * 15, 'not finite')],
)
def test_expression_scores_that_cannot_be_are_refused(scores: list[float], cause: str, face: Face) -> None:
    with pytest.raises(FrameError, match=cause):
        message_to_face(SimpleNamespace(**face_to_fields(face) | {'expression_scores': scores}))
