"""Bags in: rosbag2 in MCAP or SQLite, whole, split or damaged → their messages in order of time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from rosbags.interfaces import MessageDefinitionFormat
from rosbags.rosbag2 import Reader
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from blendfer_ros.bags.decompression import bound_rosbags
from blendfer_ros.bags.salvage import MCAP, BagMessage, Damage, DamagedError, Topic, salvaged
from blendfer_ros.core.assets import find_message_definitions
from blendfer_ros.core.errors import DatasetError, one_line

# What the names of our message types begin with.
OURS: Final = 'blendfer_ros/'
SQLITE: Final = '.db3'
bound_rosbags()


class Bag:
    """A rosbag2 folder, or one of its storage files. damage: where reading ended early, as far as is known yet."""

    def __init__(self, path: Path) -> None:
        """Look into the bag; raises DatasetError when there is none, or nothing of it can be read."""
        self.path = path
        self.damage: Damage | None = None
        self._files = _storage_files(path)
        self._is_whole = True
        self._n_messages: Counter[str] = Counter()
        try:
            with Reader(path) as reader:
                # Every publisher has a connection of its own.
                self.topics = tuple({c.topic: _topic(c) for c in reader.connections}.values())
                for connection in reader.connections:
                    self._n_messages[connection.topic] += connection.msgcount
        except Exception as error:  # what rosbags lets through from a damaged file is of any kind
            if not self._files:
                raise DatasetError(f'the bag {path} cannot be read: {one_line(error)}') from error
            self._is_whole = False
            self.topics = self._salvaged_topics()

    def messages(self, topics: Collection[str]) -> Iterator[BagMessage]:
        """The messages of `topics` in order of time; where the bag is damaged they end, and `damage` says where."""
        self.damage = None
        try:
            if self._is_whole:
                yield from self._messages(topics)
            else:
                yield from (message for message in self._salvaged() if message.topic.name in topics)
        except DamagedError as error:
            self.damage = error.damage

    def n_messages(self, topic: Topic) -> int | None:
        """How many messages of a topic the bag says it has; None where it does not say."""
        return self._n_messages[topic.name] or None

    def typestore(self) -> Typestore:
        """Message types for rosbags: ROS 2's own, ours, and before ours those of the same name in the bag."""
        recorded: dict[str, Any] = {}
        for topic in self.topics:
            if topic.definition and topic.message_type.startswith(OURS):
                recorded |= self._definitions(topic)
        return typestore(recorded)

    def _definitions(self, topic: Topic) -> dict[str, Any]:
        """Its types; raises DatasetError where they are not sound, or not complete."""
        try:
            found = get_types_from_msg(topic.definition, topic.message_type)
            types: dict[str, Any] = {name: fields for name, fields in found.items() if name.startswith(OURS)}
            typestore(types).hash_rihs01(topic.message_type)
        except Exception as error:  # of any kind, as rosbags' parser lets through what it stumbles over
            raise DatasetError(
                f'the definition of {one_line(topic.message_type)} in {self.path} cannot be read: {one_line(error)}'
            ) from error
        return types

    def _messages(self, topics: Collection[str]) -> Iterator[BagMessage]:
        with Reader(self.path) as reader:
            wanted = {c.id: _topic(c) for c in reader.connections if c.topic in topics}
            messages = reader.messages([c for c in reader.connections if c.id in wanted]) if wanted else iter(())
            last_ns = -1
            while True:
                try:
                    found = next(messages, None)
                    # Of a number in its place `bytes` would make as many zeros.
                    cdr = memoryview(found[2]).tobytes() if found else b''
                except Exception as error:  # as in __init__
                    # rosbags does not say where, and leaves out the sound part of a damaged chunk.
                    yield from (m for m in self._salvaged() if m.topic.name in topics and m.recorded_ns > last_ns)
                    raise DamagedError(self.path, None, error) from error
                if found is None:
                    return
                connection, last_ns, _ = found
                yield BagMessage(wanted[connection.id], last_ns, cdr)

    def _salvaged(self) -> Iterator[BagMessage]:
        for file in self._files:
            yield from salvaged(file)

    def _salvaged_topics(self) -> tuple[Topic, ...]:
        found: dict[str, Topic] = {}
        try:
            for message in self._salvaged():
                found.setdefault(message.topic.name, message.topic)
        except DamagedError as error:
            self.damage = error.damage
        if not found:
            raise DatasetError(f'nothing of the bag {self.path} can be read: {self.damage or "it has no messages"}')
        return tuple(found.values())


def typestore(instead: Mapping[str, Any] | None = None) -> Typestore:
    """Message types for rosbags: ROS 2's own and ours, those of `instead` taking the place of ours of the same name."""
    ours: dict[str, Any] = {}
    for path in sorted(find_message_definitions().glob('*.msg')):
        ours |= get_types_from_msg(path.read_text(), f'{OURS}msg/{path.stem}')
    store = get_typestore(Stores.ROS2_JAZZY)
    store.register({**ours, **(instead or {})})
    return store


def is_bag(path: Path) -> bool:
    """True for a folder with storage files in it, or such a file."""
    if path.is_dir():
        return any(file.suffix in (MCAP, SQLITE, '.zstd') for file in path.iterdir())
    return path.suffix in (MCAP, SQLITE) and path.is_file()


def _storage_files(path: Path) -> list[Path]:
    if path.is_file() and path.suffix in (MCAP, SQLITE):
        return [path]
    files = [file for file in path.iterdir() if file.suffix in (MCAP, SQLITE)] if path.is_dir() else []
    if not files and not is_bag(path):
        raise DatasetError(f'{path} is no bag: expected a rosbag2 folder, or a {MCAP} or {SQLITE} file')
    # bag_10 is recorded after bag_9.
    return sorted(
        files, key=lambda file: [int(part) if part.isdecimal() else 0 for part in re.split(r'(\d+)', file.stem)]
    )


def _topic(connection: Any) -> Topic:
    definition = connection.msgdef
    text = definition.data if definition.format == MessageDefinitionFormat.MSG else ''
    return Topic(str(connection.topic), str(connection.msgtype), text, tuple(connection.ext.offered_qos_profiles))
