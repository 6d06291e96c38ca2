"""What the nodes would answer to video clips, frame by frame."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import count
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from tqdm import tqdm

from blendfer_ros.classification.backends.tflite import EmotionModel
from blendfer_ros.classification.estimator import UNSMOOTHED, EmotionEstimator
from blendfer_ros.core.errors import DatasetError, FrameError, SourceError
from blendfer_ros.core.face import FaceFrame
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.datasets.segments import LabelledClip
from blendfer_ros.metrics.segments import Answer, AnsweredClip
from blendfer_ros.perception.decoding import RgbImage
from blendfer_ros.perception.perceiver import FacePerceiver
from blendfer_ros.perception.video import VideoSource, open_source

# Far more than rounding moves a frame, far less than its distance from the next.
SLOT_TOLERANCE: Final = 1e-6


@dataclass(frozen=True)
class Asked:
    """Who is asked, and how.

    model: a `.tflite` file beside its card. bundle: the FaceLandmarker bundle.
    fps: at most so many frames a second are looked at; None: all of them.
    raw: ask also without smoothing.
    """

    model: Path
    bundle: Path
    fps: float | None = None
    raw: bool = False


def answer_clips(clips: Sequence[LabelledClip], asked: Asked, workers: int | None = None) -> list[AnsweredClip]:
    """Ask about each frame of each clip, with a progress bar; whatever the workers, the answers are the same.

    Args:
        clips: at least one.
        asked: who is asked, and how.
        workers: processes; as many as there are cores by default.

    Raises:
        AssetError, ModelError: MediaPipe or TFLite cannot be loaded, or refuses its file.
        SourceError: a clip cannot be read. DatasetError: a segment begins after its clip has ended.
        FrameError: MediaPipe fails on a frame.
    """
    workers = min(workers or os.cpu_count() or 1, len(clips))
    # Spawned, not forked: the threads of MediaPipe or TensorFlow in this process do not survive a fork.
    context = multiprocessing.get_context('spawn')
    stop = context.Event()
    pool = ProcessPoolExecutor(workers, context, _start_worker, (stop,))
    try:
        answered = pool.map(partial(_work, asked), clips)
        return list(tqdm(answered, total=len(clips), unit='clip', desc='FaceLandmarker'))
    finally:
        # A clip may take minutes, for which neither Ctrl-C nor another clip's error waits.
        stop.set()
        pool.shutdown(cancel_futures=True)


def answer_clip(clip: LabelledClip, asked: Asked, before_each: Callable[[], None] = lambda: None) -> AnsweredClip:
    """Ask about the frames of one clip in order; raises as `answer_clips` does, and what `before_each` frame raises."""
    model = EmotionModel(asked.model)
    smoothed, unsmoothed = EmotionEstimator(model), EmotionEstimator(model, UNSMOOTHED)
    answers: list[Answer] = []
    raw: list[Answer] = []
    n_frames = 0
    # Absolute, because a file called 0 is not the first camera.
    with closing(open_source(str(clip.path.absolute()))) as video, closing(FacePerceiver(asked.bundle)) as perceiver:
        for rgb in _frames(video, asked.fps):
            before_each()
            stamp_ns = round(n_frames * NS_PER_S / video.rate_hz)
            n_frames += 1
            if rgb is None:
                continue
            try:
                frame = perceiver.perceive(rgb, stamp_ns)
                answers.append(_answer(smoothed, frame))
                if asked.raw:
                    raw.append(_answer(unsmoothed, frame))
            except FrameError as error:
                raise FrameError(error.reason, f'{clip.path} at {stamp_ns / NS_PER_S:.2f} s: {error}') from error
    if not n_frames:
        raise SourceError(f'OpenCV finds no picture in {clip.path}: is it a video?')
    duration_s = n_frames / video.rate_hz
    for segment in clip.segments:
        if segment.start_s >= duration_s:
            raise DatasetError(
                f'{segment.where}: start_s is {segment.start_s:g}, but {clip.path} ends after {duration_s:.2f} s'
            )
    return AnsweredClip(clip.name, clip.segments, duration_s, tuple(answers), tuple(raw) if asked.raw else None)


def _frames(video: VideoSource, fps: float | None) -> Iterator[RgbImage | None]:
    """Every frame of a video; None for one that is not the first in its slot of 1 / fps seconds."""
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
        yield np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def _answer(estimator: EmotionEstimator, frame: FaceFrame) -> Answer:
    estimator.observe(frame, now_ns=frame.stamp_ns)
    return Answer.of(frame.stamp_ns / NS_PER_S, estimator.report(now_ns=frame.stamp_ns))


class _Worker:
    """What a worker process holds on to between clips."""

    stop: Event


def _start_worker(stop: Event) -> None:
    # Ctrl-C reaches the whole group; the parent alone answers it, by ending the pool.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _Worker.stop = stop


def _work(asked: Asked, clip: LabelledClip) -> AnsweredClip:
    # Clips handed to the workers can no longer be cancelled, and loading MediaPipe for one takes a second.
    _go_on()
    return answer_clip(clip, asked, before_each=_go_on)


def _go_on() -> None:
    if _Worker.stop.is_set():
        raise CancelledError
