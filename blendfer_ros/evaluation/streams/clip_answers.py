"""What the nodes would answer to video clips, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.classification.estimator import UNSMOOTHED, EmotionEstimator
from blendfer_ros.core.answers import Answer
from blendfer_ros.core.errors import DatasetError, FrameError, SourceError
from blendfer_ros.core.face import FaceFrame
from blendfer_ros.core.images import RgbImage
from blendfer_ros.core.processes import go_on, map_in_processes
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.datasets.segments import LabelledClip
from blendfer_ros.metrics.segments import AnsweredClip
from blendfer_ros.perception.perceiver import FacePerceiver
from blendfer_ros.perception.video import VideoSource, open_source

# Far more than rounding moves a frame, far less than its distance from the next.
SLOT_TOLERANCE: Final = 1e-6


@dataclass(frozen=True)
class ClipQuery:
    """Who is asked, and how.

    model: a `.tflite` file beside its card. bundle: the FaceLandmarker bundle.
    fps: at most so many frames a second are looked at; None: all of them.
    raw: ask also without smoothing.
    """

    model: Path
    bundle: Path
    fps: float | None = None
    raw: bool = False


def answer_clips(clips: Sequence[LabelledClip], asked: ClipQuery, workers: int | None = None) -> list[AnsweredClip]:
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
    work = partial(answer_clip, asked=asked)
    return list(map_in_processes(work, clips, 'FaceLandmarker', 'clip', workers=workers))


def answer_clip(clip: LabelledClip, asked: ClipQuery) -> AnsweredClip:
    """Ask about the frames of one clip in order; raises as `answer_clips` does."""
    # Clips handed to the workers can no longer be cancelled, and loading MediaPipe for one takes a second.
    go_on()
    model = load_classifier(asked.model)
    smoothed, unsmoothed = EmotionEstimator(model), EmotionEstimator(model, UNSMOOTHED)
    answers: list[Answer] = []
    raw: list[Answer] = []
    n_frames = 0
    # Absolute, because a file called 0 is not the first camera.
    with closing(open_source(str(clip.path.absolute()))) as video, closing(FacePerceiver(asked.bundle)) as perceiver:
        for rgb in _frames(video, asked.fps):
            go_on()
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
                raise FrameError(f'{clip.path} at {stamp_ns / NS_PER_S:.2f} s: {error}') from error
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
