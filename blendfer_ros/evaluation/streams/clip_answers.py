"""What the nodes would answer to video clips, frame by frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.classification.classifier import Classifier
from blendfer_ros.classification.estimator import UNSMOOTHED, EmotionEstimator
from blendfer_ros.core.answers import Answer
from blendfer_ros.core.errors import BlendferError, DatasetError
from blendfer_ros.core.face import FaceFrame
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.datasets.clips import ClipFrames, load_usable_clips
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


@dataclass(frozen=True)
class AnsweredClips:
    """What came of clips.

    clips: those that could be evaluated. failed: by name why another could not.
    damaged: by name where one ended early, whose answers are to what is before.
    """

    clips: tuple[AnsweredClip, ...]
    failed: dict[str, BlendferError]
    damaged: dict[str, str]


def answer_clips(clips: Sequence[LabelledClip], query: ClipQuery, workers: int | None = None) -> AnsweredClips:
    """Answer each frame of each clip; the answers do not depend on the number of workers, nor on other clips.

    Args:
        clips: at least one.
        query: what is evaluated.
        workers: processes; as many as there are cores by default.

    Raises:
        AssetError, ModelError: MediaPipe or TFLite cannot be loaded, or refuses its file.
    """
    classifier = load_classifier(query.model)
    seen = load_usable_clips([clip.path for clip in clips], query.bundle, query.fps, workers)
    answered: list[AnsweredClip] = []
    failed: dict[str, BlendferError] = {}
    damaged: dict[str, str] = {}
    for clip, frames in zip(clips, seen, strict=True):
        try:
            answered.append(_answer_clip(clip, frames, classifier, raw=query.raw))
        except BlendferError as error:
            failed[clip.name] = error
        if isinstance(frames, ClipFrames) and frames.damage:
            damaged[clip.name] = frames.damage
    return AnsweredClips(tuple(answered), failed, damaged)


def _answer_clip(
    clip: LabelledClip, seen: ClipFrames | BlendferError, classifier: Classifier, *, raw: bool
) -> AnsweredClip:
    if isinstance(seen, BlendferError):
        raise seen
    _check(clip, seen)
    return AnsweredClip(
        clip.name,
        clip.segments,
        seen.duration_s,
        answer_frames(EmotionEstimator(classifier), seen.frames),
        answer_frames(EmotionEstimator(classifier, UNSMOOTHED), seen.frames) if raw else None,
    )


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
