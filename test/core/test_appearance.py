"""Somebody counts as being there once they have been seen for long enough without a break."""

from __future__ import annotations

import pytest

from blendfer_ros.core.appearance import Appearance

FRAME_NS = 33_000_000


def seen_at(*stamps_ns: int, bridges_gaps: bool = False) -> Appearance:
    """A face seen in these of the images that come every FRAME_NS."""
    appearance = Appearance(stamps_ns[0], stamps_ns[0])
    for stamp_ns in stamps_ns[1:]:
        appearance.see(stamp_ns, stamp_ns - FRAME_NS, bridges_gaps=bridges_gaps)
    return appearance


def test_a_face_seen_in_every_image_has_been_there_since_the_first() -> None:
    appearance = seen_at(*range(0, 6 * FRAME_NS, FRAME_NS))
    assert (appearance.since_ns, appearance.seen_ns) == (0, 5 * FRAME_NS)


def test_a_missed_image_begins_anew() -> None:
    assert seen_at(0, FRAME_NS, 3 * FRAME_NS, 4 * FRAME_NS).since_ns == 3 * FRAME_NS


def test_a_missed_image_changes_nothing_for_those_who_are_known_well_enough() -> None:
    appearance = seen_at(0, FRAME_NS, 3 * FRAME_NS, bridges_gaps=True)
    assert (appearance.since_ns, appearance.seen_ns) == (0, 3 * FRAME_NS)


def test_images_that_come_slowly_are_no_break() -> None:
    appearance = Appearance(0, 0)
    appearance.see(5_000_000_000, previous_ns=0)
    assert appearance.lasts(5_000_000_000)


@pytest.mark.parametrize(('duration_ns', 'lasts'), [(0, True), (2 * FRAME_NS, True), (2 * FRAME_NS + 1, False)])
def test_it_lasts_for_as_long_as_from_the_first_sight_to_the_last(duration_ns: int, lasts: bool) -> None:
    assert seen_at(0, FRAME_NS, 2 * FRAME_NS).lasts(duration_ns) == lasts
