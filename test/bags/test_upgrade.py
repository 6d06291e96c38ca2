"""Recordings of older definitions are messages of today's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import get_types_from_msg
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
