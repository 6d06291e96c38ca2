"""The answers over time to a bag, of one model or several, and how regularly its images came."""

from __future__ import annotations

import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from blendfer_ros.bags.frames import BLENDSHAPES, BagFrame, choose_topic, read_batches
from blendfer_ros.bags.reading import Bag
from blendfer_ros.bags.salvage import Damage
from blendfer_ros.classification.ahead import AskedAhead
from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.classification.estimator import EmotionEstimator, EstimatorOptions
from blendfer_ros.core.answers import SAID, Answer, AnswerSeries
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.errors import DatasetError, FrameError, SkipReason
from blendfer_ros.core.estimate import EmotionEstimate, TrackingState
from blendfer_ros.core.intervals import count_lost, usual_interval
from blendfer_ros.core.stamps import MS_PER_S, NS_PER_S

GAP_S: Final = 1.0


@dataclass(frozen=True)
class Candidate:
    """A model to evaluate. name: for people. model: path of a `.tflite` file. options: of its estimator."""

    name: str
    model: Path
    options: EstimatorOptions = field(default_factory=EstimatorOptions)


@dataclass(frozen=True)
class Stream:
    """How regularly the images came.

    n_messages: in the bag. skipped: how many could not be used, by reason. n_frames: the others.
    duration_s: from the first image to the last [s]. interval_s: usual time between two [s]; 0 with fewer.
    n_lost: images missing between them at this interval. gaps: (start, length) of pauses of GAP_S or more [s].
    """

    n_messages: int
    n_frames: int
    skipped: dict[SkipReason, int]
    duration_s: float
    interval_s: float
    n_lost: int
    gaps: tuple[tuple[float, float], ...]

    @property
    def end_s(self) -> float:
        """When the last image has been current for as long as the others usually are [s]."""
        return self.duration_s + self.interval_s

    @property
    def stamps_repeated(self) -> int:
        """Messages skipped because their stamp is that of the one before."""
        return self.skipped.get(SkipReason.REPEATED_STAMP, 0)

    @property
    def stamps_out_of_order(self) -> int:
        """Messages skipped because their stamp is before that of the one before."""
        return self.skipped.get(SkipReason.STAMP_OUT_OF_ORDER, 0)


@dataclass(frozen=True)
class Cost:
    """Time spent per image [ms], an even share where several are read at a time; differs from run to run."""

    median_ms: float
    p95_ms: float


@dataclass(frozen=True)
class AnsweredBag:
    """All answers to a bag.

    first_stamp_ns: of the first image that could be used [ns]. n_people: different face ids seen.
    series: of each candidate, in their order. damage: where the bag is damaged, if it is; the answers are to what is
    before. perception: reading, decoding and FaceLandmarker. classification: all candidates.
    """

    topic: str
    first_stamp_ns: int
    stream: Stream
    n_people: int
    series: tuple[AnswerSeries, ...]
    damage: Damage | None
    perception: Cost
    classification: Cost


def answer_bag(
    path: Path,
    candidates: Sequence[Candidate],
    find_bundle: Callable[[], Path],
    topic: str = '',
    *,
    quiet: bool = False,
) -> AnsweredBag:
    """Evaluate several candidates on a bag; FaceLandmarker runs once. An image that one cannot use is skipped for all.

    Args:
        path: the bag.
        candidates: at least one.
        find_bundle: finds the FaceLandmarker bundle; called only when the bag has images.
        topic: as `choose_topic` takes it.
        quiet: without a progress bar.

    Raises:
        DatasetError: the bag cannot be read, has no such topic, or no image of it can be used.
        AssetError: images need the bundle, and it cannot be had.
        ModelError: a candidate's model cannot be loaded.
    """
    bag = Bag(path)
    chosen = choose_topic(bag, topic)
    asked = [_Respondent(candidate) for candidate in candidates]
    bundle = None if chosen.message_type == BLENDSHAPES else find_bundle()
    clock = BagTime()
    stamps_s = array('d')
    people: set[str] = set()
    skipped: Counter[SkipReason] = Counter()
    examples: dict[SkipReason, FrameError] = {}
    times = _Times()
    with tqdm(total=bag.n_messages(chosen), unit='img', desc=path.name, disable=quiet) as progress:
        for batch in times.perceived(read_batches(bag, chosen, bundle)):
            for each in asked:
                each.ask_ahead(batch)
            for found in batch:
                error = _observe(found, asked)
                if error is not None:
                    skipped[error.reason] += 1
                    examples.setdefault(error.reason, error)
                elif found.frame is not None:
                    at_s = clock.at_s(found.frame.stamp_ns, found.recorded_ns)
                    for each in asked:
                        each.answer(at_s, found.recorded_ns)
                    stamps_s.append(at_s)
                    people.update(face.face_id for face in found.frame.faces)
            progress.update(len(batch))
    if not stamps_s:
        cause = examples[skipped.most_common(1)[0][0]] if skipped else bag.damage or f'{chosen.name} has none'
        raise DatasetError(f'no image of the bag {path} can be used: {cause}')
    return AnsweredBag(
        topic=chosen.name,
        first_stamp_ns=clock.first_ns,
        stream=_stream(np.array(stamps_s), skipped),
        n_people=len(people),
        series=tuple(each.series() for each in asked),
        damage=bag.damage,
        perception=times.perception(),
        classification=times.classification(),
    )


