"""Camera messages → RGB pixels, the border where untrusted bytes come in.

Works on anything with the fields of `sensor_msgs/Image` or `sensor_msgs/CompressedImage`, so that
live topics and bags read without ROS share it. `cv_bridge` converts where it works; where it is
missing, or crashes beside NumPy 2 (ros-perception/vision_opencv#535), `rosbags-image` does.
"""

from __future__ import annotations

import functools
import importlib.util
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from blendfer_ros.core.errors import FrameError, SkipReason, shown
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.images import decode_picture, reduced
from blendfer_ros.core.picture_header import promised_size

BYTES_PER_PIXEL: Final[dict[str, int]] = {
    'rgb8': 3,
    'bgr8': 3,
    'rgba8': 4,
    'bgra8': 4,
    'mono8': 1,
    'yuv422': 2,
    'uyvy': 2,
    'yuv422_yuy2': 2,
    'yuyv': 2,
}

# Named after their byte order; cv_bridge knows them only by their older names.
CV_BRIDGE_NAMES: Final[dict[str, str]] = {'uyvy': 'yuv422', 'yuyv': 'yuv422_yuy2'}

CV_BRIDGE_PROBE: Final = """
import numpy
from cv_bridge import CvBridge
bridge = CvBridge()
message = bridge.cv2_to_imgmsg(numpy.zeros((2, 2, 3), numpy.uint8), 'bgr8')
assert bridge.imgmsg_to_cv2(message, 'rgb8').shape == (2, 2, 3)
"""


class ImageMessage(Protocol):
    """The fields of `sensor_msgs/Image` that hold pixels."""

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Any


class CompressedImageMessage(Protocol):
    """The fields of `sensor_msgs/CompressedImage` that hold pixels."""

    format: str
    data: Any


def size_of(message: Any) -> tuple[int, int] | None:
    """Width and height [px] that a raw or compressed image message says its image has; None when it does not."""
    if hasattr(message, 'encoding'):
        return message.width, message.height
    return promised_size(memoryview(message.data))


@dataclass(frozen=True)
class PackedImage:
    """An `ImageMessage` whose rows follow each other without padding."""

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: npt.NDArray[np.uint8]


def decode_image(message: ImageMessage, max_side_px: int = 0) -> RgbImage:
    """Turn a raw image message into RGB.

    Args:
        message: the image.
        max_side_px: its longer side is reduced to so much; 0: to nothing less than it has.

    Returns:
        (height, width, 3) uint8, C-contiguous; may share memory with the message.

    Raises:
        FrameError: unknown encoding, no pixels, or a `step` or data length that cannot be right.
    """
    packed = _reduced(_packed(message), max_side_px)
    return np.ascontiguousarray(reduced(image_converter().to_rgb(packed), max_side_px))


def decode_compressed_image(message: CompressedImageMessage, max_side_px: int = 0) -> RgbImage:
    """Turn a compressed image message (JPEG, PNG, …) into RGB.

    OpenCV itself does this: both converters hand the bytes to it, and neither survives a corrupt picture.

    Args:
        message: the image.
        max_side_px: as for `decode_image`.

    Returns:
        (height, width, 3) uint8, C-contiguous.

    Raises:
        FrameError: the data is no picture, or promises a size that it must not have; see `decode_picture`.
    """
    try:
        return decode_picture(np.frombuffer(message.data, np.uint8), max_side_px)
    except FrameError as error:
        text = f'{error}; its format is said to be {shown(message.format)}'
        raise FrameError(error.reason, text) from error


def _reduced(image: PackedImage, max_side_px: int) -> PackedImage:
    """The image made smaller before its colours are converted, where each pixel has bytes of its own."""
    channels = BYTES_PER_PIXEL[image.encoding]
    if channels == 2 or not max_side_px or max(image.height, image.width) <= max_side_px:
        return image
    pixels = reduced(image.data.reshape(image.height, image.width, channels), max_side_px)
    height, width = pixels.shape[:2]
    return PackedImage(height, width, image.encoding, 0, channels * width, pixels.reshape(-1))


def _packed(message: ImageMessage) -> PackedImage:
    bytes_per_pixel = BYTES_PER_PIXEL.get(message.encoding)
    if bytes_per_pixel is None:
        text = f'unknown encoding {shown(message.encoding)}, expected one of {", ".join(BYTES_PER_PIXEL)}'
        raise FrameError(SkipReason.UNKNOWN_ENCODING, text)
    height, width, step = message.height, message.width, message.step
    if height == 0 or width == 0:
        raise FrameError(SkipReason.NO_PIXELS, f'image of size {width}x{height} holds no pixels')
    if bytes_per_pixel == 2 and width % 2:
        raise FrameError(SkipReason.ODD_WIDTH, f'width {width} is odd, which {message.encoding} cannot be')
    row_bytes = width * bytes_per_pixel
    if step < row_bytes:
        raise FrameError(
            SkipReason.SHORT_STEP,
            f'step {step} is less than the {row_bytes} bytes of a row of {width} {message.encoding} pixels',
        )
    data = np.frombuffer(message.data, np.uint8)
    # The last row may come without its padding.
    needed = step * (height - 1) + row_bytes
    if data.size < needed:
        raise FrameError(
            SkipReason.TRUNCATED,
            f'truncated: {data.size} bytes, expected {needed} for {width}x{height} {message.encoding} of step {step}',
        )
    if step != row_bytes:
        # Of columns one byte wide, `reshape` alone would give a view with gaps.
        rows = np.lib.stride_tricks.as_strided(data, (height, row_bytes), (step, 1))
        data = np.ascontiguousarray(rows).reshape(-1)
    return PackedImage(height, width, message.encoding, 0, row_bytes, data[: row_bytes * height])


@dataclass(frozen=True)
class ImageConverter:
    """A library that turns a valid, packed image into RGB."""

    name: str
    to_rgb: Callable[[PackedImage], Any]


@functools.cache
def image_converter() -> ImageConverter:
    """The converter this machine can use, found once per process."""
    if cv_bridge_works():
        return _cv_bridge_converter()
    return rosbags_image_converter()


def cv_bridge_works() -> bool:
    """Try `cv_bridge` in a process of its own: beside NumPy 2 it may crash rather than raise."""
    if importlib.util.find_spec('cv_bridge') is None:
        return False
    probe = subprocess.run([sys.executable, '-c', CV_BRIDGE_PROBE], capture_output=True, check=False)
    return probe.returncode == 0


def _cv_bridge_converter() -> ImageConverter:
    from cv_bridge import CvBridge

    bridge = CvBridge()

    def to_rgb(image: PackedImage) -> Any:
        encoding = CV_BRIDGE_NAMES.get(image.encoding, image.encoding)
        return bridge.imgmsg_to_cv2(
            PackedImage(image.height, image.width, encoding, image.is_bigendian, image.step, image.data), 'rgb8'
        )

    return ImageConverter('cv_bridge', to_rgb)


def rosbags_image_converter() -> ImageConverter:
    """The converter of `rosbags-image`, which needs no ROS."""
    from rosbags.image import image_to_cvimage

    def to_rgb(image: PackedImage) -> Any:
        return image_to_cvimage(image, 'rgb8')  # type: ignore[arg-type]

    return ImageConverter('rosbags-image', to_rgb)
