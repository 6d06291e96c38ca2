"""FaceLandmarker over many still pictures, on all cores."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final, Protocol

from tqdm import tqdm

from blendfer_ros.core.errors import DatasetError, FrameError
from blendfer_ros.core.face import Face
from blendfer_ros.perception.decoding import RgbImage
from blendfer_ros.perception.stills import StillLandmarker

MAX_CHUNK: Final = 32
# So that the cores finish at about the same time.
CHUNKS_PER_WORKER: Final = 8


class StillPicture(Protocol):
    """Pixels that are read when wanted; can be sent to another process."""

    def attempts(self) -> Iterator[RgbImage]:
        """What to show FaceLandmarker in turn; raises FrameError or DatasetError when it cannot be read."""
        ...


def detect_all(
    pictures: Sequence[StillPicture],
    bundle: Path,
    description: str,
    workers: int | None = None,
) -> Iterator[Face | FrameError | DatasetError | None]:
    """Find the face of each picture, with a progress bar.

    Args:
        pictures: at least one.
        bundle: the FaceLandmarker bundle.
        description: what the progress bar says.
        workers: processes; as many as there are cores by default.

    Yields:
        For each picture in turn its face, None without one, or why it cannot be used.

    Raises:
        AssetError: MediaPipe cannot be loaded, or refuses the bundle.
    """
    workers = min(workers or os.cpu_count() or 1, len(pictures))
    chunk = max(1, min(MAX_CHUNK, len(pictures) // (CHUNKS_PER_WORKER * workers)))
    # Spawned, not forked: the threads of MediaPipe or TensorFlow in this process do not survive a fork.
    context = multiprocessing.get_context('spawn')
    # Not multiprocessing.Pool: ending one with workers still starting can hang for ever.
    pool = ProcessPoolExecutor(workers, context, _start_worker, (pictures, bundle))
    try:
        with tqdm(total=len(pictures), unit='img', desc=description, smoothing=0.05) as progress:
            for found in pool.map(_work, range(len(pictures)), chunksize=chunk):
                progress.update()
                yield found
    finally:
        pool.shutdown(cancel_futures=True)


class _Worker:
    """What a worker process holds on to between pictures."""

    pictures: Sequence[StillPicture]
    bundle: Path
    landmarker: StillLandmarker | None = None


def _start_worker(pictures: Sequence[StillPicture], bundle: Path) -> None:
    # Ctrl-C reaches the whole group; the parent alone answers it, by ending the pool.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _Worker.pictures = pictures
    _Worker.bundle = bundle


def _work(index: int) -> Face | FrameError | DatasetError | None:
    if _Worker.landmarker is None:
        # Not in _start_worker, whose exceptions do not reach the parent.
        _Worker.landmarker = StillLandmarker(_Worker.bundle)
    try:
        return _Worker.landmarker.detect(_Worker.pictures[index].attempts())
    except (FrameError, DatasetError) as error:
        return error
