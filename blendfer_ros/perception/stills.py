"""Single still pictures: how they are made into something FaceLandmarker can read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from blendfer_ros.errors import FrameError
from blendfer_ros.face import Face
from blendfer_ros.perception.decoding import RgbImage, decode_picture
from blendfer_ros.perception.face_landmarker import FaceLandmarker, LandmarkerOptions

# FaceLandmarker looks at 128x128 pixels: smaller pictures it misses, larger ones it looks at no closer.
MIN_SIDE_PX: Final = 192
MAX_SIDE_PX: Final = 1280
# A face that fills its picture is found once there is something around it.
BORDERS: Final = (0.25, 0.5)

# There is a face in a labelled still; the question is only where.
STILL_OPTIONS: Final = LandmarkerOptions(min_detection_confidence=0.1, min_presence_confidence=0.1)


def still_attempts(rgb: RgbImage) -> Iterator[RgbImage]:
    """What to show FaceLandmarker (`image` mode, STILL_OPTIONS) in turn until it finds a face.

    A picture whose shorter side is below MIN_SIDE_PX is enlarged to that and shown with its edges
    replicated outwards by each of BORDERS, as a fraction of each side. A larger one is shown as it is
    first, reduced to a longer side of MAX_SIDE_PX where it exceeds that.

    Args:
        rgb: (height, width, 3) uint8, neither side 0.

    Yields:
        (n, m, 3) uint8, C-contiguous.
    """
    picture = _scaled(rgb, min(1.0, MAX_SIDE_PX / max(rgb.shape[:2])), cv2.INTER_AREA)
    if min(picture.shape[:2]) < MIN_SIDE_PX:
        # A narrow strip is not enlarged beyond MAX_SIDE_PX either: it would grow without bound.
        wanted = MIN_SIDE_PX / min(picture.shape[:2])
        picture = _scaled(picture, min(wanted, MAX_SIDE_PX / max(picture.shape[:2])), cv2.INTER_CUBIC)
    else:
        yield np.ascontiguousarray(picture)
    for border in BORDERS:
        yield _framed(picture, border)


def first_face(landmarker: FaceLandmarker, attempts: Iterable[RgbImage]) -> Face | None:
    """The largest face of the first attempt that shows one, its region that in this attempt; None without."""
    for attempt in attempts:
        faces = landmarker.detect(attempt, stamp_ns=0)
        if faces:
            return max(faces, key=lambda face: face.region.area)
    return None


def detect_still(landmarker: FaceLandmarker, rgb: RgbImage) -> Face | None:
    """The largest face of a still picture; None when there is none.

    Args:
        landmarker: in `image` mode, with STILL_OPTIONS.
        rgb: (height, width, 3) uint8.

    Raises:
        FrameError: MediaPipe fails on this picture.
    """
    return first_face(landmarker, still_attempts(rgb))


def read_still(path: Path) -> RgbImage:
    """The pixels of a picture file, (height, width, 3) uint8; raises FrameError naming it when it is none."""
    try:
        rgb = decode_picture(np.frombuffer(path.read_bytes(), np.uint8))
    except OSError as error:
        raise FrameError(f'{path} cannot be read: {error.strerror or error}') from error
    if rgb is None:
        raise FrameError(f'{path} is not a picture OpenCV can read')
    return rgb


def _scaled(rgb: RgbImage, factor: float, interpolation: int) -> RgbImage:
    if factor == 1.0:
        return rgb
    height, width = (max(1, round(side * factor)) for side in rgb.shape[:2])
    return np.asarray(cv2.resize(rgb, (width, height), interpolation=interpolation), np.uint8)


def _framed(rgb: RgbImage, border: float) -> RgbImage:
    vertical, horizontal = (round(side * border) for side in rgb.shape[:2])
    framed = cv2.copyMakeBorder(rgb, vertical, vertical, horizontal, horizontal, cv2.BORDER_REPLICATE)
    return np.asarray(framed, np.uint8)
