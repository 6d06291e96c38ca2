"""Faces become vectors in the order the card promises."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from support.scored_faces import from_pixels_alone, scored

from blendfer_ros.classification.features import (
    FEATURE_SETS,
    PARTS,
    FeaturePart,
    FeatureReader,
    parts_of,
    reads_expressions,
    size_of,
)
from blendfer_ros.core.errors import FrameError, ModelError
from blendfer_ros.core.face import Face, HeadPose


def test_feature_sets_know_their_sizes() -> None:
    assert {feature_set: size_of(feature_set) for feature_set in FEATURE_SETS} == {
        'blendshapes': 52,
        'blendshapes+geometry': 52 + 276,
        'expressions': 15,
        'blendshapes+geometry+expressions': 52 + 276 + 15,
    }


@pytest.mark.parametrize('feature_set', FEATURE_SETS)
def test_the_parts_follow_each_other_as_they_are_named(feature_set: str, make_face: Callable[..., Face]) -> None:
    face = scored(make_face(_neutral=0.25, noseSneerRight=0.75), happy=0.8)
    vector = FeatureReader(feature_set).read([face])[0]
    assert vector.shape == (size_of(feature_set),)
    assert vector.dtype == np.float32
    named = {'blendshapes': face.blendshapes, 'geometry': face.geometry, 'expressions': face.expression_scores}
    np.testing.assert_array_equal(vector, np.concatenate([named[part] for part in feature_set.split('+')]))


def test_a_set_reads_expressions_when_they_are_named_in_it() -> None:
    assert [reads_expressions(feature_set) for feature_set in FEATURE_SETS] == [False, False, True, True]
    with pytest.raises(ModelError, match='expected parts of'):
        reads_expressions('pixels')


@pytest.mark.parametrize('feature_set', ['expressions', 'blendshapes+geometry+expressions'])
def test_missing_expression_scores_are_refused_by_name(feature_set: str, make_face: Callable[..., Face]) -> None:
    with pytest.raises(FrameError, match="face 'face_1' comes without the expression scores this model needs"):
        FeatureReader(feature_set).read([make_face()])[0]


def test_a_face_of_a_cascade_has_expressions_and_nothing_else(make_face: Callable[..., Face]) -> None:
    face = from_pixels_alone(scored(make_face(), sad=0.5))
    np.testing.assert_array_equal(FeatureReader('expressions').read([face])[0], face.expression_scores)
    with pytest.raises(FrameError, match='comes without the blendshapes this model needs'):
        FeatureReader('blendshapes+geometry+expressions').read([face])[0]


def test_missing_geometry_is_refused_only_where_it_is_needed(make_face: Callable[..., Face]) -> None:
    face = replace(make_face(), geometry=np.zeros(0, np.float32))
    assert FeatureReader('blendshapes').read([face])[0].shape == (52,)
    with pytest.raises(FrameError, match='without the landmark geometry'):
        FeatureReader('blendshapes+geometry').read([face])[0]


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_are_refused(value: float, make_face: Callable[..., Face]) -> None:
    with pytest.raises(FrameError, match='not finite'):
        FeatureReader('blendshapes').read([make_face(jawOpen=value)])[0]


@pytest.mark.parametrize('feature_set', ['pixels', 'blendshapes+pixels', 'blendshapes+', '', 'Blendshapes'])
def test_a_part_nobody_knows_is_refused(feature_set: str, make_face: Callable[..., Face]) -> None:
    for use in (parts_of, size_of, FeatureReader):
        with pytest.raises(ModelError, match=rf"feature_set is '{re.escape(feature_set)}', expected parts of blendsh"):
            use(feature_set)


def test_a_part_added_to_the_others_counts_as_itself(
    make_face: Callable[..., Face], monkeypatch: pytest.MonkeyPatch
) -> None:
    turn = FeaturePart(1, lambda face: np.array([face.pose.yaw_rad], np.float32), 'turn of the head')
    monkeypatch.setitem(PARTS, 'turn', turn)
    face = replace(make_face(jawOpen=0.5), pose=HeadPose(0.0, 0.0, 0.25))
    assert parts_of('turn+blendshapes') == ('turn', 'blendshapes')
    assert size_of('blendshapes+turn') == 52 + 1
    assert size_of('blendshapes+turn+geometry') == 52 + 1 + 276
    np.testing.assert_array_equal(FeatureReader('turn').read([face])[0], np.array([0.25], np.float32))
    vector = FeatureReader('blendshapes+turn+geometry').read([face])[0]
    np.testing.assert_array_equal(vector[:52], face.blendshapes)
    assert vector[52] == 0.25
    np.testing.assert_array_equal(vector[53:], face.geometry)
