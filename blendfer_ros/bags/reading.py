"""Bags in: rosbag2 in MCAP or SQLite, whole, split or damaged → their messages in order of time."""

from __future__ import annotations

import os
import re
import sqlite3
import struct
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Final

from mcap.exceptions import EndOfFile
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, McapRecord, Message, Schema
from mcap.stream_reader import StreamReader, breakup_chunk
from rosbags.interfaces import MessageDefinitionFormat, Qos
from rosbags.rosbag2 import Reader
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from blendfer_ros.bags.decompression import MAX_RECORD_BYTES, bound_rosbags, unpack_lz4, unpack_zstd
from blendfer_ros.core.assets import find_message_definitions
from blendfer_ros.core.errors import MAX_NAME, DatasetError, one_line

# What the names of our message types begin with.
OURS: Final = 'blendfer_ros/'
MCAP: Final = '.mcap'
SQLITE: Final = '.db3'

bound_rosbags()


@dataclass(frozen=True)
class Topic:
    """A topic of a bag.

    definition: its message type's text as the bag has it; empty where it has none.
    offered_qos: that of those who published it; empty where the bag does not say, or is damaged.
    """

    name: str
    message_type: str
    definition: str = ''
    offered_qos: tuple[Qos, ...] = ()


@dataclass(frozen=True)
class BagMessage:
    """One message. recorded_ns: when it was recorded [ns]. cdr: the message, serialised."""

    topic: Topic
    recorded_ns: int
    cdr: bytes


@dataclass(frozen=True)
class Damage:
    """Where a bag cannot be read any further. offset: into the file [B]; None where it cannot be told."""

    file: str
    offset: int | None
    reason: str

    def __str__(self) -> str:
        at = '' if self.offset is None else f' at byte {self.offset}'
        return f'{self.file} is damaged{at}: {self.reason}'


class _DamagedError(Exception):
    def __init__(self, file: Path, offset: int | None, reason: object) -> None:
        super().__init__(one_line(reason))
        self.damage = Damage(file.name, offset, one_line(reason))


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
        except _DamagedError as error:
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
                except Exception as error:  # as in __init__
                    # rosbags does not say where, and leaves out the sound part of a damaged chunk.
                    yield from (m for m in self._salvaged() if m.topic.name in topics and m.recorded_ns > last_ns)
                    raise _DamagedError(self.path, None, error) from error
                if found is None:
                    return
                connection, last_ns, cdr = found
                yield BagMessage(wanted[connection.id], last_ns, bytes(cdr))

    def _salvaged(self) -> Iterator[BagMessage]:
        for file in self._files:
            yield from _salvaged(file)

    def _salvaged_topics(self) -> tuple[Topic, ...]:
        found: dict[str, Topic] = {}
        try:
            for message in self._salvaged():
                found.setdefault(message.topic.name, message.topic)
        except _DamagedError as error:
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
    return Topic(connection.topic, connection.msgtype, text, tuple(connection.ext.offered_qos_profiles))


def _salvaged(file: Path) -> Iterator[BagMessage]:
    """What a file holds before its damage, without its index; raises _DamagedError there."""
    yield from _salvaged_mcap(file) if file.suffix == MCAP else _salvaged_sqlite(file)


def _salvaged_mcap(file: Path) -> Iterator[BagMessage]:
    found = _McapContent()
    with file.open('rb') as stream:
        records = StreamReader(stream, emit_chunks=True, record_size_limit=MAX_RECORD_BYTES).records
        offset = 0
        while True:
            try:
                record = next(records, None)
                if record is None:
                    return
                messages = found.messages(_content(record) if isinstance(record, Chunk) else [record])
            except EndOfFile as error:
                yield from found.sound_messages(_sound_records(stream, offset))
                raise _DamagedError(file, file.stat().st_size, 'it ends in the middle of a record') from error
            except Exception as error:  # of any kind, as in Bag
                yield from found.sound_messages(_sound_records(stream, offset))
                raise _DamagedError(file, offset, f'the record there is damaged ({one_line(error)})') from error
            offset = stream.tell()
            yield from messages


