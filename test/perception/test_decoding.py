"""Image messages become RGB, and bad ones become one clear sentence."""

from __future__ import annotations

import array
from dataclasses import dataclass, field, replace
from typing import Any

import cv2
import numpy as np
import pytest

from blendfer_ros.core.errors import FrameError
from blendfer_ros.perception import decoding
from blendfer_ros.perception.decoding import BYTES_PER_PIXEL, decode_compressed_image, decode_image

HEIGHT, WIDTH = 4, 6


@dataclass
class Message:
    """The fields of sensor_msgs/Image that hold pixels."""

    height: int = HEIGHT
    width: int = WIDTH
    encoding: str = 'rgb8'
    is_bigendian: int = 0
    step: int = 3 * WIDTH
    data: Any = field(default_factory=lambda: array.array('B', bytes(3 * WIDTH * HEIGHT)))


@dataclass
class CompressedMessage:
    """The fields of sensor_msgs/CompressedImage that hold pixels."""

    data: Any
    format: str = 'jpeg'


RGB = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
GREY = cv2.cvtColor(RGB, cv2.COLOR_RGB2GRAY)


def uyvy(grey: np.ndarray) -> np.ndarray:
    """Grey pixels as U Y V Y bytes, without colour."""
    return np.stack([np.full_like(grey, 128), grey], axis=-1)


ENCODED = {
    'rgb8': RGB,
    'bgr8': RGB[..., ::-1],
    'rgba8': np.dstack([RGB, np.full_like(GREY, 7)]),
    'bgra8': np.dstack([RGB[..., ::-1], np.full_like(GREY, 7)]),
    'mono8': GREY,
    'yuv422': uyvy(GREY),
    'uyvy': uyvy(GREY),
    'yuv422_yuy2': uyvy(GREY)[..., ::-1],
    'yuyv': uyvy(GREY)[..., ::-1],
}


def message_of(encoding: str, padding: int = 0) -> Message:
    rows = np.ascontiguousarray(ENCODED[encoding]).reshape(HEIGHT, -1)
    padded = np.pad(rows, ((0, 0), (0, padding)), constant_values=99)
    return Message(encoding=encoding, step=padded.shape[1], data=array.array('B', padded.tobytes()))


def test_every_encoding_has_a_case() -> None:
    assert set(ENCODED) == set(BYTES_PER_PIXEL)


@pytest.mark.parametrize('padding', [0, 5])
@pytest.mark.parametrize('encoding', ENCODED)
def test_each_encoding_decodes_to_the_same_picture_with_or_without_row_padding(encoding: str, padding: int) -> None:
    rgb = decode_image(message_of(encoding, padding))
    assert rgb.shape == (HEIGHT, WIDTH, 3)
    assert rgb.dtype == np.uint8
    assert rgb.flags.c_contiguous
    if BYTES_PER_PIXEL[encoding] == 2:  # limited-range luma: black is 16, white 235
        expected = np.clip((GREY.astype(float) - 16.0) * 255.0 / 219.0, 0.0, 255.0)
        np.testing.assert_allclose(rgb.mean(axis=2), expected, atol=2.0)
    elif encoding == 'mono8':
        np.testing.assert_array_equal(rgb, np.dstack([GREY] * 3))
    else:
        np.testing.assert_array_equal(rgb, RGB)


def test_the_last_row_may_come_without_its_padding() -> None:
    message = message_of('rgb8', padding=5)
    np.testing.assert_array_equal(decode_image(replace(message, data=message.data[:-5])), RGB)


@pytest.mark.parametrize(
    ('message', 'cause'),
    [
        (Message(encoding='32FC1'), "unknown encoding '32FC1'"),
        (Message(encoding=''), "unknown encoding ''"),
        (Message(height=0), '6x0 holds no pixels'),
        (Message(width=0), '0x4 holds no pixels'),
        (Message(step=17), 'step 17 is less than the 18 bytes'),
        (Message(step=0), 'step 0 is less'),
        (Message(step=30), 'truncated: 72 bytes, expected 108'),
        (Message(data=array.array('B', bytes(10))), 'truncated: 10 bytes, expected 72'),
        (Message(data=array.array('B')), 'truncated: 0 bytes'),
        (Message(encoding='yuv422', width=5, step=10), 'width 5 is odd'),
    ],
)
def test_a_bad_image_is_refused_naming_the_cause(message: Message, cause: str) -> None:
    with pytest.raises(FrameError, match=cause):
        decode_image(message)


def test_jpeg_decodes_to_rgb() -> None:
    picture = np.full((8, 8, 3), (200, 30, 30), np.uint8)
    jpeg = cv2.imencode('.jpg', picture[..., ::-1])[1]
    np.testing.assert_allclose(
        decode_compressed_image(CompressedMessage(array.array('B', jpeg.tobytes()))), picture, atol=4
    )


@pytest.mark.parametrize('data', [b'', b'\xff\xd8\xff\xe0 not a jpeg', bytes(100)])
def test_a_corrupt_jpeg_is_refused_naming_the_cause(data: bytes) -> None:
    with pytest.raises(FrameError, match=f'cannot decode {len(data)} bytes of compressed image'):
        decode_compressed_image(CompressedMessage(array.array('B', data)))


def test_the_converter_is_cv_bridge_exactly_where_that_works() -> None:
    expected = 'cv_bridge' if decoding.cv_bridge_works() else 'rosbags-image'
    assert decoding.image_converter().name == expected


def test_a_cv_bridge_that_crashes_is_passed_over(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / 'cv_bridge.py').write_text('import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n')
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv('PYTHONPATH', str(tmp_path))
    assert not decoding.cv_bridge_works()
