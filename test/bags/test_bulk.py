"""Many messages are deserialised as rosbags does one by one, and what is odd about one is left to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.bag_maker import BLENDSHAPES, TYPES, shipped_messages

from blendfer_ros.bags.bulk import BulkDeserialiser

BLENDSHAPES_OF_ONE = 'blendfer_ros/msg/Blendshapes'

faces = st.builds(
    lambda face_id, n_geometry, n_scores, model, value: (face_id, n_geometry, n_scores, model, value),
    st.text(max_size=9).filter(lambda text: '\0' not in text),
    st.sampled_from([0, 276]),
    st.sampled_from([0, 15]),
    st.sampled_from(['', 'expressions-0123456789ab']),
    st.floats(-3.0, 3.0, width=32),
)


def message_of(stamp_sec: int, given_faces: list[tuple[str, int, int, str, float]], frame_id: str = 'camera') -> bytes:
    types = TYPES.types
    made = [
        types[BLENDSHAPES_OF_ONE](
            face_id=face_id,
            scores=np.full(52, value, np.float32),
            geometry=np.arange(n_geometry, dtype=np.float32),
            **dict.fromkeys(('roll', 'pitch', 'yaw', 'x_min', 'y_min', 'x_max', 'y_max', 'quality'), value),
            landmarks=np.zeros(0, np.float32),
            expression_scores=np.full(n_scores, -value, np.float32),
            expression_model=model,
        )
        for face_id, n_geometry, n_scores, model, value in given_faces
    ]
    stamp = types['builtin_interfaces/msg/Time'](sec=stamp_sec, nanosec=7)
    header = types['std_msgs/msg/Header'](stamp=stamp, frame_id=frame_id)
    message = types[BLENDSHAPES](header=header, image_width=640, image_height=480, faces=made)
    return bytes(TYPES.serialize_cdr(message, BLENDSHAPES))


def same(one: Any, other: Any) -> bool:
    """True for messages, lists and numbers alike to the last bit, of the same types."""
    if isinstance(other, np.ndarray):
        return isinstance(one, np.ndarray) and one.dtype == other.dtype and np.array_equal(one, other)
    if isinstance(other, list):
        return isinstance(one, list) and len(one) == len(other) and all(map(same, one, other))
    if hasattr(other, '__msgtype__'):
        return type(one) is type(other) and all(same(getattr(one, name), getattr(other, name)) for name in vars(other))
    return bool(type(one) is type(other) and one == other)


def deserialised(messages: list[bytes]) -> list[Any]:
    return BulkDeserialiser(TYPES, BLENDSHAPES).deserialise(messages)


@given(st.lists(st.lists(faces, max_size=3), min_size=1, max_size=12))
def test_messages_of_any_lengths_are_those_of_rosbags(of_images: list[list[tuple[str, int, int, str, float]]]) -> None:
    messages = [message_of(i, of_image) for i, of_image in enumerate(of_images)]
    for found, message in zip(deserialised(messages), messages, strict=True):
        assert same(found, TYPES.deserialize_cdr(message, BLENDSHAPES))


def test_a_recording_is_read_alike_whole_and_in_parts() -> None:
    messages = [message.cdr for message in shipped_messages()]
    bulk = BulkDeserialiser(TYPES, BLENDSHAPES)
    found = [each for first in range(0, len(messages), 50) for each in bulk.deserialise(messages[first : first + 50])]
    assert len(found) == 236
    assert all(same(one, TYPES.deserialize_cdr(cdr, BLENDSHAPES)) for one, cdr in zip(found, messages, strict=True))


def test_messages_of_one_size_and_different_lengths_inside_are_told_apart() -> None:
    messages = [
        message_of(1, [('one', 0, 0, '', 0.5)], frame_id='camera_at_the_door'),
        message_of(1, [('one_at_the_door', 0, 0, '', 0.5)], frame_id='camera'),
    ]
    assert len({len(message) for message in messages}) == 1
    first, second = deserialised(messages)
    assert (first.header.frame_id, first.faces[0].face_id) == ('camera_at_the_door', 'one')
    assert (second.header.frame_id, second.faces[0].face_id) == ('camera', 'one_at_the_door')


sound = message_of(1, [('face_1', 276, 15, 'expressions-0123456789ab', 0.5)])


@pytest.mark.parametrize(
    'damaged',
    [
        b'',
        b'\0',
        sound[:40],
        sound[:-3],
        sound + b'\0\0\0\0',
        b'\0\0' + sound[2:],
    ],
    ids=['empty', 'one byte', 'cut short', 'cut short at the end', 'too long', 'big-endian'],
)
def test_what_is_odd_is_left_out_and_hurts_no_other(damaged: bytes) -> None:
    found = deserialised([sound, damaged, sound])
    assert found[1] is None
    assert same(found[0], TYPES.deserialize_cdr(sound, BLENDSHAPES))
    assert same(found[2], found[0])


def test_text_that_is_none_is_left_to_rosbags_with_the_messages_laid_out_like_it() -> None:
    shorter = message_of(1, [])
    found = deserialised([sound, sound.replace(b'face_1', b'face_\xff'), shorter])
    assert found[:2] == [None, None]
    assert same(found[2], TYPES.deserialize_cdr(shorter, BLENDSHAPES))


def test_kinds_of_numbers_it_does_not_know_are_left_out() -> None:
    message = TYPES.types['std_msgs/msg/Bool'](data=True)
    cdr = bytes(TYPES.serialize_cdr(message, 'std_msgs/msg/Bool'))
    assert BulkDeserialiser(TYPES, 'std_msgs/msg/Bool').deserialise([cdr]) == [None]
