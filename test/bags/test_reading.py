"""Bags of every kind are read alike, and damaged ones up to where they are damaged."""

from __future__ import annotations

import shutil
from io import BytesIO
from pathlib import Path

import pytest
from mcap.writer import CompressionType
from mcap.writer import Writer as McapWriter
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin
from support.bag_maker import blendshapes_bag, shipped_messages, storage_file, write_bag

from blendfer_ros.bags.reading import Bag, is_bag
from blendfer_ros.bags.salvage import BagMessage, Damage
from blendfer_ros.core.assets import find_message_definitions, find_recording
from blendfer_ros.core.errors import DatasetError

TOPICS = ['/blendshapes']
KINDS = {
    'mcap': {},
    'mcap with zstd chunks': {'compression': (CompressionMode.STORAGE, CompressionFormat.ZSTD)},
    'sqlite': {'plugin': StoragePlugin.SQLITE3},
    'sqlite with zstd messages': {
        'plugin': StoragePlugin.SQLITE3,
        'compression': (CompressionMode.MESSAGE, CompressionFormat.ZSTD),
    },
    'sqlite in a zstd file': {
        'plugin': StoragePlugin.SQLITE3,
        'compression': (CompressionMode.FILE, CompressionFormat.ZSTD),
    },
}


def content(messages: list[BagMessage]) -> list[tuple[int, bytes]]:
    return [(message.recorded_ns, message.cdr) for message in messages]


def mcap_bytes(compression: CompressionType = CompressionType.NONE, chunk_bytes: int = 100_000) -> bytes:
    """The shipped messages in an MCAP file of chunks of this size."""
    stream = BytesIO()
    writer = McapWriter(stream, compression=compression, chunk_size=chunk_bytes)
    writer.start('ros2')
    text = (find_message_definitions() / 'Emotion.msg').read_bytes()
    schema = writer.register_schema('blendfer_ros/msg/BlendshapesArray', 'ros2msg', text)
    channel = writer.register_channel('/blendshapes', 'cdr', schema)
    for message in shipped_messages():
        writer.add_message(channel, message.recorded_ns, message.cdr, message.recorded_ns)
    writer.finish()
    return stream.getvalue()


@pytest.mark.parametrize('kind', KINDS)
def test_bags_of_every_kind_have_the_same_messages(kind: str, tmp_path: Path) -> None:
    bag = Bag(blendshapes_bag(tmp_path / 'bag', **KINDS[kind]))
    (topic,) = bag.topics
    assert (topic.name, topic.message_type) == ('/blendshapes', 'blendfer_ros/msg/BlendshapesArray')
    messages = list(bag.messages(TOPICS))
    assert content(messages) == content(shipped_messages())
    assert bag.n_messages(topic) == len(messages) == 236
    assert bag.damage is None


@pytest.mark.parametrize('kind', ['mcap', 'sqlite'])
def test_a_storage_file_without_its_folder_is_read_too(kind: str, tmp_path: Path) -> None:
    file = storage_file(blendshapes_bag(tmp_path / 'bag', **KINDS[kind]))
    assert content(list(Bag(file).messages(TOPICS))) == content(shipped_messages())


@pytest.mark.parametrize('compression', [CompressionType.NONE, CompressionType.LZ4, CompressionType.ZSTD])
def test_a_truncated_file_is_read_up_to_where_it_ends(compression: CompressionType, tmp_path: Path) -> None:
    file = tmp_path / 'cut.mcap'
    data = mcap_bytes(compression)
    file.write_bytes(data[: len(data) // 2])
    bag = Bag(file)
    messages = list(bag.messages(TOPICS))
    # What is left of a zstd chunk may be less than one of its blocks.
    assert 60 < len(messages) < 150
    assert content(messages) == content(shipped_messages())[: len(messages)]
    assert bag.damage == Damage('cut.mcap', len(data) // 2, 'it ends in the middle of a record')
    assert bag.n_messages(bag.topics[0]) is None


def test_a_file_with_overwritten_bytes_is_read_up_to_the_damaged_chunk_and_its_offset_is_said(tmp_path: Path) -> None:
    file = tmp_path / 'bad.mcap'
    data = bytearray(mcap_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    file.write_bytes(data)
    bag = Bag(file)
    messages = list(bag.messages(TOPICS))
    assert 90 < len(messages) < 130
    assert content(messages) == content(shipped_messages())[: len(messages)]
    assert bag.damage is not None
    assert middle - 101_000 < bag.damage.offset <= middle
    assert str(bag.damage).startswith(f'bad.mcap is damaged at byte {bag.damage.offset}: the record there is damaged (')


def test_reading_again_tells_of_the_same_damage(tmp_path: Path) -> None:
    file = tmp_path / 'cut.mcap'
    file.write_bytes(mcap_bytes()[:200_000])
    bag = Bag(file)
    first, damage = list(bag.messages(TOPICS)), bag.damage
    assert list(bag.messages(TOPICS)) == first
    assert bag.damage == damage


def test_a_split_bag_is_read_in_order_of_its_files_also_without_metadata(tmp_path: Path) -> None:
    bag = tmp_path / 'split'
    bag.mkdir()
    messages = content(shipped_messages())
    # By name alone, split_10 would come before split_9.
    for number, part in ((9, messages[:100]), (10, messages[100:])):
        file = storage_file(write_bag(tmp_path / f'part{number}', part))
        shutil.copy(file, bag / f'split_{number}.mcap')
    assert content(list(Bag(bag).messages(TOPICS))) == messages


def test_a_truncated_sqlite_file_tells_its_size(tmp_path: Path) -> None:
    messages = content(shipped_messages())[:40]
    file = storage_file(write_bag(tmp_path / 'bag', messages, plugin=StoragePlugin.SQLITE3))
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    bag = Bag(file.parent)
    found = list(bag.messages(TOPICS))
    assert 0 < len(found) < len(messages)
    assert content(found) == messages[: len(found)]
    assert bag.damage is not None
    assert (bag.damage.file, bag.damage.offset) == (file.name, len(data) // 2)


def test_a_bag_of_which_nothing_can_be_read_says_why(tmp_path: Path) -> None:
    file = tmp_path / 'noise.mcap'
    file.write_bytes(bytes(range(256)))
    with pytest.raises(DatasetError, match=r'nothing of the bag .*noise\.mcap can be read: noise\.mcap is damaged at'):
        Bag(file)


def test_what_is_no_bag_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'readme.txt').write_text('no bag')
    for path in (tmp_path, tmp_path / 'readme.txt', tmp_path / 'missing'):
        assert not is_bag(path)
        with pytest.raises(DatasetError, match=r'is no bag: expected a rosbag2 folder, or a \.mcap or \.db3 file'):
            Bag(path)


def test_the_shipped_recording_is_a_bag_whose_types_are_known() -> None:
    path = find_recording('sad_to_happy')
    assert is_bag(path)
    bag = Bag(path)
    message = next(bag.messages(TOPICS))
    assert bag.typestore().deserialize_cdr(message.cdr, message.topic.message_type).image_width == 640
