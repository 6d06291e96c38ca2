"""What /emotion said while something was wrong, held against what it may say. Nothing here knows ROS."""

from __future__ import annotations

import bisect
import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from faults.fault import STATE_NAMES

TRACKING: Final = 2
STALE: Final = 0
DISABLED: Final = 3
# `stale_after_s` since the last image, `face_timeout_s` since somebody was in one, a period of `publish_rate`, and what
# a busy machine of two cores needs to wake processes up.
MAX_AGE_S: Final = 1.0 + 0.5 + 0.1 + 0.4
# An answer to one image: a third of a second between images, and processing on a busy machine.
MAX_ANSWER_AGE_S: Final = 1.0
# /emotion is repeated ten times a second; longer than this it is silent.
MAX_SILENCE_S: Final = 1.5


@dataclass(frozen=True)
class Heard:
    """A message on /emotion, or of one person on /emotions; `at_s` by the monotonic clock."""

    at_s: float
    state: int
    stamp_ns: int
    is_answer: bool = False


class SentLog:
    """When which image was sent. Of images that repeat a stamp only the first counts."""

    def __init__(self) -> None:
        self._times_s: dict[int, list[float]] = defaultdict(list)
        self._last_ns: int | None = None
        self.n = 0

    def sent(self, stamp_ns: int, at_s: float) -> None:
        self.n += 1
        if stamp_ns != self._last_ns:
            self._times_s[stamp_ns].append(at_s)
            self._last_ns = stamp_ns

    def last_sent_s(self, stamp_ns: int, before_s: float) -> float | None:
        """When the image with this stamp that a message of `before_s` can be about was sent; None: never."""
        times_s = self._times_s.get(stamp_ns, [])
        index = bisect.bisect_right(times_s, before_s)
        return times_s[index - 1] if index else None


def aged(heard: Iterable[Heard], sent: SentLog, slack: float = 1.0) -> list[str]:
    """Messages that pass an old emotion off as new: of TRACKING and NO_FACE, those about no recent image."""
    problems = []
    for message in heard:
        if message.state in (STALE, DISABLED):
            continue
        sent_s = sent.last_sent_s(message.stamp_ns, message.at_s)
        limit_s = slack * (MAX_ANSWER_AGE_S if message.is_answer else MAX_AGE_S)
        name = '/emotions' if message.is_answer else f'/emotion said {STATE_NAMES[message.state]}'
        if sent_s is None:
            problems.append(f'{name} with the stamp {message.stamp_ns / 1e9:.3f} s, which no image had')
        elif message.at_s - sent_s > limit_s:
            problems.append(f'{name} of an image {message.at_s - sent_s:.2f} s old')
    return problems


def out_of_turn(heard: Iterable[Heard], meanwhile: Iterable[int], began_s: float, ended_s: float) -> list[str]:
    """States that /emotion must not have while the cause lasts, from when it must have been noticed."""
    allowed = set(meanwhile)
    return [
        f'/emotion said {STATE_NAMES[message.state]} {message.at_s - began_s:.1f} s into the fault'
        for message in heard
        if began_s <= message.at_s <= ended_s and not message.is_answer and message.state not in allowed
    ]


def silences(heard: Sequence[Heard], began_s: float, ended_s: float, slack: float = 1.0) -> list[str]:
    """Times in which /emotion said nothing."""
    at_s = [began_s, *(m.at_s for m in heard if not m.is_answer and began_s < m.at_s < ended_s), ended_s]
    gaps_s = [after - before for before, after in itertools.pairwise(at_s)]
    return [f'/emotion was silent for {gap_s:.1f} s' for gap_s in gaps_s if gap_s > slack * MAX_SILENCE_S]


def first_right_s(heard: Iterable[Heard], sent: SentLog, since_s: float) -> float | None:
    """When /emotion first was about an image sent after `since_s`; None: not yet."""
    for message in heard:
        if message.at_s < since_s or message.is_answer or message.state != TRACKING:
            continue
        sent_s = sent.last_sent_s(message.stamp_ns, message.at_s)
        if sent_s is not None and sent_s >= since_s:
            return message.at_s
    return None


def once_each(problems: Iterable[str], most: int = 3) -> list[str]:
    """The first few problems of a kind that may come ten times a second."""
    found = list(problems)
    return found[:most] + ([f'… and {len(found) - most} more of these'] if len(found) > most else [])
