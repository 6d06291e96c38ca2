"""Faces by the Haar cascade of OpenCV, with expression scores and nothing else: perception of the CNN–LSTM.

Source: Viola and Jones 2001, "Rapid object detection using a boosted cascade of simple features".
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from blendfer_ros.core.errors import AssetError, FrameError, SkipReason
from blendfer_ros.core.face import NOTHING_KNOWN, Face, FaceFrame, HeadPose, Region
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.stamps import StampOrder
from blendfer_ros.core.stopwatch import Stopwatch
from blendfer_ros.core.worker import give_up
from blendfer_ros.perception.expressions import ExpressionNetwork
from blendfer_ros.perception.tracking import FaceTracker

CASCADE_NAME: Final = 'haarcascade_frontalface_default.xml'
# Where Debian and Ubuntu keep what OpenCV's wheels bring with them.
SYSTEM_FOLDER: Final = Path('/usr/share/opencv4/haarcascades')
# Images are searched at no more than this many pixels across, for faces of at least this share of the shorter side.
MAX_WIDTH_PX: Final = 320
MIN_FACE: Final = 0.12
SCALE_FACTOR: Final = 1.1
MIN_NEIGHBOURS: Final = 5
# A cascade does not tell how a head is turned; it finds faces from the front.
FROM_THE_FRONT: Final = HeadPose(0.0, 0.0, 0.0)


class HaarPerceiver:
    """Follows the faces through a stream of images, like `FacePerceiver`, for models that read expression scores."""

    def __init__(self, expressions: Path, tracker: FaceTracker | None = None, num_faces: int = 4) -> None:
        """Load the cascade and the network.

        Args:
            expressions: the `.tflite` file of the network that looks at the pixels.
            tracker: who gave ids before and will not give them again; what it followed is forgotten.
            num_faces: how many faces to follow at most: the largest.

        Raises:
            AssetError: this OpenCV has no cascade, or cannot load it.
            ModelError: the network cannot be loaded.
        """
        self._expressions_file = expressions
        self._load()
        self._tracker = tracker or FaceTracker()
        self._tracker.forget()
        self._num_faces = num_faces
        self._order = StampOrder()

    def perceive(self, rgb: RgbImage, stamp_ns: int, stopwatch: Stopwatch | None = None) -> FaceFrame:
        """Find and name the faces of the next image; arguments and errors as `FacePerceiver.perceive`."""
        if self._order.starts_anew(stamp_ns):
            self._tracker.forget()
        faces = self._tracker.assign(self._detect(rgb), stamp_ns)
        watch = stopwatch or Stopwatch()
        watch.lap('detected')
        faces = tuple(self._expressions.look_at(face, rgb) for face in faces)
        watch.lap('read')
        height_px, width_px = rgb.shape[:2]
        return FaceFrame(stamp_ns, width_px, height_px, faces)

    def start_over(self) -> None:
        """Go on with everything made anew, after a call that did not return and may be using what there was."""
        give_up((self._cascade, self._expressions))
        self._load()
        self._tracker.forget()

    def _load(self) -> None:
        self._cascade = _load_cascade()
        self._expressions = ExpressionNetwork(self._expressions_file)

    def close(self) -> None:
        """Nothing is held open."""

    def _detect(self, rgb: RgbImage) -> tuple[Face, ...]:
        height_px, width_px = rgb.shape[:2]
        scale = min(1.0, MAX_WIDTH_PX / width_px)
        grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        if scale < 1.0:
            size = (round(width_px * scale), max(1, round(height_px * scale)))
            grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        smallest_px = max(24, round(MIN_FACE * min(grey.shape)))
        try:
            found = self._cascade.detectMultiScale(
                np.asarray(grey), SCALE_FACTOR, MIN_NEIGHBOURS, minSize=(smallest_px, smallest_px)
            )
        except cv2.error as error:
            raise FrameError(SkipReason.CASCADE_FAILED, f'OpenCV cannot search this image: {error}') from error
        boxes = sorted(map(tuple, np.reshape(found, (-1, 4)).tolist()), key=lambda box: -box[2])[: self._num_faces]
        across, down = grey.shape[1], grey.shape[0]
        return tuple(
            Face(
                NOTHING_KNOWN,
                NOTHING_KNOWN,
                FROM_THE_FRONT,
                Region(x / across, y / down, (x + side) / across, (y + height) / down),
            )
            for x, y, side, height in boxes
        )


def _load_cascade() -> cv2.CascadeClassifier:
    if not hasattr(cv2, 'CascadeClassifier'):
        raise AssetError(f'OpenCV {cv2.__version__} has no Haar cascades: install opencv-python below 5')
    for path in _cascade_places():
        if path.is_file():
            cascade = cv2.CascadeClassifier(str(path))
            if not cascade.empty():
                return cascade
    raise AssetError(
        f'OpenCV {cv2.__version__} cannot load {CASCADE_NAME}: install opencv-python below 5, '
        'or on Debian and Ubuntu opencv-data'
    )


def _cascade_places() -> Iterator[Path]:
    if hasattr(cv2, 'data'):
        yield Path(cv2.data.haarcascades, CASCADE_NAME)
    yield SYSTEM_FOLDER / CASCADE_NAME
