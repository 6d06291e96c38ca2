"""What is labelled over time, and what is answered to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np
import numpy.typing as npt

from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.estimate import EmotionEstimate, TrackingState
from blendfer_ros.core.face import FloatArray

NO_FACE: Final = TrackingState.NO_FACE.name.lower()
STALE: Final = TrackingState.STALE.name.lower()
# What a stretch of time can be labelled.
LABELS: Final = (*EMOTIONS, NO_FACE)
# Everything that can be said, in the order in which it is listed.
SAID: Final = (*LABELS, STALE)


@dataclass(frozen=True)
class Segment:
    """A stretch of a clip, from start_s on and before end_s [s], in which `label`, one of LABELS, is right.

    where: file and line that say so.
    """

    start_s: float
    end_s: float
    label: str
    where: str = ''


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered at one frame.

    stamp_s: time of the frame from the start of the clip [s].
    said: the emotion while TRACKING, otherwise the state in lower case: no_face or stale.
    probabilities: (happy, unknown, sad), smoothed where answers are; zeros where there are none.
    """

    stamp_s: float
    said: str
    probabilities: tuple[float, ...]

    @classmethod
    def of(cls, stamp_s: float, estimate: EmotionEstimate) -> Answer:
        """What `estimate` says at `stamp_s`."""
        tracking = estimate.state is TrackingState.TRACKING
        return cls(stamp_s, estimate.emotion if tracking else estimate.state.name.lower(), estimate.probabilities)


@dataclass(frozen=True)
class AnswerSeries:
    """What one one answered over time; row i of each array is the same answer, which holds until the next.

    stamp_s: (n,) time since the first image [s], never falling. said: (n,) index into SAID; where it is STALE no image
    came. probabilities: (n, 3) as in `Answer`.
    """

    stamp_s: npt.NDArray[np.float64]
    said: npt.NDArray[np.uint8]
    probabilities: FloatArray

    @property
    def at_images(self) -> npt.NDArray[np.uint8]:
        """(n_frames,) what was said at each image, as index into SAID."""
        return np.asarray(self.said[self.said != SAID.index(STALE)])

    def answers(self) -> tuple[Answer, ...]:
        """The same one by one."""
        return tuple(
            Answer(stamp_s, SAID[said], tuple(probabilities))
            for stamp_s, said, probabilities in zip(
                self.stamp_s.tolist(), self.said.tolist(), self.probabilities.tolist(), strict=True
            )
        )


@dataclass(frozen=True)
class Stretch:
    """Answers that follow each other and say the same, from `start_s` until `end_s` [s]."""

    start_s: float
    end_s: float
    said: str
    answers: tuple[Answer, ...]


def stretches(answers: Sequence[Answer], end_s: float) -> list[Stretch]:
    """Answers in order, as stretches of equal ones; the last ends at `end_s`."""
    groups = [tuple(same) for _, same in groupby(answers, key=lambda answer: answer.said)]
    ends_s = [*(group[0].stamp_s for group in groups[1:]), end_s]
    return [
        Stretch(group[0].stamp_s, its_end_s, group[0].said, group)
        for group, its_end_s in zip(groups, ends_s, strict=False)
    ]
