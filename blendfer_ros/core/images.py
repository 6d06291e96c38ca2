"""Pixels: the types that rooms hand each other, and picture files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from blendfer_ros.core.errors import FrameError, SkipReason

# (height, width, 3) and (height, width).
RgbImage = npt.NDArray[np.uint8]
GreyImage = npt.NDArray[np.uint8]

PICTURE_SUFFIXES: Final = frozenset({'.bmp', '.jpeg', '.jpg', '.png', '.webp'})


def decode_picture(data: npt.NDArray[np.uint8]) -> RgbImage | None:
    """The pixels of a picture file's bytes, (height, width, 3) uint8; None when OpenCV cannot read them."""
    try:
        bgr = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    except cv2.error:
        bgr = None
    return None if bgr is None else bgr_to_rgb(np.asarray(bgr, np.uint8))


def read_picture(path: Path) -> RgbImage:
    """The pixels of a picture file, (height, width, 3) uint8; raises FrameError naming it when it is none."""
    try:
        rgb = decode_picture(np.frombuffer(path.read_bytes(), np.uint8))
    except OSError as error:
        raise FrameError(SkipReason.UNREADABLE_FILE, f'{path} cannot be read: {error.strerror or error}') from error
    if rgb is None:
        raise FrameError(SkipReason.UNREADABLE_FILE, f'{path} is not a picture OpenCV can read')
    return rgb


def bgr_to_rgb(bgr: npt.NDArray[np.uint8]) -> RgbImage:
    """OpenCV's order of colours turned into ours."""
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def grey_to_rgb(grey: GreyImage) -> RgbImage:
    """(height, width) → (height, width, 3)."""
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)
