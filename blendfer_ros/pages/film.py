"""Annotated images written to files: a video, an animation, a picture, or a folder of pictures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from blendfer_ros.core.errors import BlendferError, DependencyError
from blendfer_ros.core.files import make_folder, require_folder_of
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.stamps import MS_PER_S

# Every OpenCV can write it, and every player that is no browser can play it.
VIDEO_CODEC: Final = cv2.VideoWriter.fourcc(*'mp4v')
# A pause of the source is shown for no longer than this.
MAX_PAUSE_S: Final = 1.0

# An animation is for a README or a chat: small, and not for long.
ANIMATION_RATE_HZ: Final = 5.0
ANIMATION_SIDE_PX: Final = 480
MAX_ANIMATION_IMAGES: Final = 300

VIDEO: Final = '.mp4'
ANIMATION: Final = '.gif'
PICTURE: Final = '.png'


class Film(ABC):
    """Takes images in order; what it writes is whole once it is closed, and not there when it is dropped."""

    @abstractmethod
    def add(self, rgb: RgbImage, stamp_s: float) -> None:
        """Take in the next image, (height, width, 3) uint8, taken at `stamp_s` [s]."""

    @abstractmethod
    def close(self) -> str:
        """Finish what is written; what there is to say about it, if anything."""

    @abstractmethod
    def drop(self) -> None:
        """Leave nothing behind that is not finished."""


def open_film(path: Path, rate_hz: float, *, are_stills: bool, n_images: int | None) -> Film:
    """What writes to `path`: by its suffix a video, an animation or a picture; without one a folder.

    Args:
        path: where to; a folder is made.
        rate_hz: images per second of a video.
        are_stills: whether the images have nothing to do with each other.
        n_images: how many there will be; None when nobody knows.

    Raises:
        BlendferError: it cannot be written, or not in this form.
    """
    suffix = path.suffix.lower()
    if not suffix or path.is_dir():
        make_folder(path)
        return _Pictures(path / f'{n:06d}{PICTURE}' for n in count(1))
    require_folder_of(path)
    if suffix == PICTURE:
        if not (are_stills and n_images == 1):
            raise BlendferError(
                f'cannot write {path}: a {PICTURE} is for a single picture; give a {VIDEO}, a {ANIMATION} or a folder'
            )
        return _Pictures(iter([path]))
    if suffix == VIDEO:
        return _Video(path, rate_hz)
    if suffix == ANIMATION:
        if not hasattr(cv2, 'imwriteanimation'):
            raise DependencyError(f'OpenCV {cv2.__version__} cannot write {ANIMATION}, 4.11 can: give a {VIDEO}')
        return _Animation(path)
    raise BlendferError(
        f'cannot write {path}: expected a name that ends in {VIDEO}, {ANIMATION} or {PICTURE}, or a folder'
    )


class _Pictures(Film):
    """Each image a file of its own."""

    def __init__(self, paths: Iterator[Path]) -> None:
        self._paths = paths

    def add(self, rgb: RgbImage, _stamp_s: float) -> None:
        path = next(self._paths)
        part = path.with_name(f'.{path.stem}.part{PICTURE}')
        try:
            part.write_bytes(cv2.imencode(PICTURE, cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1].tobytes())
            part.replace(path)
        except OSError as error:
            raise BlendferError(f'cannot write {path}: {error.strerror or error}') from error
        finally:
            part.unlink(missing_ok=True)

    def close(self) -> str:
        return ''

    def drop(self) -> None:
        """Each picture is whole already."""


class _Video(Film):
    """Plays as fast as the images were taken; written under another name until it is whole."""

    def __init__(self, path: Path, rate_hz: float) -> None:
        self._path = path
        self._part = path.with_name(f'.{path.stem}.part{VIDEO}')
        self._rate_hz = rate_hz
        self._writer: cv2.VideoWriter | None = None
        self._size_px = (0, 0)
        self._last_s: float | None = None
        self._at_s = 0.0
        self._n = 0

    def add(self, rgb: RgbImage, stamp_s: float) -> None:
        if self._writer is None:
            self._size_px = (rgb.shape[1], rgb.shape[0])
            self._writer = cv2.VideoWriter(str(self._part), VIDEO_CODEC, self._rate_hz, self._size_px)
            if not self._writer.isOpened():
                raise BlendferError(f'cannot write {self._path}: this OpenCV does not write {VIDEO}; give a folder')
        if self._last_s is not None:
            self._at_s += min(max(stamp_s - self._last_s, 0.0), MAX_PAUSE_S)
        self._last_s = stamp_s
        bgr = cv2.cvtColor(_fitted(rgb, self._size_px), cv2.COLOR_RGB2BGR)
        # Half an image early, so that rounding neither repeats nor leaves out one.
        while self._n <= self._at_s * self._rate_hz + 0.5:
            self._writer.write(bgr)
            self._n += 1

    def close(self) -> str:
        if self._writer is not None:
            self._writer.release()
            self._check()
            self._part.replace(self._path)
        return ''

    def _check(self) -> None:
        # OpenCV does not say when a frame could not be written.
        capture = cv2.VideoCapture(str(self._part))
        n = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0
        capture.release()
        if n != self._n:
            raise BlendferError(f'cannot write {self._path}: it has {n} of {self._n} images; is the disk full?')

    def drop(self) -> None:
        if self._writer is not None:
            self._writer.release()
        self._part.unlink(missing_ok=True)


class _Animation(Film):
    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f'.{path.stem}.part{ANIMATION}')
        self._images: list[RgbImage] = []
        self._next_s = -np.inf
        self._n_left_out = 0

    def add(self, rgb: RgbImage, stamp_s: float) -> None:
        # A stamp that jumps back is a new start.
        if self._next_s - 1.0 / ANIMATION_RATE_HZ <= stamp_s < self._next_s:
            return
        self._next_s = stamp_s + 1.0 / ANIMATION_RATE_HZ
        if len(self._images) == MAX_ANIMATION_IMAGES:
            self._n_left_out += 1
            return
        scale = min(1.0, ANIMATION_SIDE_PX / max(rgb.shape[:2]))
        size_px = (round(rgb.shape[1] * scale), round(rgb.shape[0] * scale))
        smaller = cv2.resize(rgb, size_px, interpolation=cv2.INTER_AREA)
        first = self._images[0] if self._images else smaller
        self._images.append(_fitted(np.asarray(smaller, np.uint8), (first.shape[1], first.shape[0])))

    def close(self) -> str:
        if not self._images:
            return ''
        animation = cv2.Animation()
        animation.frames = [cv2.cvtColor(image, cv2.COLOR_RGB2BGR) for image in self._images]
        animation.durations = [round(MS_PER_S / ANIMATION_RATE_HZ)] * len(self._images)
        if not cv2.imwriteanimation(str(self._part), animation):
            raise BlendferError(f'cannot write {self._path}: OpenCV gives no reason')
        self._part.replace(self._path)
        if not self._n_left_out:
            return ''
        return f'it has the first {MAX_ANIMATION_IMAGES / ANIMATION_RATE_HZ:.0f} s; a {VIDEO} would have all'

    def drop(self) -> None:
        self._part.unlink(missing_ok=True)


def _fitted(rgb: RgbImage, size_px: tuple[int, int]) -> RgbImage:
    """The image on a black ground of this width and height, for the images of a folder differ in size."""
    height_px, width_px = rgb.shape[:2]
    if (width_px, height_px) == size_px:
        return rgb
    scale = min(size_px[0] / width_px, size_px[1] / height_px)
    inner_px = (max(1, round(width_px * scale)), max(1, round(height_px * scale)))
    left_px, top_px = (size_px[0] - inner_px[0]) // 2, (size_px[1] - inner_px[1]) // 2
    ground = np.zeros((size_px[1], size_px[0], 3), np.uint8)
    ground[top_px : top_px + inner_px[1], left_px : left_px + inner_px[0]] = cv2.resize(rgb, inner_px)
    return ground