class BagTime:
    """Time since the first image of a bag, by the stamps, and where these jump back by when it was recorded."""

    def __init__(self) -> None:
        self.first_ns = 0
        self._at_ns = 0
        self._last: tuple[int, int] | None = None

    def at_s(self, stamp_ns: int, recorded_ns: int) -> float:
        """When the next image was taken [s], by its stamp and when it was recorded [ns]; never before the last one."""
        if self._last is None:
            self.first_ns = stamp_ns
        else:
            last_stamp_ns, last_recorded_ns = self._last
            step_ns = stamp_ns - last_stamp_ns
            self._at_ns += step_ns if step_ns > 0 else max(0, recorded_ns - last_recorded_ns)
        self._last = stamp_ns, recorded_ns
        return self._at_ns / NS_PER_S


class _Respondent:
    """A candidate and its answers so far, stored compactly."""

    def __init__(self, candidate: Candidate) -> None:
        self._classifier = AskedAhead(load_classifier(candidate.model))
        self.estimator = EmotionEstimator(self._classifier, candidate.options)
        self._stale_after_s = candidate.options.stale_after_s
        self._recorded_ns = 0
        self._stamp_s, self._said, self._probabilities = array('d'), array('B'), array('f')

    def ask_ahead(self, batch: Sequence[BagFrame]) -> None:
        """Have the model look at the images that come next, all at once."""
        self._classifier.ask([face for found in batch if found.frame for face in found.frame.faces])

    def answer(self, at_s: float, recorded_ns: int) -> None:
        """Answer to the image observed last, taken at `at_s`; and before it, had no image come for too long.

        The nodes notice that with a timer; here it follows from when the images were recorded.
        """
        if self._stamp_s and recorded_ns - self._recorded_ns > self._stale_after_s * NS_PER_S:
            stale = EmotionEstimate(state=TrackingState.STALE)
            self._append(Answer.of(min(at_s, self._stamp_s[-1] + self._stale_after_s), stale))
        self._append(Answer.of(at_s, self.estimator.report(recorded_ns)))
        self._recorded_ns = recorded_ns

    def _append(self, answer: Answer) -> None:
        self._stamp_s.append(answer.stamp_s)
        self._said.append(SAID.index(answer.said))
        self._probabilities.extend(answer.probabilities)

    def series(self) -> AnswerSeries:
        """All answers."""
        probabilities = np.array(self._probabilities, np.float32).reshape(-1, len(EMOTIONS))
        return AnswerSeries(np.array(self._stamp_s), np.array(self._said, np.uint8), probabilities)


def _observe(found: BagFrame, asked: Sequence[_Respondent]) -> FrameError | None:
    """Show everybody an image; why not, when it cannot be used."""
    if found.frame is None:
        return found.error
    try:
        for each in asked:
            each.estimator.observe(found.frame, found.recorded_ns)
    except FrameError as error:
        return error
    return None


def _stream(stamps_s: npt.NDArray[np.float64], skipped: Counter[SkipReason]) -> Stream:
    steps_s = np.diff(stamps_s)
    return Stream(
        n_messages=len(stamps_s) + skipped.total(),
        n_frames=len(stamps_s),
        skipped=dict(sorted(skipped.items())),
        duration_s=float(stamps_s[-1]),
        interval_s=usual_interval(steps_s),
        n_lost=count_lost(steps_s),
        gaps=tuple((float(stamps_s[i]), float(steps_s[i])) for i in np.flatnonzero(steps_s >= GAP_S)),
    )


class _Times:
    """How long batches of images take, shared evenly by the images of each."""

    def __init__(self) -> None:
        self._perception_ms, self._classification_ms = array('d'), array('d')

    def perceived(self, batches: Iterator[list[BagFrame]]) -> Iterator[list[BagFrame]]:
        """The same batches; what happens until the next is asked for is classification."""
        began_s = time.perf_counter()
        for batch in batches:
            perceived_s = time.perf_counter()
            yield batch
            ended_s, per_image = time.perf_counter(), MS_PER_S / len(batch)
            self._perception_ms.extend([(perceived_s - began_s) * per_image] * len(batch))
            self._classification_ms.extend([(ended_s - perceived_s) * per_image] * len(batch))
            began_s = time.perf_counter()

    def perception(self) -> Cost:
        """Reading, decoding and FaceLandmarker."""
        return _cost(self._perception_ms)

    def classification(self) -> Cost:
        """All candidates."""
        return _cost(self._classification_ms)


def _cost(times_ms: array[float]) -> Cost:
    return Cost(*(float(ms) for ms in np.percentile(np.array(times_ms), (50, 95))))
