"""What can still be read of storage files without their index: all of sound ones, and damaged ones up to there."""

from __future__ import annotations

import os
import sqlite3
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final
from zlib import crc32

from mcap.data_stream import ReadDataStream
from mcap.exceptions import EndOfFile
from mcap.opcode import Opcode
from mcap.records import Channel, Chunk, McapRecord, Message, Schema
from mcap.stream_reader import StreamReader
from rosbags.interfaces import Qos

from blendfer_ros.bags.decompression import MAX_RECORD_BYTES, unpack_lz4, unpack_zstd
from blendfer_ros.core.errors import MAX_NAME, one_line

MCAP: Final = '.mcap'
# By what a chunk says it is compressed with.
UNPACK: Final[dict[str, Callable[[bytes, int], bytes]]] = {
    '': lambda data, _: data,
    'zstd': unpack_zstd,
    'lz4': unpack_lz4,
}


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


class DamagedError(Exception):
    """A file cannot be read any further; `damage` says where."""

    def __init__(self, file: Path, offset: int | None, reason: object) -> None:
        super().__init__(one_line(reason))
        self.damage = Damage(file.name, offset, one_line(reason))


def salvaged(file: Path) -> Iterator[BagMessage]:
    """What a file holds before its damage, without its index; raises DamagedError there."""
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
                raise DamagedError(file, file.stat().st_size, 'it ends in the middle of a record') from error
            except Exception as error:  # of any kind, as in Bag
                yield from found.sound_messages(_sound_records(stream, offset))
                raise DamagedError(file, offset, f'the record there is damaged ({one_line(error)})') from error
            offset = stream.tell()
            yield from messages


def _content(chunk: Chunk) -> list[McapRecord]:
    """The records of a chunk; of any exception where it is damaged, or larger than it says and may be."""
    limit = min(chunk.uncompressed_size, MAX_RECORD_BYTES)
    data = UNPACK[chunk.compression](chunk.data, limit)
    if chunk.uncompressed_crc and crc32(data) != chunk.uncompressed_crc:
        raise ValueError('its checksum is another one')
    return list(_records_in(data))


def _records_in(data: bytes) -> Iterator[McapRecord]:
    """The records of an unpacked chunk one after the other, up to its end or an exception of any kind.

    A chunk has schemas, channels and messages: others are damage, however many of them there are.
    """
    content = BytesIO(data)
    stream = ReadDataStream(content)
    while content.tell() < len(data):
        opcode, length = stream.read1(), stream.read8()
        if length > len(data) - content.tell():
            raise EOFError('the chunk ends in the middle of a record')
        if opcode == Opcode.SCHEMA:
            yield Schema.read(stream)
        elif opcode == Opcode.CHANNEL:
            yield Channel.read(stream)
        elif opcode == Opcode.MESSAGE:
            yield Message.read(stream, length)
        else:
            raise ValueError(f'there is no record of kind {opcode} in a chunk')


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
    records: list[McapRecord] = []
    try:
        data = UNPACK[compression](data, MAX_RECORD_BYTES)
        records.extend(_records_in(data))
        if len(data) == int.from_bytes(head[25:33], 'little'):
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
            topics = {
                i: Topic(str(name), str(kind))
                for i, name, kind in database.execute('SELECT id, name, type FROM topics')
            }
            for topic_id, recorded_ns, cdr in database.execute(
                'SELECT topic_id, timestamp, data FROM messages ORDER BY id'
            ):
                if not isinstance(cdr, bytes):
                    raise TypeError('a message is no bytes')
                yield BagMessage(topics[topic_id], int(recorded_ns), cdr)
    except (sqlite3.Error, KeyError, TypeError, ValueError, MemoryError) as error:
        raise DamagedError(file, _end_of_truncated(file), error) from error


def _end_of_truncated(file: Path) -> int | None:
    """The size of a SQLite file that is shorter than its header says; see https://sqlite.org/fileformat.html."""
    size = file.stat().st_size
    with file.open('rb') as stream:
        header = stream.read(100)
    if len(header) < 100:
        return size
    page_bytes, n_pages = struct.unpack('>H', header[16:18])[0], struct.unpack('>I', header[28:32])[0]
    return size if size < (65536 if page_bytes == 1 else page_bytes) * n_pages else None
