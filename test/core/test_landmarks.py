"""Which landmarks geometry features are made of."""

from __future__ import annotations

from blendfer_ros.core.landmarks import GEOMETRY_LANDMARKS, GEOMETRY_SIZE, LEFT_LANDMARKS, N_LANDMARKS, RIGHT_LANDMARKS


def test_landmarks_are_distinct_and_sides_pair_up() -> None:
    assert len(set(GEOMETRY_LANDMARKS)) == len(GEOMETRY_LANDMARKS) == GEOMETRY_SIZE // 3
    assert len(LEFT_LANDMARKS) == len(RIGHT_LANDMARKS)


def test_each_is_one_that_facelandmarker_gives() -> None:
    assert set(GEOMETRY_LANDMARKS) <= set(range(N_LANDMARKS))
