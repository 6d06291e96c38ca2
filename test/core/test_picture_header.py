"""Pictures that promise more than they may have are refused before anything is decoded."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from blendfer_ros.core import images
from blendfer_ros.core.errors import FrameError, SkipReason
from blendfer_ros.core.images import decode_picture, read_picture
from blendfer_ros.core.picture_header import MAX_PIXELS, promised_size, why_refused

RAMP = (np.arange(12 * 16 * 3) % 256).astype(np.uint8).reshape(12, 16, 3)


def encoded(suffix: str, *options: int) -> bytes:
    return bytes(cv2.imencode(suffix, RAMP, list(options))[1].tobytes())


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack('>I', len(content)) + kind + content + struct.pack('>I', zlib.crc32(kind + content))


def png(width: int, height: int) -> bytes:
    head = struct.pack('>IIBBBBB', width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compressobj(9)
    data = pixels.compress(b'\0' * 2**20) + pixels.flush()
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) + chunk(b'IDAT', data) + chunk(b'IEND', b'')


def jpeg(width: int, height: int) -> bytes:
    data = bytearray(encoded('.jpg'))
    at = data.index(b'\xff\xc0') + 5
    data[at : at + 4] = struct.pack('>HH', height, width)
    return bytes(data)


def webp(kind: bytes, content: bytes) -> bytes:
    return b'RIFF' + struct.pack('<I', 12 + len(content)) + b'WEBP' + kind + struct.pack('<I', len(content)) + content


def bmp(width: int, height: int) -> bytes:
    data = bytearray(encoded('.bmp'))
    struct.pack_into('<ii', data, 18, width, height)
    return bytes(data)


BOMBS = {
    'png': png(10_000, 10_000),
    'jpeg': jpeg(10_000, 10_000),
    'jpeg, second frame header': jpeg(1, 1)[:2] + jpeg(60_000, 60_000)[2:],
    'webp extended': webp(b'VP8X', b'\0\0\0\0' + (9_999).to_bytes(3, 'little') * 2) + b'\0' * 9,
    'webp lossless': webp(b'VP8L', b'\x2f' + struct.pack('<I', 9_999 | 9_999 << 14)) + b'\0' * 9,
    'webp lossy': webp(b'VP8 ', b'\0\0\0\x9d\x01\x2a' + struct.pack('<HH', 10_000, 10_000)) + b'\0' * 9,
    'bmp': bmp(10_000, 10_000),
    'bmp from top to bottom': bmp(10_000, -10_000),
}


@pytest.mark.parametrize('data', BOMBS.values(), ids=BOMBS)
def test_a_small_file_that_promises_a_huge_picture_is_not_decoded(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(data) < 2_000
    monkeypatch.setattr(images.cv2, 'imdecode', lambda *_: pytest.fail('it was decoded'))
    with pytest.raises(FrameError, match=r'0x-?\d+ pixels, more than 50 million') as refusal:
        decode_picture(np.frombuffer(data, np.uint8))
    assert refusal.value.reason is SkipReason.UNDECODABLE


@pytest.mark.parametrize(
    'options', [('.jpg',), ('.jpg', cv2.IMWRITE_JPEG_PROGRESSIVE, 1), ('.png',), ('.webp',), ('.bmp',)]
)
def test_a_sound_picture_is_as_large_as_it_says(options: tuple) -> None:
    data = encoded(*options)
    assert promised_size(data) == (16, 12)
    assert decode_picture(np.frombuffer(data, np.uint8)).shape == (12, 16, 3)


def test_a_lossless_webp_is_as_large_as_it_says() -> None:
    assert promised_size(encoded('.webp', cv2.IMWRITE_WEBP_QUALITY, 101)) == (16, 12)


def test_the_largest_picture_that_may_be_is_decoded() -> None:
    side = int(MAX_PIXELS**0.5)
    data = cv2.imencode('.png', np.zeros((side, side), np.uint8))[1]
    assert decode_picture(data).shape == (side, side, 3)


@pytest.mark.parametrize('suffix', ['.tiff', '.ppm', '.ras', '.sr'])
def test_other_formats_that_opencv_would_open_are_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f'picture{suffix}.png'
    path.write_bytes(encoded(suffix))
    assert cv2.imread(str(path)) is not None
    with pytest.raises(FrameError, match='does not begin as JPEG, PNG, WebP or BMP do'):
        read_picture(path)


def test_a_jpeg_that_repeats_its_scans_is_refused() -> None:
    data = encoded('.jpg', cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    at = data.rindex(b'\xff\xda')
    assert not why_refused(data)
    assert 'scans, more than 64' in why_refused(data[:at] + data[at:-2] * 100)


@pytest.mark.parametrize(
    'data', [b'', b'\xff\xd8\xff', b'\x89PNG\r\n\x1a\n', b'RIFF____WEBPVP8X', b'BM', b'\xff\xd8\xff\xff\xff']
)
def test_a_header_that_is_cut_short_is_none(data: bytes) -> None:
    assert promised_size(data) is None
