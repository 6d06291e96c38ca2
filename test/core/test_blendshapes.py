"""The order of the blendshapes, which everything rests on."""

from __future__ import annotations

from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES, MIRRORED_BLENDSHAPES


def test_there_are_52_distinct_blendshapes_starting_with_neutral() -> None:
    assert len(set(BLENDSHAPE_NAMES)) == len(BLENDSHAPE_NAMES) == 52
    assert BLENDSHAPE_NAMES[0] == '_neutral'


def test_mirroring_exchanges_left_and_right_and_twice_is_nothing() -> None:
    mirrored = [BLENDSHAPE_NAMES[i] for i in MIRRORED_BLENDSHAPES]
    assert mirrored[BLENDSHAPE_NAMES.index('mouthSmileLeft')] == 'mouthSmileRight'
    assert mirrored[BLENDSHAPE_NAMES.index('jawOpen')] == 'jawOpen'
    assert [MIRRORED_BLENDSHAPES[i] for i in MIRRORED_BLENDSHAPES] == list(range(52))
