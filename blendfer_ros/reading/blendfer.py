"""The Python API: images, videos, webcams and bags in, emotions out."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import TracebackType

import numpy as np

from blendfer_ros.classification.estimator import UNSMOOTHED, EstimatorOptions
from blendfer_ros.core.errors import FrameError, SkipReason
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.images import read_picture
from blendfer_ros.core.shot import Shot
from blendfer_ros.reading.reader import Reader, StillReader, StreamReader, open_reader
from blendfer_ros.reading.reading import Reading
from blendfer_ros.reading.sources import Source, open_any


class Blendfer:
    """Reads emotions off faces, as the nodes do, without ROS.

    >>> blendfer = Blendfer()
    >>> blendfer.read('face.jpg').emotion
    'happy'
    >>> for reading in blendfer.stream('film.mp4'):
    ...     print(reading.stamp_s, reading.emotion, [face.probabilities for face in reading.faces])
    """

    def __init__(self, model: str = '', *, system: str = 'blendfer', bundle: str = '', smoothing: bool = True) -> None:
        """Load a model.

        Args:
            model: name of a shipped model, or path of a `.tflite` file; empty: the one of the system.
            system: what reads faces: `blendfer`, or `cnn_lstm`, from pixels alone.
            bundle: path of `face_landmarker.task`; empty: looked for in the usual places, then downloaded.
            smoothing: of streams, over time; without it each image is answered for itself.

        Raises:
            AssetError: there is no such model. ModelError: it cannot be loaded.
        """
        self._reader = open_reader(system, model, bundle)
        self._options = EstimatorOptions() if smoothing else UNSMOOTHED
        self._stills = self._reader.stills()
        # MediaPipe must be closed before Python ends, also by those who do not close this.
        self._end = weakref.finalize(self, self._stills.close)

    def read(self, image: str | Path | RgbImage) -> Reading:
        """Read a still picture, for itself: earlier ones make no difference to it.

        Args:
            image: path of a picture, or its pixels: (height, width, 3) uint8, red, green, blue.

        Raises:
            FrameError: it cannot be read or is no such image.
            AssetError: the FaceLandmarker bundle cannot be had, or MediaPipe cannot be loaded.
        """
        rgb = image if isinstance(image, np.ndarray) else read_picture(Path(image).expanduser())
        _check(rgb)
        return self._stills.read(np.ascontiguousarray(rgb))

    def stream(self, source: str | Path | int, topic: str = '') -> ReadingStream:
        """Read a video file, a webcam (its index), a bag, or a picture or folder of pictures, which are read as stills.

        Args:
            source: its path or index, or the name of a shipped recording.
            topic: of a bag: images or blendshapes; empty: the only one, images where there are both.

        Raises:
            SourceError: it cannot be opened. DatasetError: a bag cannot be read.
        """
        return ReadingStream(open_any(str(source), topic), self._reader, self._options)

    def close(self) -> None:
        """Release MediaPipe; the next picture loads it again."""
        self._stills.close()

    def __enter__(self) -> Blendfer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class ReadingStream:
    """The readings of a source in order, to be iterated over once.

    n_images: how many images there are; None where the source does not say. rate_hz: how many come in a second.
    are_stills: they are pictures that have nothing to do with each other. is_live: they come from a camera.
    skipped: why images that cannot be used are left out, so far.
    """

    def __init__(self, source: Source, reader: Reader, options: EstimatorOptions) -> None:
        self._source = source
        self._reader = reader
        self._options = options
        self.n_images = source.n_images
        self.rate_hz = source.rate_hz
        self.are_stills = source.are_stills
        self.is_live = source.is_live
        self.skipped: list[FrameError] = []

    @property
    def damage(self) -> str:
        """Why the source ended early; known at its end, empty where it did not."""
        return self._source.damage

    def __iter__(self) -> Iterator[Reading]:
        """Read on.

        Raises:
            SourceError, DatasetError: the source cannot be read.
            AssetError: the FaceLandmarker bundle cannot be had, or MediaPipe cannot be loaded.
        """
        with closing(self._reader.stills()) as stills, closing(self._reader.stream(self._options)) as stream:
            for shot in self._source.shots():
                if isinstance(shot, FrameError):
                    self.skipped.append(shot)
                    continue
                try:
                    reading = self._read(shot, stills, stream)
                except FrameError as error:
                    self.skipped.append(error)
                else:
                    yield reading

    def _read(self, shot: Shot, stills: StillReader, stream: StreamReader) -> Reading:
        if shot.rgb is None:
            assert shot.frame is not None
            return stream.read_frame(shot.frame, shot.arrived_ns)
        if self.are_stills:
            return stills.read(shot.rgb, shot.stamp_ns)
        return stream.read(shot.rgb, shot.stamp_ns, shot.arrived_ns)


def _check(rgb: RgbImage) -> None:
    if rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or not rgb.size:
        text = f'expected an RGB image of shape (height, width, 3) and type uint8, got {rgb.shape} and {rgb.dtype}'
        raise FrameError(SkipReason.WRONG_IMAGE_SHAPE, text)
