"""Whatever can be shown: a picture, a folder of pictures, a video, a webcam, a bag → images in order, with stamps."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

from blendfer_ros.bags.frames import BLENDSHAPES, DECODERS, choose_topic, read_messages
from blendfer_ros.bags.reading import Bag, is_bag
from blendfer_ros.core.assets import find_recording
from blendfer_ros.core.errors import AssetError, DatasetError, FrameError, SourceError
from blendfer_ros.core.images import PICTURE_SUFFIXES, bgr_to_rgb, read_picture
from blendfer_ros.core.shot import Shot
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.perception.video import FOLDER_RATE_HZ, damage_of_video, is_camera, open_source

# A bag does not say how fast its images came before it has been read.
BAG_RATE_HZ: Final = 30.0


class Source(ABC):
    """Images in order, read once through.

    rate_hz: how many come in a second. n_images: how many there are; None where it does not say.
    are_stills: they have nothing to do with each other. is_live: they come when they come.
    damage: why it ended early; known at its end, empty where it did not.
    """

    rate_hz: float
    n_images: int | None = None
    are_stills = False
    is_live = False
    damage = ''

    @abstractmethod
    def shots(self) -> Iterator[Shot | FrameError]:
        """Each image in turn, or why it cannot be used; raises SourceError or DatasetError."""


def open_any(source: str, topic: str = '') -> Source:
    """Open whatever `source` is the path of, a camera's index, or the name of a shipped recording.

    Args:
        source: that of a picture, a folder of pictures, a video, a bag; `0` for the first camera.
        topic: of a bag: images or blendshapes; empty: the only one, images where there are both.

    Raises:
        SourceError: there is no such thing, or it is none of these. DatasetError: a bag cannot be read.
    """
    if topic and not _bag_at(source):
        raise DatasetError(f'--topic is for bags, and {source} is none')
    if is_camera(source):
        return _Video(source)
    path = Path(source).expanduser()
    if path.is_file() and path.suffix.lower() in PICTURE_SUFFIXES:
        return _Stills((path,))
    if bag := _bag_at(source):
        return _Bag(bag, topic)
    if path.is_dir():
        return _Stills(_pictures_in(path))
    if path.is_file():
        # Absolute, because a file called 0 is not the first camera.
        return _Video(str(path.absolute()))
    raise SourceError(f'there is no picture, folder, video, camera or bag {source!r}')


def _pictures_in(folder: Path) -> tuple[Path, ...]:
    paths = tuple(sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES))
    if not paths:
        raise SourceError(f'no pictures in {folder} (looked for {", ".join(sorted(PICTURE_SUFFIXES))})')
    return paths


def _bag_at(source: str) -> Path | None:
    path = Path(source).expanduser()
    if path.exists():
        return path if is_bag(path) else None
    if path.name != source or is_camera(source):
        return None
    try:
        return find_recording(source)
    except AssetError:
        return None


class _Stills(Source):
    are_stills = True
    rate_hz = FOLDER_RATE_HZ

    def __init__(self, paths: tuple[Path, ...]) -> None:
        self._paths = paths
        self.n_images = len(paths)

    def shots(self) -> Iterator[Shot | FrameError]:
        for i, path in enumerate(self._paths):
            stamp_ns = round(i * NS_PER_S / self.rate_hz)
            try:
                yield Shot(stamp_ns, stamp_ns, read_picture(path))
            except FrameError as error:
                yield error


class _Video(Source):
    """A webcam, whose images are stamped with the time of day as they come, or a video file."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._video = open_source(source)
        self.is_live = self._video.is_live
        self.rate_hz = self._video.rate_hz
        self.n_images = self._video.n_images

    def shots(self) -> Iterator[Shot | FrameError]:
        n = 0
        with closing(self._video):
            while (bgr := self._video.read()) is not None:
                stamp_ns = time.time_ns() if self.is_live else round(n * NS_PER_S / self.rate_hz)
                n += 1
                yield Shot(stamp_ns, stamp_ns, bgr_to_rgb(bgr))
        if not n:
            raise SourceError(f'OpenCV finds no picture in {self._source}: is it a video?')
        if self.is_live:
            self.damage = f'camera {self._source} gives no more images'
        else:
            self.damage = damage_of_video(self._source, n, self.n_images)


class _Bag(Source):
    rate_hz = BAG_RATE_HZ

    def __init__(self, path: Path, topic: str) -> None:
        self._bag = Bag(path)
        # Images first: whoever shows a bag wants to see them.
        self._topic = choose_topic(self._bag, topic, (*DECODERS, BLENDSHAPES))
        self.n_images = self._bag.n_messages(self._topic)

    def shots(self) -> Iterator[Shot | FrameError]:
        yield from read_messages(self._bag, self._topic)
        if self._bag.damage:
            self.damage = str(self._bag.damage)