def _content(chunk: Chunk) -> list[McapRecord]:
    """The records of a chunk; of any exception where it is damaged, or larger than it says and may be."""
    limit = min(chunk.uncompressed_size, MAX_RECORD_BYTES)
    if chunk.compression == 'zstd':
        chunk = replace(chunk, compression='', data=unpack_zstd(chunk.data, limit))
    elif chunk.compression == 'lz4':
        chunk = replace(chunk, compression='', data=unpack_lz4(chunk.data, limit))
    return breakup_chunk(chunk, validate_crc=True)


class _McapContent:
    """What records mean, which the records before them say."""

    def __init__(self) -> None:
        self._schemas: dict[int, Schema] = {}
        self._topics: dict[int, Topic] = {}

    def messages(self, records: Iterable[McapRecord]) -> list[BagMessage]:
        """The messages among `records`, in order of time."""
        messages = []
        for record in records:
            if isinstance(record, Schema):
                self._schemas[record.id] = record
            elif isinstance(record, Channel):
                schema = self._schemas[record.schema_id]
                text = schema.data.decode() if schema.encoding == 'ros2msg' else ''
                self._topics[record.id] = Topic(record.topic, schema.name, text)
            elif isinstance(record, Message):
                messages.append(BagMessage(self._topics[record.channel_id], record.log_time, record.data))
        return sorted(messages, key=lambda message: message.recorded_ns)

    def sound_messages(self, records: Iterable[McapRecord]) -> list[BagMessage]:
        """The same of records that may speak of topics or types that there are not; none then."""
        try:
            return self.messages(records)
        except (KeyError, UnicodeDecodeError):
            return []


def _sound_records(stream: BinaryIO, offset: int) -> list[McapRecord]:
    """The records of a damaged chunk before its damage; none when only its checksum says that there is any.

    See https://mcap.dev/spec#chunk-op0x06.
    """
    stream.seek(offset)
    head = stream.read(41)
    if len(head) < 41 or head[0] != Opcode.CHUNK:
        return []
    compression = stream.read(min(int.from_bytes(head[37:41], 'little'), MAX_NAME)).decode(errors='replace')
    n_bytes = int.from_bytes(stream.read(8), 'little')
    # Of what it says there may be little: memory is asked for only as far as the file goes.
    data = stream.read(min(n_bytes, MAX_RECORD_BYTES, os.fstat(stream.fileno()).st_size))
    is_truncated = len(data) < n_bytes
    records = []
    try:
        if compression == 'zstd':
            data = unpack_zstd(data)
        elif compression == 'lz4':
            data = unpack_lz4(data)
        content = BytesIO(data)
        for record in StreamReader(content, skip_magic=True, record_size_limit=MAX_RECORD_BYTES).records:
            records.append(record)
            if content.tell() == int.from_bytes(head[25:33], 'little'):
                return []
    except Exception:  # noqa: BLE001, of any kind: this is the damage
        # Overwritten bytes are noticed where the next record should begin, so they begin in the one before.
        return records if is_truncated else records[:-1]
    return records


def _salvaged_sqlite(file: Path) -> Iterator[BagMessage]:
    try:
        with closing(sqlite3.connect(f'file:{file}?mode=ro&immutable=1', uri=True)) as database:
            # Lets SQLite read what there is of a file that is shorter than it says.
            database.execute('PRAGMA writable_schema = ON')
            topics = {i: Topic(name, kind) for i, name, kind in database.execute('SELECT id, name, type FROM topics')}
            for topic_id, recorded_ns, cdr in database.execute(
                'SELECT topic_id, timestamp, data FROM messages ORDER BY id'
            ):
                yield BagMessage(topics[topic_id], recorded_ns, cdr)
    except (sqlite3.Error, KeyError) as error:
        raise _DamagedError(file, _end_of_truncated(file), error) from error


def _end_of_truncated(file: Path) -> int | None:
    """The size of a SQLite file that is shorter than its header says; see https://sqlite.org/fileformat.html."""
    size = file.stat().st_size
    with file.open('rb') as stream:
        header = stream.read(100)
    if len(header) < 100:
        return size
    page_bytes, n_pages = struct.unpack('>H', header[16:18])[0], struct.unpack('>I', header[28:32])[0]
    return size if size < (65536 if page_bytes == 1 else page_bytes) * n_pages else None
