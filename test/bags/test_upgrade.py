"""Recordings of older definitions are messages of today's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import get_types_from_msg
from rosbags.typesys.store import Typestore
from support.bag_maker import BLENDSHAPES, restamped, write_bag

from blendfer_ros.bags.frames import choose_topic, read_frames
from blendfer_ros.bags.reading import OURS, Bag, typestore
from blendfer_ros.bags.upgrade import upgrader
from blendfer_ros.core.assets import find_message_definitions, find_recording
from blendfer_ros.core.errors import DatasetError, FrameError


def test_the_shipped_recording_has_no_landmarks_and_gets_an_empty_list() -> None:
    bag = Bag(find_recording('sad_to_happy'))
    topic = choose_topic(bag)
    (first, *_) = bag.messages([topic.name])
    before = bag.typestore().deserialize_cdr(first.cdr, BLENDSHAPES)
    after = typestore().deserialize_cdr(upgrader(bag, topic)(first.cdr), BLENDSHAPES)
    assert not hasattr(before.faces[0], 'landmarks')
    assert after.faces[0].landmarks.size == 0
    assert not hasattr(before.faces[0], 'expression_model')
    assert (after.faces[0].expression_scores.size, after.faces[0].expression_model) == (0, '')
    assert (after.header, after.image_width) == (before.header, before.image_width)
    np.testing.assert_array_equal(after.faces[0].scores, before.faces[0].scores)
    np.testing.assert_array_equal(after.faces[0].geometry, before.faces[0].geometry)
    assert len(list(read_frames(bag, topic, None))) == 236


def test_what_is_of_today_stays_as_it_is(tmp_path: Path) -> None:
    bag = Bag(write_bag(tmp_path / 'bag', restamped([1.0])))
    (message,) = bag.messages(['/blendshapes'])
    assert upgrader(bag, message.topic)(message.cdr) is message.cdr


def test_what_cannot_be_left_empty_is_named(tmp_path: Path) -> None:
    text = (find_message_definitions() / 'Emotion.msg').read_text().replace('uint8 state ', 'uint8 condition ')
    old = typestore(get_types_from_msg(text, f'{OURS}msg/Emotion'))
    path = tmp_path / 'bag'
    with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        connection = writer.add_connection('/emotion', f'{OURS}msg/Emotion', typestore=old)
        writer.write(connection, 1, b'\0\1\0\0')
    bag = Bag(path)
    with pytest.raises(DatasetError, match='Emotion was recorded without state, which cannot be left empty'):
        upgrader(bag, bag.topics[0])


def test_a_damaged_message_is_no_message() -> None:
    bag = Bag(find_recording('sad_to_happy'))
    topic = choose_topic(bag)
    (first, *_) = bag.messages([topic.name])
    with pytest.raises(FrameError, match='a message of /blendshapes cannot be read'):
        upgrader(bag, topic)(first.cdr[:40])


def test_an_old_recording_becomes_faces_that_nobody_has_scored() -> None:
    bag = Bag(find_recording('sad_to_happy'))
    faces = [face for found in read_frames(bag, choose_topic(bag), None) if found.frame for face in found.frame.faces]
    assert len(faces) > 200
    assert {(face.expression_scores.size, face.expression_model) for face in faces} == {(0, '')}


def test_text_and_numbers_that_were_not_recorded_are_empty_and_the_rest_is_as_it_was(tmp_path: Path) -> None:
    """An `Emotion` of before there was `quality`, a text between numbers, and `expressions`, a list of numbers."""
    lines = (find_message_definitions() / 'Emotion.msg').read_text().splitlines()
    kept = [line for line in lines if not re.match(r'(string quality|float32\[\] expressions)\b', line)]
    assert len(kept) == len(lines) - 2
    name = f'{OURS}msg/Emotion'
    old = typestore(get_types_from_msg('\n'.join(kept), name))
    (message,) = [make_emotion(old, name)]
    path = tmp_path / 'bag'
    with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        connection = writer.add_connection('/emotion', name, typestore=old)
        writer.write(connection, 1, old.serialize_cdr(message, name))
    bag = Bag(path)
    (recorded,) = bag.messages(['/emotion'])
    after = typestore().deserialize_cdr(upgrader(bag, recorded.topic)(recorded.cdr), name)
    assert (after.quality, after.expressions.size) == ('', 0)
    assert (after.face_id, after.emotion, after.state) == ('face_7', 'happy', 2)
    assert (after.confidence, after.probability_sad, after.held_s) == (0.75, 0.125, 4.5)
    assert after.header == message.header


def make_emotion(types: Typestore, name: str) -> Any:
    """A message with the fields it has there."""
    time = types.types['builtin_interfaces/msg/Time'](sec=3, nanosec=4)
    chosen: dict[str, Any] = {
        'header': types.types['std_msgs/msg/Header'](stamp=time, frame_id='head'),
        'face_id': 'face_7',
        'emotion': 'happy',
        'state': 2,
        'confidence': 0.75,
        'probability_happy': 0.75,
        'probability_unknown': 0.125,
        'probability_sad': 0.125,
        'held_s': 4.5,
    }
    fields = [field for field, _ in types.fielddefs[name][1]]
    return types.types[name](**{field: chosen[field] for field in fields})
