"""The size that a picture file promises, read before a picture of a hundred bytes has taken gigabytes.

Formats: JPEG (ITU-T T.81), PNG (W3C), WebP (RFC 9649), BMP.
"""

from __future__ import annotations

import struct
from typing import Final

# What a 50-megapixel camera takes; decoded it has 150 MB.
MAX_PIXELS: Final = 50_000_000
# A progressive JPEG has about ten; each costs as much time as the whole picture, and ten bytes.
MAX_JPEG_SCANS: Final = 64

_JPEG_SCAN: Final = b'\xff\xda'
# Of a picture's size all but DHT, JPG and DAC among C0 to CF.
_JPEG_SIZES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# Markers without a length: TEM, RST0 to RST7, SOI, EOI.
_JPEG_BARE: Final = frozenset({0x01, *range(0xD0, 0xDA)})


def promised_size(data: bytes | memoryview) -> tuple[int, int] | None:
    """Width and height [px] that a picture says it has; None when it is in none of the four formats, or cut short."""
    try:
        if data[:3] == b'\xff\xd8\xff':
            return _jpeg(data)
        if data[:8] == b'\x89PNG\r\n\x1a\n' and data[12:16] == b'IHDR':
            width, height = struct.unpack_from('>II', data, 16)
            return width, height
        if data[:4] == b'RIFF' and data[8:12] == b'WEBP':
            return _webp(data)
        if data[:2] == b'BM':
            return _bmp(data)
    except (struct.error, IndexError):
        pass
    return None


def why_refused(data: bytes | memoryview) -> str:
    """Why a picture must not be decoded, in words; empty when it may be."""
    size = promised_size(data)
    if size is None:
        return 'it does not begin as JPEG, PNG, WebP or BMP do'
    width, height = size
    if width * height > MAX_PIXELS:
        return f'it says it has {width}x{height} pixels, more than {MAX_PIXELS // 1_000_000} million'
    n_scans = bytes(data).count(_JPEG_SCAN) if data[:2] == b'\xff\xd8' else 0
    if n_scans > MAX_JPEG_SCANS:
        return f'it has {n_scans} scans, more than {MAX_JPEG_SCANS}'
    return ''


def _jpeg(data: bytes | memoryview) -> tuple[int, int] | None:
    """The largest of all frame headers up to the first scan: decoders differ in which of them they go by."""
    at, largest = 2, None
    while data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _JPEG_BARE:
            at += 2
            continue
        if marker in _JPEG_SIZES:
            height, width = struct.unpack_from('>HH', data, at + 5)
            largest = max(largest or (0, 0), (width, height), key=lambda size: size[0] * size[1])
        if marker == 0xDA:
            break
        at += 2 + int(struct.unpack_from('>H', data, at + 2)[0])
    return largest


def _webp(data: bytes | memoryview) -> tuple[int, int] | None:
    kind = data[12:16]
    if len(data) < 30:
        return None
    if kind == b'VP8X':
        return 1 + int.from_bytes(data[24:27], 'little'), 1 + int.from_bytes(data[27:30], 'little')
    if kind == b'VP8L':
        bits = struct.unpack_from('<I', data, 21)[0]
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b'VP8 ':
        width, height = struct.unpack_from('<HH', data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _bmp(data: bytes | memoryview) -> tuple[int, int]:
    if struct.unpack_from('<I', data, 14)[0] == 12:
        width, height = struct.unpack_from('<HH', data, 18)
    else:
        # A negative height says that the rows go from top to bottom.
        width, height = map(abs, struct.unpack_from('<ii', data, 18))
    return width, height
