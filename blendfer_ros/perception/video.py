"""Pictures one after the other: from a webcam, a video file or a folder of pictures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from blendfer_ros.core.errors import FrameError, SourceError
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.images import PICTURE_SUFFIXES, read_picture
from blendfer_ros.core.picture_header import MAX_PIXELS

FOLDER_RATE_HZ: Final = 2.0
# For cameras and files that do not say how fast they are.
FALLBACK_RATE_HZ: Final = 30.0
# Containers count some frames that do not decode to a picture; a file that lacks more than this many was cut short.
MISCOUNTED_FRAMES: Final = 3
MISCOUNTED_SHARE: Final = 0.05


class VideoSource(ABC):
    """Pictures in order. `read` gives None at the end.

    n_images: how many a file says it has; None where it does not say.
    """

    rate_hz: float
    is_live: bool
    n_images: int | None = None

    @abstractmethod
    def read(self) -> RgbImage | None:
        """The next picture, (height, width, 3) uint8 in OpenCV's order blue, green, red; None at the end."""

    @abstractmethod
    def skip(self) -> bool:
        """Pass over one picture without decoding more than must be; False at the end."""

    @abstractmethod
    def rewind(self) -> None:
        """Start over."""

    @abstractmethod
    def close(self) -> None:
        """Release the camera or file."""


def is_camera(source: str) -> bool:
    """True for a camera's index."""
    return source.isdecimal()


def damage_of_video(source: str, n_read: int, n_images: int | None) -> str:
    """One sentence when a video ended long before it should have; empty otherwise.

    Args:
        source: what it is called in the sentence.
        n_read: how many images it gave.
        n_images: how many it says it has.
    """
    if n_images is None or n_read >= (1.0 - MISCOUNTED_SHARE) * n_images - MISCOUNTED_FRAMES:
        return ''
    return f'{source} is damaged: it ends after {n_read} of {n_images} images'


def open_source(source: str) -> VideoSource:
    """Open a camera index (`0`), a video file or a folder; raises SourceError naming what is wrong."""
    if is_camera(source):
        return _Capture(source, int(source))
    path = Path(source).expanduser()
    if path.is_dir():
        return _Folder(path)
    if path.is_file():
        return _Capture(source, str(path))
    raise SourceError(f'no camera, video file or picture folder at {source!r}')


class _Capture(VideoSource):
    """A webcam or a video file, by OpenCV."""

    def __init__(self, source: str, opened_as: int | str) -> None:
        self.is_live = isinstance(opened_as, int)
        self._source = source
        self._opened_as = opened_as
        self._capture = self._open()
        rate_hz = self._capture.get(cv2.CAP_PROP_FPS)
        self.rate_hz = rate_hz if np.isfinite(rate_hz) and rate_hz > 0.0 else FALLBACK_RATE_HZ
        n_images = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self.n_images = n_images if n_images > 0 and not self.is_live else None

    def _open(self) -> cv2.VideoCapture:
        capture = cv2.VideoCapture(self._opened_as)
        if not capture.isOpened():
            if self.is_live:
                raise SourceError(
                    f'OpenCV cannot open camera {self._source!r}: is it connected, and used by nobody else?'
                )
            raise SourceError(f'OpenCV cannot open video file {self._source!r}: it is none, or it was cut short')
        width, height = capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
        if width * height > MAX_PIXELS:
            capture.release()
            size = f'{width:.0f}x{height:.0f} pixels'
            raise SourceError(f'{self._source!r} has images of {size}, more than {MAX_PIXELS // 1_000_000} million')
        return capture

    def read(self) -> RgbImage | None:
        ok, bgr = self._capture.read()
        return np.asarray(bgr, np.uint8) if ok else None

    def skip(self) -> bool:
        return bool(self._capture.grab())

    def rewind(self) -> None:
        # Seeking to frame 0 is not exact in every container, opening again is.
        self._capture.release()
        self._capture = self._open()

    def close(self) -> None:
        self._capture.release()


class _Folder(VideoSource):
    """The pictures of a folder, in order of name."""

    rate_hz = FOLDER_RATE_HZ
    is_live = False

    def __init__(self, folder: Path) -> None:
        self._paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES)
        if not self._paths:
            raise SourceError(f'no pictures in {folder} (looked for {", ".join(sorted(PICTURE_SUFFIXES))})')
        self._next = 0
        self.n_images = len(self._paths)

    def read(self) -> RgbImage | None:
        if self._next == len(self._paths):
            return None
        path = self._paths[self._next]
        self._next += 1
        try:
            return np.asarray(cv2.cvtColor(read_picture(path), cv2.COLOR_RGB2BGR), np.uint8)
        except FrameError as error:
            raise SourceError(f'OpenCV cannot read picture {path}: {error}') from error

    def skip(self) -> bool:
        if self._next == len(self._paths):
            return False
        self._next += 1
        return True

    def rewind(self) -> None:
        self._next = 0

    def close(self) -> None:
        """Nothing is held open."""
