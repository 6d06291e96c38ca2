"""Entries for recordings: MCAP, SQLite, metadata."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import lz4.frame
import zstandard
from fuzz.harness import Harness, Run, Taken, file_run
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin
from support.bag_maker import shipped_messages, write_bag

from blendfer_ros.bags.finding import find_bags
from blendfer_ros.bags.frames import choose_topic, read_messages
from blendfer_ros.bags.playback import topics_to_play
from blendfer_ros.bags.reading import Bag
from blendfer_ros.bags.upgrade import upgrader
from blendfer_ros.core.errors import FrameError

N_MESSAGES = 50
ZEROS = b'\0' * 2**20


def use(path: Path) -> None:
    """Everything that is done with a bag, but for showing it to FaceLandmarker."""
    bag = Bag(path)
    for topic in topics_to_play(bag, ''):
        upgrade = upgrader(bag, topic)
        for message in islice(bag.messages([topic.name]), N_MESSAGES):
            with suppress(FrameError):
                upgrade(message.cdr)
        if bag.damage:
            assert str(bag.damage).isprintable(), str(bag.damage)
    list(islice(read_messages(bag, choose_topic(bag)), N_MESSAGES))


@cache
def small_bags() -> dict[str, bytes]:
    """Two messages each, by what they are stored as."""
    messages = [(message.recorded_ns, message.cdr[:2000]) for message in shipped_messages()[:2]]
    ways: dict[str, dict[str, Any]] = {
        'plain.mcap': {},
        'zstd.mcap': {'compression': (CompressionMode.STORAGE, CompressionFormat.ZSTD)},
        'plain.db3': {'plugin': StoragePlugin.SQLITE3},
    }
    found = {}
    with TemporaryDirectory() as folder:
        for name, how in ways.items():
            bag = write_bag(Path(folder, name.replace('.', '_')), messages, **how)
            found[name] = next(file for file in bag.iterdir() if file.suffix != '.yaml').read_bytes()
            found[f'{name}.yaml'] = (bag / 'metadata.yaml').read_bytes()
    return found


def mcaps() -> Sequence[bytes]:
    return [small_bags()['plain.mcap'], small_bags()['zstd.mcap']]


def record(opcode: int, content: bytes) -> bytes:
    return struct.pack('<BQ', opcode, len(content)) + content


def made_mcap(folder: Path) -> Run:
    """Files that are sound up to a chunk, which says anything of itself and may be a bomb."""
    path = folder / 'made.mcap'

    def text(value: bytes) -> bytes:
        return struct.pack('<I', len(value)) + value

    def run(data: bytes) -> None:
        taken = Taken(data)
        kind, name = (
            taken.choice((b'sensor_msgs/msg/Image', b'blendfer_ros/msg/BlendshapesArray', b'a/b')),
            b'/\x1b[2Jt',
        )
        schema = struct.pack('<H', 1) + text(kind) + text(b'ros2msg') + text(taken.raw(taken.number() % 64))
        channel = struct.pack('<HH', 1, taken.number() % 3) + text(name) + text(b'cdr') + struct.pack('<I', 0)
        content = record(3, schema) + record(4, channel)
        for _ in range(taken.number() % 3):
            content += record(5, struct.pack('<HIQQ', 1, 0, taken.number(8), 0) + taken.raw(taken.number()))
        if taken.number() % 8 == 0:
            content += ZEROS
        size = len(content) if taken.chance() else taken.number(8)
        method = taken.choice((b'', b'lz4', b'zstd', b'\xff'))
        if method == b'lz4':
            content = lz4.frame.compress(content)
        elif method == b'zstd':
            content = zstandard.ZstdCompressor().compress(content)
        chunk = struct.pack('<QQQI', 0, 2**63, size, 0) + text(method) + struct.pack('<Q', len(content)) + content
        head = b'\x89MCAP0\r\n' + record(1, text(b'ros2') + text(b''))
        path.write_bytes(head + record(6, chunk) + taken.rest())
        use(path)

    return run


def folder_run(folder: Path) -> Run:
    """Rosbag2 folders, sound but for their metadata."""
    bag = folder / 'bag'
    bag.mkdir(exist_ok=True)
    (bag / 'plain.mcap').write_bytes(small_bags()['plain.mcap'])
    (bag / 'plain.mcap.zstd').write_bytes(zstandard.ZstdCompressor().compress(ZEROS * 4))

    def run(data: bytes) -> None:
        (bag / 'metadata.yaml').write_bytes(data)
        find_bags([bag])
        use(bag)

    return run


def metadata() -> Sequence[bytes]:
    sound = small_bags()['plain.mcap.yaml'].replace(b'plain_mcap.mcap', b'plain.mcap')
    packed = sound.replace(b'plain.mcap', b'plain.mcap.zstd').replace(
        b"compression_format: ''", b'compression_format: zstd'
    )
    return [
        sound,
        packed.replace(b"compression_mode: ''", b'compression_mode: file'),
        packed.replace(b"compression_mode: ''", b'compression_mode: message'),
        sound.replace(b'- plain.mcap', b'- ../../../../etc/passwd'),
        b'[' * 3000,
    ]


HARNESSES = (
    Harness('bag_mcap', 'MCAP files', lambda f: file_run(f, 'a.mcap', use), mcaps, 0.3, max_bytes=16384),
    Harness('bag_made_mcap', 'MCAP files with a chunk of anything', made_mcap, lambda: [bytes(range(250))], 0.5),
    Harness(
        'bag_sqlite',
        'SQLite bags',
        lambda f: file_run(f, 'a.db3', use),
        lambda: [small_bags()['plain.db3']],
        0.2,
        max_bytes=65536,
    ),
    Harness('bag_metadata', 'metadata.yaml of bags', folder_run, metadata, 0.1, max_bytes=8192),
)
