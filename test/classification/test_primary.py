"""The robot stays with one person until somebody else is clearly more present."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from blendfer_ros.classification.primary import Presence, PrimaryChooser, PrimaryOptions
from blendfer_ros.core.errors import ParameterError
from blendfer_ros.core.face import Face, HeadPose, Region
from blendfer_ros.core.stamps import NS_PER_S

MakeFace = Callable[..., Face]


@pytest.fixture
def seen(make_face: MakeFace) -> Callable[..., Presence]:
    """Somebody whose face has the given height and turn."""

    def see(height: float, yaw_rad: float = 0.0, since_ns: int = 0, width: float = 0.1) -> Presence:
        face = make_face(region=Region(0.5 - width / 2, 0.5 - height / 2, 0.5 + width / 2, 0.5 + height / 2))
        return Presence(replace(face, pose=HeadPose(0.0, 0.0, yaw_rad)), since_ns)

    return see


def test_the_largest_is_chosen_and_of_equals_the_one_who_looks_here(seen: Callable[..., Presence]) -> None:
    assert PrimaryChooser(PrimaryOptions()).choose({'a': seen(0.2), 'b': seen(0.4)}) == 'b'
    assert PrimaryChooser(PrimaryOptions()).choose({'a': seen(0.3, yaw_rad=1.0), 'b': seen(0.3)}) == 'b'


def test_somebody_a_little_larger_does_not_take_over_and_much_larger_does(seen: Callable[..., Presence]) -> None:
    chooser = PrimaryChooser(PrimaryOptions(switch_ratio=1.3))
    assert chooser.choose({'a': seen(0.2)}) == 'a'
    assert chooser.choose({'a': seen(0.2), 'b': seen(0.25)}) == 'a'
    assert chooser.choose({'a': seen(0.2), 'b': seen(0.27)}) == 'b'
    assert chooser.choose({'a': seen(0.21), 'b': seen(0.2)}) == 'b'


def test_when_the_primary_person_leaves_the_next_takes_over_at_once(seen: Callable[..., Presence]) -> None:
    chooser = PrimaryChooser(PrimaryOptions())
    chooser.choose({'a': seen(0.4), 'b': seen(0.2)})
    assert chooser.choose({'b': seen(0.2)}) == 'b'
    assert chooser.choose({}) == ''


def test_nearest_goes_by_height_for_a_turned_head_is_narrower_but_as_near(seen: Callable[..., Presence]) -> None:
    people = {'turned': seen(0.4, yaw_rad=1.2, width=0.1), 'frontal': seen(0.3, width=0.3)}
    assert PrimaryChooser(PrimaryOptions()).choose(people) == 'frontal'
    assert PrimaryChooser(PrimaryOptions('nearest')).choose(people) == 'turned'


def test_longest_seen_is_whoever_came_first(seen: Callable[..., Presence]) -> None:
    chooser = PrimaryChooser(PrimaryOptions('longest_seen'))
    assert chooser.choose({'late': seen(0.9, since_ns=5), 'early': seen(0.1, since_ns=3)}) == 'early'


def test_a_given_person_or_nobody(seen: Callable[..., Presence]) -> None:
    chooser = PrimaryChooser(PrimaryOptions('given', 'b'))
    assert chooser.choose({'a': seen(0.9), 'b': seen(0.1)}) == 'b'
    assert chooser.choose({'a': seen(0.9)}) == ''


def test_a_glance_aside_is_not_leaving(make_face: MakeFace, seen: Callable[..., Presence]) -> None:
    chooser = PrimaryChooser(PrimaryOptions(switch_ratio=1.3))
    looks_aside, other = seen(0.3), seen(0.28)
    assert chooser.choose({'a': looks_aside, 'b': other}) == 'a'
    aside = replace(make_face(region=Region(0.45, 0.35, 0.55, 0.65)), pose=HeadPose(0.0, 0.0, 1.3))
    looks_aside.update(aside, NS_PER_S // 10)
    assert chooser.choose({'a': looks_aside, 'b': other}) == 'a'
    looks_aside.update(aside, 2 * NS_PER_S)
    assert chooser.choose({'a': looks_aside, 'b': other}) == 'b'


@pytest.mark.parametrize(('options', 'cause'), [(('loudest',), 'expected one of prominent'), (('given',), 'is empty')])
def test_a_rule_nobody_knows_is_refused(options: tuple[str, ...], cause: str) -> None:
    with pytest.raises(ParameterError, match=cause):
        PrimaryOptions(*options)
