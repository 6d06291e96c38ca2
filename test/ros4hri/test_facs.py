"""Every blendshape is an action unit or said to be none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES, MIRRORED_BLENDSHAPES
from blendfer_ros.core.face import Face
from blendfer_ros.ros4hri.facs import ACTION_UNITS, FACS_SIZE, WITHOUT_ACTION_UNIT, action_unit_intensities

EYES_LEFT, EYES_RIGHT = 61, 62
MIRRORED_UNITS = {EYES_LEFT: EYES_RIGHT, EYES_RIGHT: EYES_LEFT}


def test_every_blendshape_is_in_one_action_unit_or_named_as_without() -> None:
    mapped = [name for names in ACTION_UNITS.values() for name in names]
    assert sorted([*mapped, *WITHOUT_ACTION_UNIT]) == sorted(BLENDSHAPE_NAMES)


def test_every_action_unit_has_a_place_in_the_array() -> None:
    assert all(1 <= unit < FACS_SIZE for unit in ACTION_UNITS)


def test_mirrored_blendshapes_are_the_same_action_unit_but_for_where_eyes_turn() -> None:
    mirrored = {
        name: BLENDSHAPE_NAMES[other] for name, other in zip(BLENDSHAPE_NAMES, MIRRORED_BLENDSHAPES, strict=True)
    }
    for unit, names in ACTION_UNITS.items():
        assert {mirrored[name] for name in names} == set(ACTION_UNITS[MIRRORED_UNITS.get(unit, unit)])


def test_a_face_at_rest_shows_no_action(make_face: Callable[..., Face]) -> None:
    assert not action_unit_intensities(make_face().blendshapes).any()


@pytest.mark.parametrize(
    ('scores', 'expected'),
    [
        ({'browInnerUp': 0.3}, {1: 0.3}),
        ({'mouthSmileLeft': 0.9, 'mouthSmileRight': 0.2}, {12: 0.9}),
        ({'eyeBlinkRight': 1.0}, {43: 1.0}),
        ({'eyeLookOutLeft': 0.6, 'eyeLookInRight': 0.5}, {61: 0.6}),
        ({'jawOpen': 0.5, 'mouthClose': 0.4}, {8: 0.4, 26: 0.5}),
        ({'_neutral': 1.0, 'mouthLeft': 1.0}, {}),
        ({'jawOpen': 1.2}, {26: 1.0}),
    ],
)
def test_an_action_counts_as_much_as_the_side_that_shows_it_most(
    scores: dict[str, float], expected: dict[int, float], make_face: Callable[..., Face]
) -> None:
    intensities = action_unit_intensities(make_face(**scores).blendshapes)
    assert intensities.shape == (FACS_SIZE,)
    assert intensities.dtype == np.float32
    assert {unit: pytest.approx(intensities[unit]) for unit in np.flatnonzero(intensities)} == expected
