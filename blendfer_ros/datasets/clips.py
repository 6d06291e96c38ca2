"""Video clips → the faces in their frames, as the nodes would find them; cached."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

import numpy as np

from blendfer_ros.core.assets import BUNDLE_SHA256, cache_dir, find_expressions, sha256_of, sha256_of_room
from blendfer_ros.core.errors import BlendferError, FrameError, SourceError, one_line
from blendfer_ros.core.face import FaceFrame
from blendfer_ros.core.face_arrays import arrays_to_frames, frames_to_arrays
from blendfer_ros.core.files import read_arrays, write_arrays
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.images import bgr_to_rgb
from blendfer_ros.core.processes import go_on, map_in_processes
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.perception.perceiver import FacePerceiver
from blendfer_ros.perception.video import VideoSource, damage_of_video, open_source

# Far more than rounding moves a frame, far less than its distance from the next.
SLOT_TOLERANCE: Final = 1e-6
DURATION: Final = 'duration_s'
DAMAGE: Final = 'damage'


@dataclass(frozen=True)
class ClipFrames:
    """The faces in the frames of a clip of `duration_s` [s]; stamps count from its start.

    damage: why the clip ended early; empty where it did not.
    """

    duration_s: float
    frames: tuple[FaceFrame, ...]
    damage: str = ''


def load_clips(
    paths: Sequence[Path],
    bundle: Path,
    fps: float | None = None,
    workers: int | None = None,
    cache: Path | None = None,
) -> list[ClipFrames]:
    """The faces in each clip; arguments as for `load_usable_clips`.

    Raises:
        AssetError: MediaPipe cannot be loaded, or refuses the bundle.
        SourceError: a clip cannot be read. FrameError: MediaPipe fails on a frame.
    """
    loaded = load_usable_clips(paths, bundle, fps, workers, cache)
    for clip in loaded:
        if isinstance(clip, BlendferError):
            raise clip
    return [clip for clip in loaded if isinstance(clip, ClipFrames)]


def load_usable_clips(
    paths: Sequence[Path],
    bundle: Path,
    fps: float | None = None,
    workers: int | None = None,
    cache: Path | None = None,
) -> list[ClipFrames | SourceError | FrameError]:
    """The faces in each clip, from the cache when it was processed before, or why it cannot be used.

    Args:
        paths: video files.
        bundle: the FaceLandmarker bundle.
        fps: process at most this many frames per second; None: all of them.
        workers: processes; as many as there are cores by default.
        cache: folder of the cache; below `assets.cache_dir()` by default.

    Raises:
        AssetError: MediaPipe cannot be loaded, or refuses the bundle.
    """
    folder = cache or cache_dir() / 'clips'
    stored = {path: folder / f'{_cache_key(path, fps)}.npz' for path in paths if path.is_file()}
    missing = {file: path for path, file in stored.items() if not file.is_file()}
    failed: dict[Path, SourceError | FrameError] = {}
    if missing:
        found = map_in_processes(
            partial(_try_to_perceive, bundle=bundle, fps=fps),
            list(missing.values()),
            'FaceLandmarker',
            'img',
            workers=workers,
            n_steps=sum(map(_n_images, missing.values())),
        )
        for (file, path), clip in zip(missing.items(), found, strict=True):
            if isinstance(clip, ClipFrames):
                more = {DURATION: np.array(clip.duration_s), DAMAGE: np.array(clip.damage)}
                write_arrays(file, {**frames_to_arrays(clip.frames), **more})
            else:
                failed[path] = clip
    gone = {path: SourceError(f'there is no video file {path}') for path in paths if path not in stored}
    return [gone.get(path) or failed.get(path) or _read(stored[path]) for path in paths]


def _n_images(path: Path) -> int:
    """As many as the file says, for the progress bar; at least one."""
    try:
        with closing(open_source(str(path.absolute()))) as video:
            return video.n_images or 1
    except SourceError:
        return 1


def _try_to_perceive(path: Path, bundle: Path, fps: float | None) -> ClipFrames | SourceError | FrameError:
    try:
        return perceive_clip(path, bundle, fps)
    except (SourceError, FrameError) as error:
        return error


def perceive_clip(path: Path, bundle: Path, fps: float | None = None) -> ClipFrames:
    """The faces in one clip; arguments and errors as for `load_clips`."""
    # Clips handed to the workers can no longer be cancelled, and loading MediaPipe for one takes a second.
    go_on()
    frames: list[FaceFrame] = []
    n_frames = 0
    # Absolute, because a file called 0 is not the first camera.
    with (
        closing(open_source(str(path.absolute()))) as video,
        closing(FacePerceiver(bundle, expressions=find_expressions())) as perceiver,
    ):
        for rgb in due_frames(video, fps):
            go_on(steps=1)
            stamp_ns = round(n_frames * NS_PER_S / video.rate_hz)
            n_frames += 1
            if rgb is None:
                continue
            try:
                frames.append(perceiver.perceive(rgb, stamp_ns))
            except FrameError as error:
                raise FrameError(error.reason, f'{path} at {stamp_ns / NS_PER_S:.2f} s: {error}') from error
    if not n_frames:
        raise SourceError(f'OpenCV finds no picture in {path}: is it a video?')
    damage = damage_of_video(str(path), n_frames, video.n_images)
    return ClipFrames(n_frames / video.rate_hz, tuple(frames), damage)


def due_frames(video: VideoSource, fps: float | None) -> Iterator[RgbImage | None]:
    """Every frame of a video; None for one that is not the first in its slot of 1 / fps seconds.

    Args:
        video: is read to its end.
        fps: at most this many frames per second; None: all of them.
    """
    last_slot = -1
    for i in count():
        slot = i if fps is None else int(i * fps / video.rate_hz + SLOT_TOLERANCE)
        if slot == last_slot:
            if not video.skip():
                return
            yield None
            continue
        bgr = video.read()
        if bgr is None:
            return
        last_slot = slot
        yield bgr_to_rgb(bgr)


def _cache_key(path: Path, fps: float | None) -> str:
    stat = path.stat()
    code, network = sha256_of_room('perception'), sha256_of(find_expressions())
    identity = [str(path.resolve()), stat.st_size, stat.st_mtime_ns, fps, BUNDLE_SHA256, code, network]
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:24]


def _read(file: Path) -> ClipFrames:
    content = read_arrays(file)
    try:
        return ClipFrames(float(content[DURATION]), arrays_to_frames(content), str(content[DAMAGE]))
    except (ValueError, KeyError, TypeError, IndexError, FrameError) as error:
        raise BlendferError(f'{file} holds no faces that were kept ({one_line(error)}): delete the file') from error
