"""Faces are tracked from when they are more than a flicker to when they are gone."""

from __future__ import annotations

import pytest

from blendfer_ros.core.errors import FrameError
from blendfer_ros.ros4hri.roster import FaceRoster

MS = 1_000_000
START = 100_000 * MS


def roster(*images: tuple[int, tuple[str, ...]]) -> FaceRoster:
    """One that has seen images at so many ms, each as it was taken."""
    result = FaceRoster(confirm_s=0.15)
    for at_ms, face_ids in images:
        result.observe(face_ids, START + at_ms * MS, START + at_ms * MS)
    return result


def test_a_face_is_tracked_once_it_was_seen_for_long_enough() -> None:
    assert roster((0, ('a',)), (100, ('a',))).tracked(START + 100 * MS) == ()
    assert roster((0, ('a',)), (100, ('a',)), (150, ('a',))).tracked(START + 150 * MS) == ('a',)


def test_what_comes_and_goes_is_never_tracked() -> None:
    flicker = [(50 * i, ('a',) if i % 3 else ()) for i in range(30)]
    assert roster(*flicker).tracked(START + 29 * 50 * MS) == ()


def test_whoever_was_seen_for_long_enough_stays_through_missed_images() -> None:
    seen = roster((0, ('a',)), (100, ('a',)), (200, ('a',)), (300, ()), (400, ('a',)))
    assert seen.tracked(START + 400 * MS) == ('a',)


def test_everybody_is_named_in_order_of_appearance() -> None:
    seen = roster((0, ('b',)), (50, ('a', 'b')), (200, ('a', 'b')))
    assert seen.tracked(START + 200 * MS) == ('b', 'a')


def test_a_gap_of_a_second_is_bridged_and_a_longer_one_is_the_end() -> None:
    images = ((0, ('a',)), (200, ('a',)), (1200, ()))
    assert roster(*images).tracked(START + 1200 * MS) == ('a',)
    assert roster(*images, (1201, ())).tracked(START + 1201 * MS) == ()


def test_nobody_is_tracked_when_images_have_stopped() -> None:
    seen = roster((0, ('a',)), (200, ('a',)))
    assert seen.tracked(START + 1200 * MS) == ('a',)
    assert seen.tracked(START + 1201 * MS) == ()


def test_a_clock_that_was_set_back_ends_everybody() -> None:
    assert roster((0, ('a',)), (200, ('a',))).tracked(START) == ()


def test_ids_that_change_with_every_image_are_never_tracked() -> None:
    images = [(33 * i, (f'face_{i}',)) for i in range(100)]
    assert roster(*images).tracked(START + 99 * 33 * MS) == ()


def test_ids_that_change_often_do_not_pile_up() -> None:
    images = [(33 * i, (f'face_{i // 10}',)) for i in range(1000)]
    assert 0 < len(roster(*images).tracked(START + 999 * 33 * MS)) <= 5


def test_time_that_jumps_back_starts_anew() -> None:
    seen = roster((10_000, ('a',)), (10_200, ('a',)), (0, ('b',)))
    assert seen.tracked(START) == ()


def test_a_repeated_stamp_is_refused() -> None:
    with pytest.raises(FrameError, match='repeats the last one'):
        roster((0, ('a',)), (0, ('a',)))
