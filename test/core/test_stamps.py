"""Stamps rise, or the stream has started anew."""

from __future__ import annotations

import pytest

from blendfer_ros.core.errors import FrameError, SkipReason
from blendfer_ros.core.stamps import TIME_JUMP_NS, StampOrder

START_NS = 10 * TIME_JUMP_NS


def test_rising_stamps_continue_the_stream_however_far_they_leap() -> None:
    order = StampOrder()
    assert not any(order.starts_anew(stamp_ns) for stamp_ns in (START_NS, START_NS + 1, 1000 * START_NS))


@pytest.mark.parametrize(
    ('step_ns', 'reason', 'cause'),
    [
        (0, SkipReason.REPEATED_STAMP, 'stamp 10.000 s repeats the last one'),
        (-1, SkipReason.STAMP_OUT_OF_ORDER, 'stamp 10.000 s is out of order'),
        (1 - TIME_JUMP_NS, SkipReason.STAMP_OUT_OF_ORDER, 'stamp 9.000 s is out of order'),
    ],
)
def test_a_stamp_that_does_not_rise_is_refused_and_forgotten(step_ns: int, reason: SkipReason, cause: str) -> None:
    order = StampOrder()
    order.starts_anew(START_NS)
    with pytest.raises(FrameError, match=cause) as refused:
        order.starts_anew(START_NS + step_ns)
    assert refused.value.reason is reason
    assert not order.starts_anew(START_NS + 1)


def test_a_leap_back_starts_anew_from_there() -> None:
    order = StampOrder()
    order.starts_anew(START_NS)
    assert order.starts_anew(START_NS - TIME_JUMP_NS)
    assert not order.starts_anew(START_NS - TIME_JUMP_NS + 1)
