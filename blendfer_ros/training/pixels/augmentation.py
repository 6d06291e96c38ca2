"""Crops of training pictures as a robot's camera might see the face: framing, light, sharpness and noise vary."""

from __future__ import annotations

import cv2
import numpy as np

from blendfer_ros.core.face import FloatArray
from blendfer_ros.core.image_types import GreyImage
from blendfer_ros.perception.crops import CROP_SIZE_PX, Square, crop_face, standardised

# Standard deviation of the roll, and limits of a change of scale and of a shift in half sides of the crop.
ROLL_STD_RAD = 0.12
MAX_ROLL_RAD = 0.3
MAX_LOG_SCALE = 0.15
MAX_SHIFT = 0.12
# Exponents of grey levels, and the largest difference of light between two sides of a face.
LOG_GAMMA = 0.4
MAX_RAMP = 0.4
# How often a crop loses resolution, gets noise, and has a part covered.
BLURRED = 0.2
NOISY = 0.2
ERASED = 0.5
MIN_RESOLUTION = 0.5
MAX_NOISE = 0.25
ERASED_SIDES = (0.1, 0.4)

_ACROSS = np.linspace(-1.0, 1.0, CROP_SIZE_PX, dtype=np.float32)


def varied_crop(grey: GreyImage, square: Square, rng: np.random.Generator) -> FloatArray:
    """(CROP_SIZE_PX, CROP_SIZE_PX) standardised crop, with everything varied at random."""
    crop = crop_face(grey, _moved(square, rng))
    if rng.random() < BLURRED:
        side_px = round(CROP_SIZE_PX * rng.uniform(MIN_RESOLUTION, 1.0))
        small = cv2.resize(crop, (side_px, side_px), interpolation=cv2.INTER_AREA)
        crop = np.asarray(cv2.resize(small, (CROP_SIZE_PX, CROP_SIZE_PX), interpolation=cv2.INTER_LINEAR), np.uint8)
    values = standardised(_relit(crop, rng))
    if rng.random() < NOISY:
        values += rng.uniform(0.0, MAX_NOISE) * rng.standard_normal(values.shape, np.float32)
    if rng.random() < ERASED:
        height_px, width_px = np.rint(rng.uniform(*ERASED_SIDES, 2) * CROP_SIZE_PX).astype(int)
        top, left = rng.integers(CROP_SIZE_PX - height_px), rng.integers(CROP_SIZE_PX - width_px)
        values[top : top + height_px, left : left + width_px] = rng.normal()
    return values[:, ::-1] if rng.random() < 0.5 else values


def _moved(square: Square, rng: np.random.Generator) -> Square:
    shift_x, shift_y = rng.uniform(-MAX_SHIFT, MAX_SHIFT, 2) * square.half_side_px
    return Square(
        square.x_px + shift_x,
        square.y_px + shift_y,
        square.half_side_px * float(np.exp(rng.uniform(-MAX_LOG_SCALE, MAX_LOG_SCALE))),
        square.roll_rad + float(np.clip(rng.normal(0.0, ROLL_STD_RAD), -MAX_ROLL_RAD, MAX_ROLL_RAD)),
    )


def _relit(crop: GreyImage, rng: np.random.Generator) -> GreyImage:
    gamma = np.exp(rng.uniform(-LOG_GAMMA, LOG_GAMMA))
    from_left, from_above = rng.uniform(-MAX_RAMP, MAX_RAMP, 2) / 2.0
    light = 1.0 + from_left * _ACROSS[None, :] + from_above * _ACROSS[:, None]
    return np.asarray(np.clip(255.0 * (crop / 255.0) ** gamma * light, 0.0, 255.0), np.uint8)
