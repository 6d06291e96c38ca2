"""Faces become vectors in the order the card promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from blendfer_ros.classification.features import FEATURE_SETS, feature_vector
from blendfer_ros.core.errors import FrameError
from blendfer_ros.core.face import Face


@pytest.mark.parametrize('feature_set', FEATURE_SETS)
def test_scores_come_first_and_geometry_after(feature_set: str, make_face: Callable[..., Face]) -> None:
    face = make_face(_neutral=0.25, noseSneerRight=0.75)
    vector = feature_vector(face, feature_set)
    assert vector.shape == (FEATURE_SETS[feature_set],)
    assert vector[0] == 0.25
    assert vector[51] == 0.75
    np.testing.assert_array_equal(vector[52:], face.geometry[: len(vector) - 52])


def test_missing_geometry_is_refused_only_where_it_is_needed(make_face: Callable[..., Face]) -> None:
    face = replace(make_face(), geometry=np.zeros(0, np.float32))
    assert feature_vector(face, 'blendshapes').shape == (52,)
    with pytest.raises(FrameError, match='without the landmark geometry'):
        feature_vector(face, 'blendshapes+geometry')


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_are_refused(value: float, make_face: Callable[..., Face]) -> None:
    with pytest.raises(FrameError, match='not finite'):
        feature_vector(make_face(jawOpen=value), 'blendshapes')
