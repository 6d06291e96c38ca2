"""What of a bag is played again, and when each message goes out."""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Final

from blendfer_ros.bags.frames import ANSWERABLE
from blendfer_ros.bags.reading import Bag
from blendfer_ros.bags.salvage import BagMessage, Topic
from blendfer_ros.core.errors import DatasetError, one_line
from blendfer_ros.core.stamps import NS_PER_S

# Best effort loses messages; whoever has had one already refuses its stamp the second time.
RESEND_NS: Final = NS_PER_S


def topics_to_play(bag: Bag, names: str) -> tuple[Topic, ...]:
    """The topics of a bag that `names` says, with commas between; all when it says none.

    Raises:
        DatasetError: the bag has no such topic; names those it has.
    """
    topics = {topic.name: topic for topic in bag.topics}
    wanted = [f'/{name.strip().lstrip("/")}' for name in names.split(',') if name.strip()]
    for name in wanted:
        if name not in topics:
            raise DatasetError(f'{bag.path} has no topic {name}; its topics: {one_line(", ".join(topics) or "none")}')
    return tuple(topics[name] for name in wanted or topics)


def header_stamp_ns(message: BagMessage) -> int | None:
    """The stamp of a message that begins with a header [ns]; None when it is too short to have one.

    See the encapsulation of CDR: https://www.omg.org/spec/DDSI-RTPS.
    """
    try:
        sec, nanosec = struct.unpack_from('<iI' if message.cdr[1] & 1 else '>iI', message.cdr, 4)
    except (IndexError, struct.error):
        return None
    return int(sec) * NS_PER_S + int(nanosec)


class Playback(ABC):
    """Hands out the messages of a bag when they are due; each time `now_ns` is of one steady clock [ns].

    n_played: how many it has handed out. n_unanswered: how many of these it waited for an answer to in vain.
    """

    def __init__(self, messages: Iterator[BagMessage]) -> None:
        self._messages = messages
        self._next = next(messages, None)
        self._awaited: BagMessage | None = None
        self.n_played = 0
        self.n_unanswered = 0

    @property
    def is_over(self) -> bool:
        """True when nothing is left to hand out or to wait for."""
        return self._next is None and self._awaited is None

    @abstractmethod
    def due(self, now_ns: int) -> Iterator[BagMessage]:
        """What to publish now."""

    def answer(self, stamp_ns: int) -> None:
        """Take note that the image with this stamp was answered to."""
        if self._awaited is not None and header_stamp_ns(self._awaited) == stamp_ns:
            self._awaited = None

    @abstractmethod
    def recorded_ns(self, now_ns: int) -> int | None:
        """What time of the recording it is [ns]; None when that stands still from message to message."""

    def _take(self, message: BagMessage) -> BagMessage:
        self._next = next(self._messages, None)
        self.n_played += 1
        return message


class RecordedPlayback(Playback):
    """With the timing of the recording, `rate` times as fast."""

    def __init__(self, messages: Iterator[BagMessage], rate: float) -> None:
        super().__init__(messages)
        self._rate = rate
        self._first_ns = self._next.recorded_ns if self._next else 0
        self._started_ns: int | None = None

    def due(self, now_ns: int) -> Iterator[BagMessage]:
        """What was recorded by now."""
        if self._started_ns is None:
            self._started_ns = now_ns
        while self._next is not None and self._next.recorded_ns <= self._recorded_ns(self._started_ns, now_ns):
            yield self._take(self._next)

    def recorded_ns(self, now_ns: int) -> int | None:
        """The time of the recording [ns]; None before the first message."""
        return None if self._started_ns is None else self._recorded_ns(self._started_ns, now_ns)

    def _recorded_ns(self, started_ns: int, now_ns: int) -> int:
        return self._first_ns + round((now_ns - started_ns) * self._rate)


class AcknowledgedPlayback(Playback):
    """Each image or `blendshapes` when the one before was answered to; everything else with them, in order."""

    def __init__(self, messages: Iterator[BagMessage], timeout_s: float) -> None:
        super().__init__(messages)
        self._timeout_ns = round(timeout_s * NS_PER_S)
        self._resend_ns = 0
        self._give_up_ns = 0

    def due(self, now_ns: int) -> Iterator[BagMessage]:
        """The next image and what comes with it, or the last once more where no answer has come."""
        if self._awaited is not None:
            if now_ns >= self._give_up_ns:
                self._awaited = None
                self.n_unanswered += 1
            elif now_ns >= self._resend_ns:
                self._resend_ns = now_ns + RESEND_NS
                yield self._awaited
        while self._awaited is None and self._next is not None:
            message = self._take(self._next)
            if message.topic.message_type in ANSWERABLE:
                self._awaited = message
                self._resend_ns, self._give_up_ns = now_ns + RESEND_NS, now_ns + self._timeout_ns
            yield message

    def recorded_ns(self, now_ns: int) -> int | None:  # noqa: ARG002, its messages alone tell
        """Nothing: time stands still from message to message."""
        return None
