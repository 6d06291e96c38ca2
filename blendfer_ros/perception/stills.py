"""Single still pictures: how they are made into something FaceLandmarker can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from blendfer_ros.core.face import WHOLE_PICTURE, Face, Region
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.perception.face_landmarker import FaceLandmarker, LandmarkerOptions

# FaceLandmarker looks at 128x128 pixels: smaller pictures it misses, larger ones it looks at no closer.
MIN_SIDE_PX: Final = 192
MAX_SIDE_PX: Final = 1280
# A face that fills its picture is found once there is something around it.
BORDERS: Final = (0.25, 0.5)

# There is a face in a labelled still; the question is only where.
STILL_OPTIONS: Final = LandmarkerOptions(
    num_faces=1, min_detection_confidence=0.1, min_presence_confidence=0.1, min_tracking_confidence=0.1
)

# How often a still is shown. From the second time on FaceLandmarker crops by the landmarks of the time before,
# as it does on a robot's camera, which places them better than the box of its detector.
LOOKS: Final = 3
LOOK_INTERVAL_NS: Final = 40_000_000

# Raise it when stills come to be prepared or looked at in another way, for then faces kept from before are out of date.
STILLS_VERSION: Final = 2


@dataclass(frozen=True)
class Attempt:
    """What FaceLandmarker is shown of a still.

    rgb: (n, m, 3) uint8, C-contiguous. region: its box as fractions of the still, beyond it where there is a border.
    """

    rgb: RgbImage
    region: Region = WHOLE_PICTURE


def still_attempts(rgb: RgbImage) -> Iterator[Attempt]:
    """What to show FaceLandmarker in turn until it finds a face.

    A picture whose shorter side is below MIN_SIDE_PX is enlarged to that and shown with its edges
    replicated outwards by each of BORDERS, as a fraction of each side. A larger one is shown as it is
    first, reduced to a longer side of MAX_SIDE_PX where it exceeds that.

    Args:
        rgb: (height, width, 3) uint8, neither side 0.
    """
    picture = _scaled(rgb, min(1.0, MAX_SIDE_PX / max(rgb.shape[:2])), cv2.INTER_AREA)
    if min(picture.shape[:2]) < MIN_SIDE_PX:
        # A narrow strip is not enlarged beyond MAX_SIDE_PX either: it would grow without bound.
        wanted = MIN_SIDE_PX / min(picture.shape[:2])
        picture = _scaled(picture, min(wanted, MAX_SIDE_PX / max(picture.shape[:2])), cv2.INTER_CUBIC)
    else:
        yield Attempt(np.ascontiguousarray(picture))
    for border in BORDERS:
        yield _framed(picture, border)


class StillLandmarker:
    """FaceLandmarker for pictures that have nothing to do with each other, seen as a robot's camera would see them."""

    def __init__(self, bundle: Path, options: LandmarkerOptions = STILL_OPTIONS) -> None:
        """Load the bundle; raises AssetError like `FaceLandmarker`."""
        self._landmarker = FaceLandmarker(bundle, 'video', options)
        self._now_ns = 0

    def detect(self, attempts: Iterable[Attempt]) -> Face | None:
        """The largest face of the first attempt that shows one; None without. Arguments and errors as `detect_all`."""
        return max(self.detect_all(attempts), key=lambda face: face.region.area, default=None)

    def detect_all(self, attempts: Iterable[Attempt]) -> tuple[Face, ...]:
        """The faces of the first attempt that shows any, their places those in the still.

        Args:
            attempts: as `still_attempts` gives them.

        Raises:
            FrameError: MediaPipe fails on this picture.
        """
        for attempt in attempts:
            # A picture of nothing makes it let go of the faces before.
            self._look(np.zeros_like(attempt.rgb))
            faces = self._look(attempt.rgb)
            if faces:
                for _ in range(LOOKS - 1):
                    faces = self._look(attempt.rgb) or faces
                return tuple(face.from_part(attempt.region) for face in faces)
        return ()

    def close(self) -> None:
        """Release MediaPipe's graph; the object cannot be used afterwards."""
        self._landmarker.close()

    def _look(self, rgb: RgbImage) -> tuple[Face, ...]:
        self._now_ns += LOOK_INTERVAL_NS
        return self._landmarker.detect(rgb, self._now_ns)


def _scaled(rgb: RgbImage, factor: float, interpolation: int) -> RgbImage:
    if factor == 1.0:
        return rgb
    height, width = (max(1, round(side * factor)) for side in rgb.shape[:2])
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=interpolation), np.uint8)


def _framed(rgb: RgbImage, border: float) -> Attempt:
    height_px, width_px = rgb.shape[:2]
    vertical_px, horizontal_px = round(height_px * border), round(width_px * border)
    framed = cv2.copyMakeBorder(rgb, vertical_px, vertical_px, horizontal_px, horizontal_px, cv2.BORDER_REPLICATE)
    right, below = horizontal_px / width_px, vertical_px / height_px
    return Attempt(np.asarray(framed, np.uint8), Region(-right, -below, 1.0 + right, 1.0 + below))
