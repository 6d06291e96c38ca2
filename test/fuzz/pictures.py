"""Entries for pixels: raw and compressed images, picture files, videos."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import cv2
import numpy as np
from fuzz.harness import Harness, Run, Taken, file_run

from blendfer_ros.core.images import read_picture
from blendfer_ros.core.picture_header import MAX_PIXELS
from blendfer_ros.perception.decoding import BYTES_PER_PIXEL, decode_compressed_image, decode_image
from blendfer_ros.perception.stills import still_attempts
from blendfer_ros.perception.video import open_source

RAMP = (np.arange(12 * 16 * 3) % 256).astype(np.uint8).reshape(12, 16, 3)
SUFFIXES = ('.jpg', '.png', '.webp', '.bmp', '.tiff', '.ppm', '.gif', '.jp2', '.pfm', '.hdr', '.ras', '.avif')
SIZES = (0, 1, 2, 16, 4095, 2**14 - 1, 2**16 - 1, 2**20, 2**31 - 1, 2**32 - 1)
N_FRAMES = 8


def raw_image(_: Path) -> Run:
    encodings = (*BYTES_PER_PIXEL, 'bayer_rggb8', '16UC1', '\x1b[2J', '')

    def run(data: bytes) -> None:
        taken = Taken(data)
        encoding = taken.text() if taken.number() == 255 else taken.choice(encodings)
        height, width = (taken.number(4) if taken.chance() else taken.number() % 24 for _ in range(2))
        step = taken.number(4) if taken.chance() else width * BYTES_PER_PIXEL.get(encoding, 1) + taken.number() % 8
        image = SimpleNamespace(
            height=height, width=width, encoding=encoding, is_bigendian=taken.number(), step=step, data=taken.rest()
        )
        rgb = decode_image(image)
        assert rgb.shape == (height, width, 3)

    return run


def compressed_image(_: Path) -> Run:
    def run(data: bytes) -> None:
        rgb = decode_compressed_image(SimpleNamespace(format='\x1b[2Jjpeg', data=data))
        assert rgb.shape[0] * rgb.shape[1] <= MAX_PIXELS

    return run


def pictures() -> Sequence[bytes]:
    found = [b'', b'\xff\xd8\xff']
    for suffix in SUFFIXES:
        picture = RAMP.astype(np.float32) if suffix in ('.pfm', '.hdr') else RAMP
        with suppress(cv2.error):
            written, data = cv2.imencode(suffix, picture)
            # There are formats that this OpenCV does not write.
            if written:
                found.append(data.tobytes())
    found.append(cv2.imencode('.jpg', RAMP, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes())
    return found


def picture_header(_: Path) -> Run:
    """Pictures that promise any size, and hold next to nothing."""
    makers = (_png, _jpeg, _bmp, _webp_extended, _webp_lossless, _ppm, _tiff, _gif)

    def run(data: bytes) -> None:
        taken = Taken(data)
        make = taken.choice(makers)
        width, height = (taken.choice(SIZES) if taken.chance() else taken.number(4) for _ in range(2))
        rgb = decode_compressed_image(SimpleNamespace(format='', data=make(width, height, taken.rest())))
        assert rgb.shape[0] * rgb.shape[1] <= MAX_PIXELS

    return run


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack('>I', len(content)) + kind + content + struct.pack('>I', zlib.crc32(kind + content))


def _png(width: int, height: int, rest: bytes) -> bytes:
    head = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    return b'\x89PNG\r\n\x1a\n' + _chunk(b'IHDR', head) + _chunk(b'IDAT', zlib.compress(rest)) + _chunk(b'IEND', b'')


def _jpeg(width: int, height: int, rest: bytes) -> bytes:
    base = bytearray(cv2.imencode('.jpg', RAMP)[1].tobytes())
    at = base.index(b'\xff\xc0') + 5
    base[at : at + 4] = struct.pack('>HH', height % 2**16, width % 2**16)
    return bytes(base[:-2]) + rest


def _bmp(width: int, height: int, rest: bytes) -> bytes:
    info = struct.pack('<IiiHHIIiiII', 40, width - 2**31, height - 2**31, 1, 24, 0, 0, 0, 0, 0, 0)
    return b'BM' + struct.pack('<IHHI', 54 + len(rest), 0, 0, 54) + info + rest


def _riff(kind: bytes, content: bytes) -> bytes:
    body = b'WEBP' + kind + struct.pack('<I', len(content)) + content + b'\0' * (len(content) % 2)
    return b'RIFF' + struct.pack('<I', len(body)) + body


def _webp_extended(width: int, height: int, rest: bytes) -> bytes:
    sizes = (width % 2**24).to_bytes(3, 'little') + (height % 2**24).to_bytes(3, 'little')
    return _riff(b'VP8X', b'\x02\0\0\0' + sizes) + rest


def _webp_lossless(width: int, height: int, rest: bytes) -> bytes:
    return _riff(b'VP8L', b'\x2f' + struct.pack('<I', (width % 2**14) | (height % 2**14) << 14) + rest)


def _ppm(width: int, height: int, rest: bytes) -> bytes:
    return b'P6 %d %d 255\n' % (width, height) + rest


def _tiff(width: int, height: int, rest: bytes) -> bytes:
    tags = ((256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, height), (279, 9))
    entries = b''.join(struct.pack('<HHII', tag, 4, 1, value) for tag, value in tags)
    return b'II*\0\x08\0\0\0' + struct.pack('<H', len(tags)) + entries + b'\0\0\0\0' + rest


def _gif(width: int, height: int, rest: bytes) -> bytes:
    return b'GIF89a' + struct.pack('<HHBBB', width % 2**16, height % 2**16, 0x80, 0, 0) + b'\0' * 6 + rest


def headers() -> Sequence[bytes]:
    return [bytes((maker, 0, 1, size, 0, 1, size, 0, 0, 1, 2)) for maker in range(8) for size in range(len(SIZES))]


def picture_file(folder: Path) -> Run:
    return file_run(folder, 'picture.png', lambda path: next(still_attempts(read_picture(path))))


def video(folder: Path) -> Run:
    path = folder / 'film.avi'

    def run(data: bytes) -> None:
        path.write_bytes(data)
        with closing(open_source(str(path))) as source:
            for _ in range(N_FRAMES):
                if source.read() is None:
                    return

    return run


def films() -> Sequence[bytes]:
    found = []
    with TemporaryDirectory() as folder:
        for suffix, code in (('avi', 'MJPG'), ('mp4', 'mp4v')):
            path = Path(folder, f'film.{suffix}')
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*code), 10.0, (32, 32))
            for i in range(3):
                writer.write(np.full((32, 32, 3), 40 * i, np.uint8))
            writer.release()
            found.append(path.read_bytes())
    return [*found, b'#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n', b'ffconcat version 1.0\nfile /etc/passwd\n']


HARNESSES = (
    Harness('raw_image', 'sensor_msgs/Image', raw_image, lambda: [b'\0' * 64, bytes(range(256))], share=4.0),
    Harness('compressed_image', 'sensor_msgs/CompressedImage', compressed_image, pictures, share=3.0),
    Harness('picture_header', 'pictures that promise any size', picture_header, headers, share=3.0, max_bytes=256),
    Harness('picture_file', 'picture files', picture_file, pictures, share=1.0),
    Harness('video', 'video files', video, films, share=0.2, max_bytes=16384),
)
