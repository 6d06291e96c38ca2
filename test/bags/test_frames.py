"""Messages of a bag become faces as in the nodes, and those the nodes would skip say why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from support.bag_maker import (
    BLENDSHAPES,
    COMPRESSED_IMAGE,
    FIRST_NS,
    IMAGE,
    TYPES,
    blendshapes_bag,
    image_messages,
    shipped_messages,
    write_bag,
)

from blendfer_ros.bags.frames import choose_topic, pictures_at, read_frames
from blendfer_ros.bags.reading import Bag
from blendfer_ros.core.errors import DatasetError, SkipReason
from blendfer_ros.core.image_types import RgbImage

RATE_HZ = 24.0


def bag_of_topics(path: Path, *topics: tuple[str, str]) -> Bag:
    with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        for name, kind in topics:
            writer.add_connection(name, kind, typestore=TYPES)
    return Bag(path)


@pytest.mark.parametrize(
    ('topics', 'chosen'),
    [
        ([('/camera', IMAGE), ('/faces', BLENDSHAPES)], '/faces'),
        ([('/camera/compressed', COMPRESSED_IMAGE), ('/camera', IMAGE)], '/camera'),
        ([('/camera/compressed', COMPRESSED_IMAGE), ('/chatter', 'std_msgs/msg/String')], '/camera/compressed'),
    ],
)
def test_blendshapes_come_before_raw_images_before_compressed_ones(
    topics: list[tuple[str, str]], chosen: str, tmp_path: Path
) -> None:
    assert choose_topic(bag_of_topics(tmp_path / 'bag', *topics)).name == chosen


def test_a_topic_that_is_asked_for_is_taken_with_or_without_its_slash(tmp_path: Path) -> None:
    bag = bag_of_topics(tmp_path / 'bag', ('/left', IMAGE), ('/right', IMAGE))
    assert choose_topic(bag, '/right').name == choose_topic(bag, 'right').name == '/right'


def test_topics_that_leave_a_choice_or_none_are_named(tmp_path: Path) -> None:
    bag = bag_of_topics(tmp_path / 'two', ('/left', IMAGE), ('/right', IMAGE))
    with pytest.raises(DatasetError, match=r'several topics .* say which by --topic: /left .*, /right'):
        choose_topic(bag)
    with pytest.raises(DatasetError, match='no topic middle of images or blendshapes; its topics: /left'):
        choose_topic(bag, 'middle')
    with pytest.raises(DatasetError, match=r'no topic of images or blendshapes; its topics: /chatter \(std_msgs'):
        choose_topic(bag_of_topics(tmp_path / 'none', ('/chatter', 'std_msgs/msg/String')))


def test_blendshapes_need_no_bundle(tmp_path: Path) -> None:
    bag = Bag(blendshapes_bag(tmp_path / 'bag'))
    frames = list(read_frames(bag, choose_topic(bag), None))
    assert len(frames) == 236
    assert all(found.frame is not None and found.error is None for found in frames)
    assert [found.recorded_ns for found in frames] == [message.recorded_ns for message in shipped_messages()]


def test_images_without_a_bundle_are_refused(tmp_path: Path) -> None:
    black = np.zeros((2, 2, 3), np.uint8)
    bag = Bag(write_bag(tmp_path / 'bag', image_messages([black], RATE_HZ), IMAGE, '/camera'))
    with pytest.raises(DatasetError, match='has images, which need the FaceLandmarker bundle'):
        next(read_frames(bag, choose_topic(bag), None))


def test_raw_and_compressed_images_show_the_same_faces(
    face_frames: list[RgbImage], bundle: Path, tmp_path: Path
) -> None:
    seen = []
    for kind in (IMAGE, COMPRESSED_IMAGE):
        name = kind.rpartition('/')[2]
        bag = Bag(write_bag(tmp_path / name, image_messages(face_frames[:8], RATE_HZ, kind), kind, '/camera'))
        frames = [found.frame for found in read_frames(bag, choose_topic(bag), bundle)]
        assert all(frame is not None and len(frame.faces) == 1 for frame in frames)
        assert frames[0].stamp_ns == FIRST_NS
        seen.append(np.array([frame.faces[0].blendshapes for frame in frames]))
    np.testing.assert_array_equal(*seen)


def test_messages_that_cannot_be_used_say_why_and_the_next_ones_are_read(tmp_path: Path) -> None:
    (first, cdr), (second, _), (third, last) = ((m.recorded_ns, m.cdr) for m in shipped_messages()[:3])
    bag = Bag(write_bag(tmp_path / 'bag', [(first, cdr), (second, cdr[:30]), (third, last)]))
    frames = list(read_frames(bag, choose_topic(bag), None))
    assert [found.frame is None for found in frames] == [False, True, False]
    assert frames[1].error is not None
    assert frames[1].error.reason is SkipReason.UNREADABLE_MESSAGE
    assert str(frames[1].error).startswith('a message of /blendshapes cannot be read: ')


def test_pictures_are_found_by_their_stamps(tmp_path: Path) -> None:
    greys = [np.full((4, 6, 3), 10 * i, np.uint8) for i in range(5)]
    for kind in (IMAGE, COMPRESSED_IMAGE):
        name = kind.rpartition('/')[2]
        bag = Bag(write_bag(tmp_path / name, image_messages(greys, 10.0, kind), kind, '/camera'))
        third_ns = FIRST_NS + 200_000_000
        found = pictures_at(bag, choose_topic(bag), {third_ns, third_ns + 1})
        assert list(found) == [third_ns]
        np.testing.assert_array_equal(found[third_ns], greys[2])


def test_there_are_no_pictures_in_blendshapes(tmp_path: Path) -> None:
    bag = Bag(blendshapes_bag(tmp_path / 'bag'))
    assert pictures_at(bag, choose_topic(bag), {message.recorded_ns for message in shipped_messages()}) == {}
