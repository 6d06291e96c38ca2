"""Rates, delays and what was skipped, of the last seconds only."""

from __future__ import annotations

import weakref

import pytest

from blendfer_ros.core.errors import FrameError, SkipReason
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.nodes.stream_meter import WINDOW_S, StreamMeter

MS = NS_PER_S // 1000
START_NS = 1000 * NS_PER_S


def fed(rate_hz: int, seconds: float, processing_ns: int = 10 * MS, latency_ns: int = 30 * MS) -> StreamMeter:
    meter = StreamMeter()
    for i in range(round(rate_hz * seconds)):
        now_ns = START_NS + (i + 1) * NS_PER_S // rate_hz
        meter.used(now_ns, now_ns - latency_ns, latency_ns, processing_ns, n_faces=i % 3)
    return meter


def test_a_stream_that_never_was_is_silent() -> None:
    summary = StreamMeter().summary(START_NS)
    assert summary.is_silent
    assert (summary.processing_p95_ms, summary.latency_p95_ms, summary.n_faces) == (None, None, None)


@pytest.mark.parametrize('rate_hz', [10, 30])
def test_rate_and_delays_are_those_of_the_last_seconds(rate_hz: int) -> None:
    summary = fed(rate_hz, 20.0).summary(START_NS + 20 * NS_PER_S)
    assert summary.rate_hz == pytest.approx(rate_hz, rel=0.03)
    assert summary.processing_p95_ms == pytest.approx(10.0)
    assert summary.latency_p95_ms == pytest.approx(30.0)
    assert summary.n_faces == (20 * rate_hz - 1) % 3
    assert not summary.is_silent
    assert not summary.is_overloaded


def test_what_ended_is_silent_again() -> None:
    meter = fed(30, 5.0)
    assert not meter.summary(START_NS + 5 * NS_PER_S).is_silent
    assert meter.summary(START_NS + int((6 + WINDOW_S) * NS_PER_S)).is_silent


def test_a_node_that_works_all_the_time_is_overloaded() -> None:
    assert fed(30, 10.0, processing_ns=33 * MS).summary(START_NS + 10 * NS_PER_S).is_overloaded


def test_stamps_of_another_clock_say_nothing_about_delay() -> None:
    assert fed(30, 5.0, latency_ns=3600 * NS_PER_S).summary(START_NS + 5 * NS_PER_S).latency_p95_ms is None
    assert fed(30, 5.0, latency_ns=-NS_PER_S).summary(START_NS + 5 * NS_PER_S).latency_p95_ms is None


def test_reasons_are_counted_whatever_their_numbers() -> None:
    meter = StreamMeter()
    for i in range(4):
        meter.skipped(START_NS + i, FrameError(SkipReason.REPEATED_STAMP, f'stamp {i}.250 s repeats the last one'))
    meter.skipped(START_NS + 5, FrameError(SkipReason.TRUNCATED, 'truncated: 7 bytes'))
    summary = meter.summary(START_NS + 5)
    assert summary.skipped == {SkipReason.REPEATED_STAMP: 4, SkipReason.TRUNCATED: 1}
    assert summary.newest_problem == 'truncated: 7 bytes'
    assert not summary.is_silent


@pytest.mark.parametrize(('missing', 'n_lost'), [((), 0), ((20,), 1), ((20, 21, 22, 50), 4)])
def test_what_is_missing_between_messages_is_counted(missing: tuple[int, ...], n_lost: int) -> None:
    meter = StreamMeter()
    jitter_ns = (0, 2 * MS, -1 * MS, 1 * MS)
    for i in range(100):
        if i not in missing:
            stamp_ns = START_NS + i * NS_PER_S // 30 + jitter_ns[i % 4]
            meter.used(stamp_ns + 20 * MS, stamp_ns, 20 * MS, 10 * MS, n_faces=1)
    assert meter.summary(START_NS + 4 * NS_PER_S).n_lost == n_lost


def test_an_image_that_was_skipped_is_not_kept() -> None:
    class Picture:
        """Stands for an image."""

    def fail(_image: Picture) -> None:
        raise FrameError(SkipReason.TRUNCATED, 'truncated: 7 bytes')

    meter, image = StreamMeter(), Picture()
    kept = weakref.ref(image)
    try:
        fail(image)
    except FrameError as error:
        meter.skipped(START_NS, error)
    del image
    assert kept() is None
    assert meter.summary(START_NS).newest_problem == 'truncated: 7 bytes'


@pytest.mark.parametrize(
    ('latency_s', 'offset_s'), [(0.03, None), (-0.5, None), (59.0, None), (-3600.0, -3600.0), (3600.0, 3600.0)]
)
def test_how_far_off_another_clock_is(latency_s: float, offset_s: float | None) -> None:
    meter = fed(30, 5.0, latency_ns=round(latency_s * NS_PER_S))
    assert meter.summary(START_NS + 5 * NS_PER_S).clock_offset_s == offset_s
    assert StreamMeter().summary(START_NS).clock_offset_s is None
