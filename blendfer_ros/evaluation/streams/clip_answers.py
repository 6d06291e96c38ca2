"""What the nodes would answer to video clips, frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.classification.estimator import UNSMOOTHED, EmotionEstimator
from blendfer_ros.core.answers import Answer
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.core.face import FaceFrame
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.datasets.clips import ClipFrames, load_clips
from blendfer_ros.datasets.segments import LabelledClip
from blendfer_ros.metrics.segments import AnsweredClip


@dataclass(frozen=True)
class ClipQuery:
    """What is evaluated on clips.

    model: a `.tflite` file beside its card. bundle: the FaceLandmarker bundle.
    fps: process at most this many frames per second; None: all of them.
    raw: evaluate without smoothing, too.
    """

    model: Path
    bundle: Path
    fps: float | None = None
    raw: bool = False


def answer_clips(clips: Sequence[LabelledClip], query: ClipQuery, workers: int | None = None) -> list[AnsweredClip]:
    """Answer each frame of each clip; the answers do not depend on the number of workers.

    Args:
        clips: at least one.
        query: what is evaluated.
        workers: processes; as many as there are cores by default.

    Raises:
        AssetError, ModelError: MediaPipe or TFLite cannot be loaded, or refuses its file.
        SourceError: a clip cannot be read. DatasetError: a segment begins after its clip has ended.
        FrameError: MediaPipe fails on a frame.
    """
    classifier = load_classifier(query.model)
    seen = load_clips([clip.path for clip in clips], query.bundle, query.fps, workers)
    for clip, frames in zip(clips, seen, strict=True):
        _check(clip, frames)
    return [
        AnsweredClip(
            clip.name,
            clip.segments,
            clip_frames.duration_s,
            answer_frames(EmotionEstimator(classifier), clip_frames.frames),
            answer_frames(EmotionEstimator(classifier, UNSMOOTHED), clip_frames.frames) if query.raw else None,
        )
        for clip, clip_frames in zip(clips, seen, strict=True)
    ]


def answer_frames(estimator: EmotionEstimator, frames: Sequence[FaceFrame]) -> tuple[Answer, ...]:
    """What an estimator answers to each of consecutive frames."""
    return tuple(_answer(estimator, frame) for frame in frames)


def _answer(estimator: EmotionEstimator, frame: FaceFrame) -> Answer:
    estimator.observe(frame, now_ns=frame.stamp_ns)
    return Answer.of(frame.stamp_ns / NS_PER_S, estimator.report(now_ns=frame.stamp_ns))


def _check(clip: LabelledClip, frames: ClipFrames) -> None:
    for segment in clip.segments:
        if segment.start_s >= frames.duration_s:
            raise DatasetError(
                f'{segment.where}: start_s is {segment.start_s:g}, but {clip.path} ends after {frames.duration_s:.2f} s'
            )
