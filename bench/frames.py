"""What the benchmarks show: a clip at any size, and scenes made of it."""

from __future__ import annotations

from contextlib import closing
from typing import Final

import cv2
import numpy as np

from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.perception.video import open_source

MAX_FRAMES: Final = 150

CLIP, EMPTY, FOUR = 'clip', 'empty', 'four'
SCENES: Final = (CLIP, EMPTY, FOUR)


def read_bgr(clip: str, width_px: int, height_px: int, scene: str = CLIP) -> list[RgbImage]:
    """Frames of a clip in BGR: as they are, a wall whose light flickers, or everybody in them four times."""
    frames: list[RgbImage] = []
    with closing(open_source(clip)) as video:
        while len(frames) < MAX_FRAMES and (bgr := video.read()) is not None:
            frames.append(_scene(np.asarray(bgr, np.uint8), (width_px, height_px), scene, len(frames)))
    return frames


def _scene(bgr: RgbImage, size: tuple[int, int], scene: str, number: int) -> RgbImage:
    if scene == EMPTY:
        wall = np.linspace(90.0, 150.0, size[0], dtype=np.float32) + number % 7
        return np.asarray(np.broadcast_to(wall[np.newaxis, :, np.newaxis], (size[1], size[0], 3)), np.uint8)
    if scene == FOUR:
        bgr = np.asarray(np.tile(cv2.resize(bgr, (size[0] // 2, size[1] // 2)), (2, 2, 1)), np.uint8)
    return np.asarray(cv2.resize(bgr, size), np.uint8)
