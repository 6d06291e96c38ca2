"""The last seconds of probabilities as a strip of curves, drawn below an image."""

from __future__ import annotations

from collections import deque
from itertools import pairwise
from typing import Final

import cv2
import numpy as np

from blendfer_ros.core.emotions import EMOTION_CLASSES, EMOTIONS
from blendfer_ros.core.estimate import EmotionEstimate, TrackingState
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.pages.annotated_image import write

GROUND: Final = (18, 20, 24)
GRID: Final = (52, 56, 64)
# The emotions' colours are for light and dark paper; on a dark image they are mixed with white.
WHITE_SHARE: Final = 0.35


def _lighter(rgb: tuple[int, int, int]) -> tuple[int, int, int]:
    red, green, blue = (round(each + WHITE_SHARE * (255 - each)) for each in rgb)
    return red, green, blue


LIGHT_COLOURS: Final = {emotion.name: _lighter(emotion.rgb) for emotion in EMOTION_CLASSES}
HEIGHT_SHARE: Final = 0.22
MIN_HEIGHT_PX: Final = 60
WINDOW_S: Final = 10.0
# A pause longer than this is a gap in the curves.
GAP_S: Final = 1.0


class ProbabilityStrip:
    """Remembers the primary person's probabilities, and draws those of the last WINDOW_S seconds."""

    def __init__(self, window_s: float = WINDOW_S) -> None:
        self._window_s = window_s
        self._points: deque[tuple[float, EmotionEstimate]] = deque()

    def add(self, stamp_s: float, estimate: EmotionEstimate) -> None:
        """Take in what is said at `stamp_s` [s]; where time jumps back the strip begins anew."""
        if self._points and stamp_s <= self._points[-1][0]:
            self._points.clear()
        self._points.append((stamp_s, estimate))
        while self._points[0][0] < stamp_s - self._window_s:
            self._points.popleft()

    def draw(self, width_px: int, image_height_px: int) -> RgbImage:
        """The strip for an image of this size; what was said of each moment is the coloured bar along its lower edge.

        Returns:
            (height, width_px, 3) uint8.
        """
        height_px = max(MIN_HEIGHT_PX, round(HEIGHT_SHARE * image_height_px))
        strip = np.full((height_px, width_px, 3), GROUND, np.uint8)
        bar_px = max(4, height_px // 14)
        # The names stand above the curves.
        top_px, bottom_px = round(1.8 * _line_px(height_px)), height_px - 2 * bar_px
        for level in (0.0, 0.5, 1.0):
            y = round(bottom_px - level * (bottom_px - top_px))
            cv2.line(strip, (0, y), (width_px, y), GRID, 1)
        if self._points:
            self._draw_curves(strip, top_px, bottom_px, bar_px)
            _write_names(strip, self._points[-1][1])
        return strip

    def _draw_curves(self, strip: RgbImage, top_px: int, bottom_px: int, bar_px: int) -> None:
        height_px, width_px = strip.shape[:2]
        start_s = self._points[0][0]
        for (a_s, a), (b_s, b) in pairwise(self._points):
            if b_s - a_s > GAP_S:
                continue
            left_px, right_px = (round((stamp_s - start_s) / self._window_s * width_px) for stamp_s in (a_s, b_s))
            cv2.rectangle(strip, (left_px, height_px - bar_px), (right_px, height_px), _colour(a), -1)
            if not any(a.probabilities) or not any(b.probabilities):
                continue
            for name, *ends in zip(EMOTIONS, a.probabilities, b.probabilities, strict=True):
                heights_px = (round(bottom_px - p * (bottom_px - top_px)) for p in ends)
                start, end = zip((left_px, right_px), heights_px, strict=True)
                cv2.line(strip, start, end, LIGHT_COLOURS[name], max(1, height_px // 50), cv2.LINE_AA)


def _colour(estimate: EmotionEstimate) -> tuple[int, int, int]:
    return LIGHT_COLOURS[estimate.emotion] if estimate.state is TrackingState.TRACKING else GRID


def _line_px(height_px: int) -> int:
    return max(10, height_px // 7)


def _write_names(strip: RgbImage, newest: EmotionEstimate) -> None:
    line_px = _line_px(strip.shape[0])
    left_px = line_px // 2
    for name, p in zip(EMOTIONS, newest.probabilities, strict=True):
        write(strip, f'{name} {100 * p:.0f} %', (left_px, round(1.2 * line_px)), line_px, LIGHT_COLOURS[name])
        left_px += 9 * line_px
