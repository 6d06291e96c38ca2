"""FaceLandmarker over many still pictures, on all cores."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, Protocol

from blendfer_ros.core.errors import DatasetError, FrameError
from blendfer_ros.core.face import Face
from blendfer_ros.core.processes import map_in_processes
from blendfer_ros.perception.stills import Attempt, StillLandmarker

MAX_CHUNK: Final = 32
# So that the cores finish at about the same time.
CHUNKS_PER_WORKER: Final = 8


class StillPicture(Protocol):
    """Pixels that are read when wanted; can be sent to another process."""

    def attempts(self) -> Iterator[Attempt]:
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
    n_chunks = CHUNKS_PER_WORKER * (workers or os.cpu_count() or 1)
    yield from map_in_processes(
        _detect,
        range(len(pictures)),
        description,
        'img',
        workers=workers,
        chunk=max(1, min(MAX_CHUNK, len(pictures) // n_chunks)),
        start=_start,
        start_arguments=(pictures, bundle),
    )


class _Worker:
    """What a worker process holds on to between pictures."""

    pictures: Sequence[StillPicture]
    bundle: Path
    landmarker: StillLandmarker | None = None


def _start(pictures: Sequence[StillPicture], bundle: Path) -> None:
    _Worker.pictures = pictures
    _Worker.bundle = bundle


def _detect(index: int) -> Face | FrameError | DatasetError | None:
    if _Worker.landmarker is None:
        # Not in _start, whose exceptions do not reach the parent.
        _Worker.landmarker = StillLandmarker(_Worker.bundle)
    try:
        return _Worker.landmarker.detect(_Worker.pictures[index].attempts())
    except (FrameError, DatasetError) as error:
        return error
