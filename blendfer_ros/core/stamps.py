"""Stamps of images: what they are in nanoseconds, and whether one continues its stream."""

from __future__ import annotations

from typing import Final, Protocol

from blendfer_ros.core.errors import FrameError, SkipReason

NS_PER_S: Final = 1_000_000_000
NS_PER_MS: Final = 1_000_000
MS_PER_S: Final = 1000.0

# How long a face may be out of view and come back as the same one [ns].
MAX_GAP_NS: Final = 1_000_000_000

# A stamp this far back is a new start (a looping bag, a reset simulation), not a late image.
TIME_JUMP_NS: Final = 1_000_000_000


class Time(Protocol):
    """The fields of `builtin_interfaces/Time`."""

    sec: int
    nanosec: int


def time_to_ns(time: Time) -> int:
    """A stamp as integer nanoseconds.

    Raises:
        FrameError: its nanoseconds are a second or more. A message with it could not be answered: the sum of the two
            need not fit into a stamp again.
    """
    if not 0 <= time.nanosec < NS_PER_S:
        text = f'stamp of {time.sec} s and {time.nanosec} ns is no time'
        raise FrameError(SkipReason.WRONG_STAMP, text)
    return int(time.sec) * NS_PER_S + int(time.nanosec)


class StampOrder:
    """Watches over the stamps of one stream: they rise, or the stream has started anew."""

    def __init__(self) -> None:
        self._last_ns: int | None = None

    def starts_anew(self, stamp_ns: int) -> bool:
        """Take in the stamp of the next image [ns].

        Returns:
            True when time has jumped back, so that what is known of earlier images is of no use.

        Raises:
            FrameError: the stamp repeats the last one or is less than a second before it.
        """
        last_ns = self._last_ns
        if last_ns is not None and last_ns - TIME_JUMP_NS < stamp_ns <= last_ns:
            shown_s = f'stamp {stamp_ns / NS_PER_S:.3f} s'
            if stamp_ns == last_ns:
                text = f'{shown_s} repeats the last one: does the camera driver stamp its images?'
                raise FrameError(SkipReason.REPEATED_STAMP, text)
            text = f'{shown_s} is out of order: the last one was {last_ns / NS_PER_S:.3f} s'
            raise FrameError(SkipReason.STAMP_OUT_OF_ORDER, text)
        self._last_ns = stamp_ns
        return last_ns is not None and stamp_ns < last_ns
