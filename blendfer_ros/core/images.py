"""Pixels: the types that rooms hand each other, and picture files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from blendfer_ros.core.errors import FrameError, SkipReason
from blendfer_ros.core.image_types import GreyImage, RgbImage
from blendfer_ros.core.picture_header import promised_size, why_refused

# What OpenCV can leave out of a JPEG while it decodes it, the most first.
REDUCING_FLAGS: Final = {
    8: cv2.IMREAD_REDUCED_COLOR_8,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    2: cv2.IMREAD_REDUCED_COLOR_2,
}
DAMAGED: Final = 'it is damaged'
PICTURE_SUFFIXES: Final = frozenset({'.bmp', '.jpeg', '.jpg', '.png', '.webp'})


def decode_picture(data: npt.NDArray[np.uint8], max_side_px: int = 0) -> RgbImage:
    """The pixels of the bytes of a JPEG, PNG, WebP or BMP file, (height, width, 3) uint8.

    OpenCV would open a dozen formats more, and allocate whatever size a header promises; both is refused beforehand.

    Args:
        data: the bytes.
        max_side_px: see `reduced`; a JPEG is decoded to less than all of its pixels where that is enough.

    Raises:
        FrameError: it is in another format, has more than `picture_header.MAX_PIXELS`, or OpenCV cannot read it.
    """
    return bgr_to_rgb(reduced(_decoded(data, _colour_flag(data, max_side_px)), max_side_px))


def decode_grey_picture(data: npt.NDArray[np.uint8]) -> GreyImage:
    """The same in shades of grey, (height, width) uint8."""
    return _decoded(data, cv2.IMREAD_GRAYSCALE)


def read_picture(path: Path) -> RgbImage:
    """The pixels of a picture file, (height, width, 3) uint8; raises FrameError naming it when it is none."""
    try:
        return decode_picture(np.frombuffer(path.read_bytes(), np.uint8))
    except OSError as error:
        raise FrameError(SkipReason.UNREADABLE_FILE, f'{path} cannot be read: {error.strerror or error}') from error
    except FrameError as error:
        raise FrameError(SkipReason.UNREADABLE_FILE, f'{path} is not a picture that can be read: {error}') from error


def reduced(pixels: npt.NDArray[np.uint8], max_side_px: int) -> npt.NDArray[np.uint8]:
    """A picture, (height, width, …), with its longer side no longer than `max_side_px`; 0: as it is."""
    height_px, width_px = pixels.shape[:2]
    scale = max_side_px / max(height_px, width_px)
    if not max_side_px or scale >= 1.0:
        return pixels
    size = (max(1, round(scale * width_px)), max(1, round(scale * height_px)))
    return np.asarray(cv2.resize(pixels, size), np.uint8)


def bgr_to_rgb(bgr: npt.NDArray[np.uint8]) -> RgbImage:
    """OpenCV's order of colours turned into ours."""
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def grey_to_rgb(grey: GreyImage) -> RgbImage:
    """(height, width) → (height, width, 3)."""
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)


def _colour_flag(data: npt.NDArray[np.uint8], max_side_px: int) -> int:
    """How OpenCV is to decode a picture of which no more than `max_side_px` are wanted."""
    size = promised_size(data.data) if max_side_px else None
    if size:
        for factor, flag in REDUCING_FLAGS.items():
            if max(size) >= factor * max_side_px:
                return flag
    return cv2.IMREAD_COLOR


def _decoded(data: npt.NDArray[np.uint8], flags: int) -> npt.NDArray[np.uint8]:
    refused = why_refused(data.data)
    try:
        pixels = None if refused else cv2.imdecode(data, flags)
    except cv2.error:
        pixels = None
    if pixels is None:
        text = f'cannot decode {data.size} bytes of compressed image: {refused or DAMAGED}'
        raise FrameError(SkipReason.UNDECODABLE, text)
    return np.asarray(pixels, np.uint8)
