"""The orders everything rests on."""

from __future__ import annotations

from blendfer_ros.classification.features import FEATURE_SETS
from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES, MIRRORED_BLENDSHAPES
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.landmarks import GEOMETRY_LANDMARKS, GEOMETRY_SIZE, LEFT_LANDMARKS, RIGHT_LANDMARKS


def test_emotions_are_in_the_order_of_the_paper() -> None:
    assert EMOTIONS == ('happy', 'unknown', 'sad')


def test_there_are_52_distinct_blendshapes_starting_with_neutral() -> None:
    assert len(set(BLENDSHAPE_NAMES)) == len(BLENDSHAPE_NAMES) == 52
    assert BLENDSHAPE_NAMES[0] == '_neutral'


def test_mirroring_exchanges_left_and_right_and_twice_is_nothing() -> None:
    mirrored = [BLENDSHAPE_NAMES[i] for i in MIRRORED_BLENDSHAPES]
    assert mirrored[BLENDSHAPE_NAMES.index('mouthSmileLeft')] == 'mouthSmileRight'
    assert mirrored[BLENDSHAPE_NAMES.index('jawOpen')] == 'jawOpen'
    assert [MIRRORED_BLENDSHAPES[i] for i in MIRRORED_BLENDSHAPES] == list(range(52))


def test_landmarks_are_distinct_and_sides_pair_up() -> None:
    assert len(set(GEOMETRY_LANDMARKS)) == len(GEOMETRY_LANDMARKS) == GEOMETRY_SIZE // 3
    assert len(LEFT_LANDMARKS) == len(RIGHT_LANDMARKS)


def test_feature_sets_know_their_sizes() -> None:
    assert FEATURE_SETS == {'blendshapes': 52, 'blendshapes+geometry': 52 + 276}
