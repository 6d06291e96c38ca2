"""The wrong answers to look at first: those held longest with most confidence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from blendfer_ros.core.answers import STALE, Stretch, stretches
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.evaluation.streams.bag_scores import ScoredBag

# Rank of an answer without a probability: the least that the most probable emotion can have.
LEAST_CONFIDENCE = 1 / len(EMOTIONS)


@dataclass(frozen=True)
class WrongMoment:
    """A stretch of time in which one wrong answer was given.

    bag: its name. start_s: from its first image [s]. held_s: how long [s]. confidence: mean probability of the
    answer; None for answers that have none. stamp_ns: of the image in the middle [ns]; None where no images came.
    """

    bag: str
    label: str
    said: str
    start_s: float
    held_s: float
    confidence: float | None
    stamp_ns: int | None

    @property
    def time_code(self) -> str:
        """Minutes and seconds from the first image of the bag."""
        minutes, seconds = divmod(round(self.start_s, 1), 60)
        return f'{minutes:.0f}:{seconds:04.1f}'


def worst_moments(bags: Mapping[str, ScoredBag], k: int) -> list[WrongMoment]:
    """Up to `k` stretches of wrong answers, ranked by how long they were held times their confidence."""
    moments = [moment for name, scored in bags.items() for moment in _moments(name, scored)]
    return sorted(moments, key=lambda moment: -moment.held_s * (moment.confidence or LEAST_CONFIDENCE))[:k]


def _moments(name: str, scored: ScoredBag) -> Iterator[WrongMoment]:
    for part in scored.parts():
        for stretch in stretches(part.answers, part.segment.start_s + part.duration_s):
            if stretch.said != part.segment.label:
                stamp_s = stretch.answers[len(stretch.answers) // 2].stamp_s
                yield WrongMoment(
                    name,
                    part.segment.label,
                    stretch.said,
                    stretch.start_s,
                    stretch.end_s - stretch.start_s,
                    _confidence(stretch),
                    None if stretch.said == STALE else scored.bag.first_stamp_ns + round(stamp_s * NS_PER_S),
                )


def _confidence(stretch: Stretch) -> float | None:
    if stretch.said not in EMOTIONS:
        return None
    column = EMOTIONS.index(stretch.said)
    sure = [answer.probabilities[column] for answer in stretch.answers if any(answer.probabilities)]
    return sum(sure) / len(sure) if sure else None
