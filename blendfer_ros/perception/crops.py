"""Face → a small grey picture of it: framed by landmarks or by a box, upright, standardised against lighting."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from blendfer_ros.core.face import FloatArray, Region
from blendfer_ros.core.image_types import GreyImage, RgbImage

# The faces of FER2013 have no more pixels.
CROP_SIZE_PX: Final = 48
# Half the side of the crop, in larger sides of the upright box around the landmarks.
LANDMARK_MARGIN: Final = 0.55
# Outer corners of the eyes, which are level in an upright crop.
RIGHT_EYE_CORNER: Final = 33
LEFT_EYE_CORNER: Final = 263
# A crop whose pixels all but equal each other has nothing to be standardised; in grey levels.
MIN_CONTRAST: Final = 2.0
# What is to be reduced by more than this is averaged before it is interpolated.
MAX_INTERPOLATED_REDUCTION: Final = 1.5


@dataclass(frozen=True)
class Square:
    """A square part of a picture, which may reach beyond it.

    x_px, y_px: its centre, from the picture's upper left corner. half_side_px: above 0.
    roll_rad: by how much it is rotated, clockwise in the picture.
    """

    x_px: float
    y_px: float
    half_side_px: float
    roll_rad: float = 0.0

    def to_crop(self, size_px: int = CROP_SIZE_PX) -> npt.NDArray[np.float64]:
        """(2, 3) matrix from pixel indices of the picture to those of the crop, as OpenCV's warpAffine takes it."""
        scale = size_px / (2.0 * self.half_side_px)
        cosine, sine = scale * math.cos(self.roll_rad), scale * math.sin(self.roll_rad)
        turn = np.array([[cosine, sine], [-sine, cosine]])
        # The middle of pixel 0 is half a pixel from the corner.
        shift = turn @ (0.5 - self.x_px, 0.5 - self.y_px) + (size_px - 1) / 2.0
        return np.column_stack([turn, shift])


def square_of_landmarks(landmarks: FloatArray, width_px: int, height_px: int) -> Square:
    """The square around a face, rotated so that its eyes are level.

    Args:
        landmarks: (478, 2 or more) as fractions of the picture's width and height.
        width_px: of the picture.
        height_px: of the picture.
    """
    points = landmarks[:, :2].astype(np.float64) * (width_px, height_px)
    across_x, across_y = points[LEFT_EYE_CORNER] - points[RIGHT_EYE_CORNER]
    roll_rad = math.atan2(across_y, across_x)
    cosine, sine = math.cos(roll_rad), math.sin(roll_rad)
    upright = points @ np.array([[cosine, -sine], [sine, cosine]])
    low, high = upright.min(axis=0), upright.max(axis=0)
    x_px, y_px = np.array([[cosine, -sine], [sine, cosine]]) @ ((low + high) / 2.0)
    return Square(float(x_px), float(y_px), max(LANDMARK_MARGIN * float((high - low).max()), 0.5), roll_rad)


def square_of_box(region: Region, width_px: int, height_px: int) -> Square:
    """The square around the middle of a detector's box, as wide as its longer side."""
    x, y = region.centre
    longer_px = max(region.width * width_px, region.height * height_px)
    return Square(x * width_px, y * height_px, max(longer_px / 2.0, 0.5))


def crop_face(picture: RgbImage | GreyImage, square: Square, size_px: int = CROP_SIZE_PX) -> GreyImage:
    """(size_px, size_px) picture of what is in the square.

    Beyond the edges of the picture they are replicated. What is to be reduced is averaged first, for interpolation
    looks at four pixels only.

    Args:
        picture: (height, width, 3) or (height, width) uint8.
        square: in its pixels.
        size_px: side of the crop.
    """
    near, square = _surroundings(picture, square, max(1.0, 2.0 * square.half_side_px / size_px))
    grey = cv2.cvtColor(near, cv2.COLOR_RGB2GRAY) if near.ndim == 3 else near
    matrix, size = square.to_crop(size_px), (size_px, size_px)
    return np.asarray(cv2.warpAffine(grey, matrix, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def standardised(crop: GreyImage) -> FloatArray:
    """The crop with mean 0 and standard deviation 1, so that the brightness of a room does not matter."""
    values = crop.astype(np.float32)
    return np.asarray((values - values.mean()) / max(float(values.std()), MIN_CONTRAST), np.float32)


def _surroundings(
    picture: RgbImage | GreyImage, square: Square, reduction: float
) -> tuple[RgbImage | GreyImage, Square]:
    """The part of the picture around the square, reduced where that is by enough, and the square in it."""
    height_px, width_px = picture.shape[:2]
    # Half the diagonal, whatever the rotation, and a pixel of the crop more to interpolate with.
    reach_px = square.half_side_px * math.sqrt(2.0) + reduction
    left, right = _within(square.x_px - reach_px, square.x_px + reach_px, width_px)
    top, bottom = _within(square.y_px - reach_px, square.y_px + reach_px, height_px)
    near = picture[top:bottom, left:right]
    x_scale = y_scale = 1.0
    if reduction > MAX_INTERPOLATED_REDUCTION:
        size = (max(1, round((right - left) / reduction)), max(1, round((bottom - top) / reduction)))
        near = np.asarray(cv2.resize(near, size, interpolation=cv2.INTER_AREA), np.uint8)
        x_scale, y_scale = size[0] / (right - left), size[1] / (bottom - top)
    inside = Square(
        (square.x_px - left) * x_scale,
        (square.y_px - top) * y_scale,
        square.half_side_px * math.sqrt(x_scale * y_scale),
        square.roll_rad,
    )
    return near, inside


def _within(low_px: float, high_px: float, size_px: int) -> tuple[int, int]:
    """The pixels from one place to another that are in the picture: at least one."""
    first = min(max(math.floor(low_px), 0), size_px - 1)
    return first, max(min(math.ceil(high_px), size_px), first + 1)
