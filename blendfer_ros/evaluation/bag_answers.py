"""What is answered over time to a bag, by one model or several, and how its images came."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from tqdm import tqdm

from blendfer_ros.classification.estimator import EmotionEstimate, EmotionEstimator, EstimatorOptions, TrackingState
from blendfer_ros.classification.model import EmotionModel
from blendfer_ros.contract import NS_PER_S
from blendfer_ros.errors import FrameError
from blendfer_ros.evaluation.bag_frames import BLENDSHAPES, BagFrame, choose_topic, read_frames
from blendfer_ros.evaluation.bags import Bag, Damage
from blendfer_ros.evaluation.segments import Answer

# A pause this many times the usual interval has room for an image that is missing.
LOST_INTERVALS: Final = 1.5
GAP_S: Final = 1.0


@dataclass(frozen=True)
class Candidate:
    """Who is asked. name: for people. model: path of a `.tflite` file. options: smoothing and all that."""

    name: str
    model: Path
    options: EstimatorOptions = field(default_factory=EstimatorOptions)


@dataclass(frozen=True)
class FrameAnswer:
    """What was answered at one image: about the primary person, and about everybody in it.

    recorded_ns: when the image was recorded [ns].
    """

    recorded_ns: int
    stamp_ns: int
    said: EmotionEstimate
    everybody: tuple[EmotionEstimate, ...]


@dataclass(frozen=True)
class Stream:
    """How the images came.

    n_messages: in the bag. skipped: how many could not be used, by reason. n_frames: the others.
    duration_s: from the first image to the last [s]. interval_s: usual time between two [s]; 0 with fewer.
    n_lost: images missing between them at this interval. gaps: (start, length) of pauses of GAP_S or more [s].
    """

    n_messages: int
    n_frames: int
    skipped: dict[str, int]
    duration_s: float
    interval_s: float
    n_lost: int
    gaps: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class AnsweredBag:
    """All answers to a bag.

    answers: of each candidate by name, one for each image that could be used, in order.
    damage: where the bag is damaged, if it is; the answers are to what is before.
    perception_s, classification_s: what each image cost [s]; these differ from run to run.
    """

    path: Path
    topic: str
    stream: Stream
    answers: dict[str, tuple[FrameAnswer, ...]]
    damage: Damage | None
    perception_s: tuple[float, ...]
    classification_s: tuple[float, ...]


def answer_bag(
    path: Path,
    candidates: Sequence[Candidate],
    find_bundle: Callable[[], Path],
    topic: str = '',
    *,
    quiet: bool = False,
) -> AnsweredBag:
    """Show a bag to several candidates; FaceLandmarker runs once.

    Args:
        path: the bag.
        candidates: at least one, with names of their own.
        find_bundle: finds the FaceLandmarker bundle; called only when the bag has images.
        topic: as `choose_topic` takes it.
        quiet: without a progress bar.

    Raises:
        DatasetError: the bag cannot be read, or has no such topic.
        AssetError: images need the bundle, and it cannot be had.
        ModelError: a candidate's model cannot be loaded.
    """
    bag = Bag(path)
    chosen = choose_topic(bag, topic)
    estimators = {c.name: EmotionEstimator(EmotionModel(c.model), c.options) for c in candidates}
    answers: dict[str, list[FrameAnswer]] = {name: [] for name in estimators}
    skipped: Counter[str] = Counter()
    perception_s, classification_s = [], []
    bundle = None if chosen.message_type == BLENDSHAPES else find_bundle()
    began_s = time.perf_counter()
    for found in tqdm(read_frames(bag, chosen, bundle), unit='img', desc=path.name, disable=quiet):
        perceived_s = time.perf_counter()
        problem = found.problem or _observe(found, estimators, answers)
        if problem:
            # Reasons that differ in their numbers only are one.
            skipped[re.sub(r'\d[\d.]*', 'N', problem)] += 1
        else:
            perception_s.append(perceived_s - began_s)
            classification_s.append(time.perf_counter() - perceived_s)
        began_s = time.perf_counter()
    answered = {name: tuple(of_candidate) for name, of_candidate in answers.items()}
    stamps_s = [answer.stamp_ns / NS_PER_S for answer in next(iter(answered.values()))]
    return AnsweredBag(
        path=path,
        topic=chosen.name,
        stream=_stream(stamps_s, skipped),
        answers=answered,
        damage=bag.damage,
        perception_s=tuple(perception_s),
        classification_s=tuple(classification_s),
    )


def over_time(answers: Sequence[FrameAnswer], stale_after_s: float) -> tuple[Answer, ...]:
    """The answers by time from the first image on [s]; where no image came for `stale_after_s`, STALE in between.

    The nodes notice that with a timer; here it follows from when the images were recorded.
    """
    said: list[Answer] = []
    for before, after in zip((None, *answers), answers, strict=False):
        if before and after.recorded_ns - before.recorded_ns > stale_after_s * NS_PER_S:
            stale_ns = before.stamp_ns + round(stale_after_s * NS_PER_S)
            said.append(Answer.of(_since(answers, stale_ns), EmotionEstimate(state=TrackingState.STALE)))
        said.append(Answer.of(_since(answers, after.stamp_ns), after.said))
    return tuple(said)


def _since(answers: Sequence[FrameAnswer], stamp_ns: int) -> float:
    return (stamp_ns - answers[0].stamp_ns) / NS_PER_S


def _observe(found: BagFrame, estimators: dict[str, EmotionEstimator], answers: dict[str, list[FrameAnswer]]) -> str:
    """Have everybody answer to an image; why not, when it cannot be used."""
    if found.frame is None:
        return found.problem
    try:
        everybody = {name: estimator.observe(found.frame, found.recorded_ns) for name, estimator in estimators.items()}
    except FrameError as error:
        return str(error)
    for name, estimator in estimators.items():
        said = estimator.report(found.recorded_ns)
        answers[name].append(FrameAnswer(found.recorded_ns, found.frame.stamp_ns, said, everybody[name]))
    return ''


def _stream(stamps_s: Sequence[float], skipped: Counter[str]) -> Stream:
    steps_s = [after - before for before, after in pairwise(stamps_s)]
    interval_s = float(np.median(steps_s)) if steps_s else 0.0
    return Stream(
        n_messages=len(stamps_s) + skipped.total(),
        n_frames=len(stamps_s),
        skipped=dict(sorted(skipped.items())),
        duration_s=stamps_s[-1] - stamps_s[0] if stamps_s else 0.0,
        interval_s=interval_s,
        n_lost=sum(round(step_s / interval_s) - 1 for step_s in steps_s if step_s > LOST_INTERVALS * interval_s),
        gaps=tuple(
            (before_s - stamps_s[0], step_s)
            for before_s, step_s in zip(stamps_s, steps_s, strict=False)
            if step_s >= GAP_S
        ),
    )
