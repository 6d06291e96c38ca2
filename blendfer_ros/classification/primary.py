"""Which of the people in view the robot is with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from blendfer_ros.core.errors import ParameterError
from blendfer_ros.core.face import Face
from blendfer_ros.core.options import option
from blendfer_ros.core.stamps import NS_PER_S

PROMINENT: Final = 'prominent'
NEAREST: Final = 'nearest'
LONGEST_SEEN: Final = 'longest_seen'
GIVEN: Final = 'given'
RULES: Final = (PROMINENT, NEAREST, LONGEST_SEEN, GIVEN)

# A glance aside or a nod does not change who the robot is with.
SETTLE_S: Final = 0.5


@dataclass(frozen=True)
class PrimaryOptions:
    """Who is the primary person.

    rule: `prominent`, the largest and most frontal face; `nearest`, the tallest face, however it is turned;
        `longest_seen`, whoever came first; `given`, the one whose id is `face_id`, nobody while it is not in view.
    """

    rule: str = option(
        PROMINENT,
        'whom `emotion` is about: `prominent` (largest and most frontal), `nearest`, `longest_seen`, or `given`',
        choices=RULES,
    )
    face_id: str = option('', 'with `given`: the `face_id` it is about')
    switch_ratio: float = option(
        1.3, 'how many times more prominent or nearer another must be to take over', '', 1.0, 10.0
    )

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise ParameterError(f'primary is {self.rule!r}, expected one of {", ".join(RULES)}')
        if self.rule == GIVEN and not self.face_id:
            raise ParameterError('primary is given, but primary_face_id is empty')


class Presence:
    """How present one person is, followed over time."""

    def __init__(self, face: Face, stamp_ns: int) -> None:
        self.since_ns = stamp_ns
        self._stamp_ns = stamp_ns
        self.prominence, self.nearness = _measure(face)

    def update(self, face: Face, stamp_ns: int) -> None:
        """Take in the person's face in a later image."""
        kept = math.exp(-(stamp_ns - self._stamp_ns) / NS_PER_S / SETTLE_S)
        prominence, nearness = _measure(face)
        self.prominence += (1.0 - kept) * (prominence - self.prominence)
        self.nearness += (1.0 - kept) * (nearness - self.nearness)
        self._stamp_ns = stamp_ns


class PrimaryChooser:
    """Picks the primary person and stays with them until somebody else is clearly more so."""

    def __init__(self, options: PrimaryOptions) -> None:
        self.options = options
        self._chosen = ''

    def choose(self, people: Mapping[str, Presence]) -> str:
        """The id of the primary person among those in view; empty when nobody is."""
        self._chosen = self._choose(people)
        return self._chosen

    def _choose(self, people: Mapping[str, Presence]) -> str:
        rule = self.options.rule
        if rule == GIVEN:
            return self.options.face_id if self.options.face_id in people else ''
        if not people:
            return ''
        if len(people) == 1:
            return next(iter(people))
        if rule == LONGEST_SEEN:
            # Of two who came together, the one who has been it stays it.
            return min(people, key=lambda face_id: (people[face_id].since_ns, face_id != self._chosen))
        scores = {
            face_id: person.nearness if rule == NEAREST else person.prominence for face_id, person in people.items()
        }
        best = max(scores, key=lambda face_id: scores[face_id])
        if self._chosen in scores and scores[best] <= scores[self._chosen] * self.options.switch_ratio:
            return self._chosen
        return best


def _measure(face: Face) -> tuple[float, float]:
    return face.region.area * face.pose.frontality, face.region.height
