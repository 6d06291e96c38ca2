"""Differences between two who answered the same frames, against numbers worked out by hand."""

from __future__ import annotations

import pytest

from blendfer_ros.core.answers import Answer, Segment
from blendfer_ros.metrics.bootstrap import Interval, difference
from blendfer_ros.metrics.segments import AnsweredSegment

EVERY_S = 0.5


def part(label: str, said: list[str], start_s: float = 0.0) -> AnsweredSegment:
    """Two answers a second."""
    end_s = start_s + EVERY_S * len(said)
    answers = tuple(Answer(start_s + i * EVERY_S, each, (0.5, 0.25, 0.25)) for i, each in enumerate(said))
    return AnsweredSegment(Segment(start_s, end_s, label), end_s - start_s, answers)


def test_the_same_answers_differ_by_nothing() -> None:
    parts = [part('happy', ['happy', 'sad'] * 6), part('sad', ['sad'] * 8, 10.0)]
    found = difference(parts, parts)
    assert found.frame_accuracy == found.macro_f1 == Interval(0.0, 0.0, 0.0)
    assert not found.macro_f1.is_clear


def test_who_is_right_everywhere_is_clearly_better() -> None:
    wrong, right = [part('happy', ['sad'] * 12)], [part('happy', ['happy'] * 12)]
    better, worse = difference(wrong, right), difference(right, wrong)
    assert better.frame_accuracy == better.macro_f1 == Interval(1.0, 1.0, 1.0)
    assert worse.frame_accuracy == Interval(-1.0, -1.0, -1.0)
    assert better.macro_f1.is_clear
    assert worse.macro_f1.is_clear


def test_segments_are_cut_into_blocks_of_at_most_two_seconds() -> None:
    parts = [part('happy', ['happy'] * 5), part('sad', ['sad'] * 4, 10.0), part('no_face', ['no_face'] * 9, 20.0)]
    # 2.5 s are two blocks, 2 s are one, and nobody's emotion is none.
    assert difference(parts, parts).n_blocks == 3


def test_an_advantage_in_one_block_of_many_is_not_clear_and_the_same_every_time() -> None:
    first = [part('happy', ['happy'] * 40)]
    other = [part('happy', ['happy'] * 36 + ['sad'] * 4)]
    found = difference(first, other)
    assert found.n_blocks == 10
    assert found.frame_accuracy.value == pytest.approx(-0.1)
    # No block, or up to three times the one, of ten drawn.
    assert (found.frame_accuracy.low, found.frame_accuracy.high) == pytest.approx((-0.3, 0.0))
    assert not found.frame_accuracy.is_clear
    assert found == difference(first, other)


def test_frames_of_a_block_are_drawn_together() -> None:
    """A hundred frames of two blocks tell less than they would if each were drawn for itself."""
    half = [part('happy', ['happy'] * 4 + ['sad'] * 4)]
    found = difference(half, [part('happy', ['happy'] * 8)])
    assert (found.frame_accuracy.low, found.frame_accuracy.high) == pytest.approx((0.0, 1.0))


def test_without_frames_of_emotions_there_is_nothing_to_compare() -> None:
    nobody = [part('no_face', ['no_face'] * 4)]
    assert difference(nobody, nobody) is None
    assert difference([], []) is None
    empty = [AnsweredSegment(Segment(0.0, 1.0, 'sad'), 1.0, ())]
    assert difference(empty, empty) is None


def test_flips_and_delays_are_compared_over_segments() -> None:
    calm = [part('happy', ['happy'] * 8), part('sad', ['sad'] * 8, 10.0)]
    restless = [part('happy', ['sad', 'happy'] * 4), part('sad', ['happy', 'sad'] * 4, 10.0)]
    found = difference(calm, restless)
    assert found.n_segments == 2
    # Seven in four seconds, and right half a second later.
    assert found.flips_per_min == Interval(105.0, 105.0, 105.0)
    assert found.time_to_label_s_median == Interval(0.5, 0.5, 0.5)
    never = difference(calm, [part('happy', ['sad'] * 8), part('sad', ['happy'] * 8, 10.0)])
    assert never.time_to_label_s_median is None
    assert never.flips_per_min == Interval(0.0, 0.0, 0.0)


def test_json_has_the_differences_and_their_bounds() -> None:
    found = difference([part('happy', ['sad'] * 4)], [part('happy', ['happy'] * 4)]).as_json()
    whole = {'difference': 1.0, 'low': 1.0, 'high': 1.0}
    assert found == {
        'n_blocks': 1,
        'n_segments': 1,
        'frame_accuracy': whole,
        'macro_f1': whole,
        'flips_per_min': {'difference': 0.0, 'low': 0.0, 'high': 0.0},
        'time_to_label_s_median': None,
    }
