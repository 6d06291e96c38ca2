"""Decompression that ends: rosbags unpacks chunks, messages and files however large they become."""

from __future__ import annotations

from io import BytesIO
from typing import BinaryIO, Final

import lz4.frame
import zstandard

# Of a chunk or a message: a damaged or hostile length must not make us ask for all memory there is, nor take for ever.
MAX_RECORD_BYTES: Final = 2**28
# Of a storage file that is compressed as a whole, which is unpacked to disk.
MAX_FILE_BYTES: Final = 2**38
# What is said of its size, if anything, is no promise: it is unpacked piece by piece.
BLOCK_BYTES: Final = 2**20


class TooLargeError(Exception):
    """Unpacked it is larger than it may be."""


def unpack_zstd(data: bytes, limit: int = MAX_RECORD_BYTES) -> bytes:
    """All frames of zstd data, as far as there is of them; raises TooLargeError, or ZstdError for what is none."""
    with zstandard.ZstdDecompressor().stream_reader(BytesIO(data), read_across_frames=True) as reader:
        blocks, left = [], limit + 1
        while left and (block := reader.read(min(BLOCK_BYTES, left))):
            blocks.append(block)
            left -= len(block)
    return _at_most(b''.join(blocks), limit)


def unpack_lz4(data: bytes, limit: int = MAX_RECORD_BYTES) -> bytes:
    """One frame of lz4 data, as far as there is of it; raises TooLargeError, or RuntimeError for what is none."""
    return _at_most(lz4.frame.LZ4FrameDecompressor().decompress(data, max_length=limit + 1), limit)


def _at_most(data: bytes, limit: int) -> bytes:
    if len(data) > limit:
        raise TooLargeError(f'it unpacks to more than {limit} bytes')
    return data


class _BoundedFile:
    """What rosbags copies a compressed storage file from."""

    def __init__(self, file: BinaryIO) -> None:
        self._reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
        self._left = MAX_FILE_BYTES

    def __enter__(self) -> _BoundedFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()  # type: ignore[no-untyped-call]

    def read(self, size: int = BLOCK_BYTES) -> bytes:
        block = self._reader.read(size)
        self._left -= len(block)
        if self._left < 0:
            raise TooLargeError(f'it unpacks to more than {MAX_FILE_BYTES} bytes')
        return block


class BoundedZstd:
    """The part of the module `zstd` that rosbags uses."""

    @staticmethod
    def decompress(data: bytes) -> bytes:
        """As `unpack_zstd`."""
        return unpack_zstd(data)

    @staticmethod
    def open(file: BinaryIO, _mode: str) -> _BoundedFile:
        """For reading."""
        return _BoundedFile(file)


def bound_rosbags() -> None:
    """Have rosbags unpack by these; it has no option for it. A test shows that it does, whatever its version."""
    from rosbags.rosbag2 import reader, storage_mcap

    reader.zstd = BoundedZstd  # type: ignore[assignment,attr-defined]
    storage_mcap.DECOMPRESSORS.update(
        {
            'zstd': lambda data, size: unpack_zstd(data, min(size, MAX_RECORD_BYTES)),
            'lz4': lambda data, size: unpack_lz4(data, min(size, MAX_RECORD_BYTES)),
        }
    )
