"""Pictures of faces made harder to read: rotated, or with fewer pixels."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.perception.stills import Attempt, still_attempts


@dataclass(frozen=True)
class Variation:
    """How a picture is augmented before FaceLandmarker processes it; by default not at all.

    max_rotation_deg: rotated by a random angle of at most this. scale: reduced to this fraction of its size.
    seed: of the angles.
    """

    max_rotation_deg: float = 0.0
    scale: float = 1.0
    seed: int = 0

    def attempts(self, rgb: RgbImage, sample_id: str) -> Iterator[Attempt]:
        """What to show FaceLandmarker, one after the other, of a picture (height, width, 3) uint8."""
        for attempt in still_attempts(self._scaled(rgb)):
            yield replace(attempt, rgb=self._rotated(attempt.rgb, sample_id))

    def of(self, rgb: RgbImage, sample_id: str) -> RgbImage:
        """The picture itself as varied, in which the places of the face found are."""
        return self._rotated(self._scaled(rgb), sample_id)

    def _scaled(self, rgb: RgbImage) -> RgbImage:
        if self.scale == 1.0:
            return rgb
        height_px, width_px = (max(1, round(side * self.scale)) for side in rgb.shape[:2])
        return np.asarray(cv2.resize(rgb, (width_px, height_px), interpolation=cv2.INTER_AREA), np.uint8)

    def _rotated(self, rgb: RgbImage, sample_id: str) -> RgbImage:
        if not self.max_rotation_deg:
            return rgb
        rng = np.random.default_rng((self.seed, zlib.crc32(sample_id.encode())))
        angle_deg = rng.uniform(-self.max_rotation_deg, self.max_rotation_deg)
        height_px, width_px = rgb.shape[:2]
        matrix = cv2.getRotationMatrix2D((width_px / 2.0, height_px / 2.0), angle_deg, 1.0)
        return np.asarray(cv2.warpAffine(rgb, matrix, (width_px, height_px), borderMode=cv2.BORDER_REPLICATE), np.uint8)


UPRIGHT = Variation()
# The paper rotates pictures by up to 0.2 × 180 degrees either way.
ROTATED = Variation(max_rotation_deg=36.0)
# Half the pixels of FER2013, which has few already: what FaceLandmarker's numbers owe to resolution.
SMALL = Variation(scale=0.5)
