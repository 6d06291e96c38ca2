"""Sequences for an LSTM that is carried on: their shapes, their targets, and what they are made from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.trained_on_scores import QUICK_CNN_LSTM, scored_training

from blendfer_ros.core.assets import find_expressions
from blendfer_ros.core.errors import BlendferError, DatasetError
from blendfer_ros.core.expressions import EXPRESSION_NAMES
from blendfer_ros.datasets.faces import load_faces
from blendfer_ros.datasets.fer2013 import EXPRESSIONS, read_fer2013
from blendfer_ros.datasets.ferplus import COLUMNS, FerPlus
from blendfer_ros.datasets.pictures import Role
from blendfer_ros.perception.expressions import ExpressionNetwork
from blendfer_ros.training.faces import TrainingFaces
from blendfer_ros.training.pixels.sequences import (
    LENGTH,
    LOOKS,
    LOST,
    SEQUENCES_PER_PICTURE,
    load_varied_scores,
    make_sequences,
)
from blendfer_ros.training.recipe import Recipe
from blendfer_ros.training.samples import FEATURE_CLIP, Samples, augment, fit_scaling

STEPS = LENGTH - LOST


@pytest.fixture(scope='module')
def scores() -> TrainingFaces:
    return scored_training(n=80)


def sequences_of(faces: TrainingFaces, recipe: Recipe = QUICK_CNN_LSTM, votes: FerPlus | None = None) -> Samples:
    assert faces.varied is not None
    scaling = fit_scaling(augment(faces, recipe), faces.training, recipe)
    return make_sequences(faces.training, faces.varied, scaling, recipe, votes or faces.votes)


@settings(max_examples=10)
@given(seed=st.integers(0, 2**31 - 1), classes=st.sampled_from(['expressions', 'emotions']))
def test_each_face_is_in_two_sequences_whose_targets_sum_to_1(seed: int, classes: str, scores: TrainingFaces) -> None:
    samples = sequences_of(scores, replace(QUICK_CNN_LSTM, seed=seed, classes=classes))
    n = SEQUENCES_PER_PICTURE * int(scores.training.detected.sum())
    n_classes = len(EXPRESSIONS) if classes == 'expressions' else 3
    assert samples.inputs.shape == (n, STEPS, len(EXPRESSION_NAMES))
    assert samples.targets.shape == (n, STEPS, n_classes)
    assert {samples.inputs.dtype, samples.targets.dtype, samples.weights.dtype} == {np.dtype(np.float32)}
    np.testing.assert_allclose(samples.targets.sum(axis=-1), 1.0, atol=1e-5)
    assert (samples.targets >= 0.0).all()
    assert np.abs(samples.inputs).max() <= FEATURE_CLIP
    np.testing.assert_array_equal(samples.weights, np.ones(n))


def test_a_face_stays_or_turns_into_one_other_and_never_back(scores: TrainingFaces) -> None:
    targets = sequences_of(scores).targets
    steps = np.diff(targets, axis=1)
    # What has begun to grow grows, and what has begun to fade fades.
    assert ((steps >= -1e-6).all(axis=1) | (steps <= 1e-6).all(axis=1)).all()
    turning = np.abs(targets[:, -1] - targets[:, 0]).sum(axis=-1) > 0.1
    assert 0.2 < turning.mean() < 0.8
    assert (np.count_nonzero(targets > 1e-6, axis=-1) <= 2).all()


def test_what_a_step_shows_is_what_its_target_says(scores: TrainingFaces) -> None:
    samples = sequences_of(scores)
    certain = samples.targets.max(axis=-1) > 0.999
    happy = certain & (samples.targets.argmax(axis=-1) == EXPRESSIONS.index('happy'))
    column = EXPRESSION_NAMES.index('label_happy')
    assert happy.any()
    assert samples.inputs[happy][:, column].min() > samples.inputs[certain & ~happy][:, column].max()


def test_the_seed_decides(scores: TrainingFaces) -> None:
    first, again = sequences_of(scores), sequences_of(scores)
    other = sequences_of(scores, replace(QUICK_CNN_LSTM, seed=1))
    np.testing.assert_array_equal(first.inputs, again.inputs)
    np.testing.assert_array_equal(first.targets, again.targets)
    assert (first.inputs != other.inputs).any()


def test_pictures_on_which_nobody_voted_for_an_expression_are_in_no_sequence(scores: TrainingFaces) -> None:
    row = dict.fromkeys(COLUMNS, 0)
    ids = scores.training.sample_ids[scores.training.detected].tolist()
    votes = FerPlus({name: tuple((row | {'NF': 9}).values()) for name in ids[:10]})
    assert len(sequences_of(scores, votes=votes).inputs) == SEQUENCES_PER_PICTURE * (len(ids) - 10)


def test_sequences_need_votes_and_pictures(scores: TrainingFaces, tmp_path: Path) -> None:
    pytest.importorskip('tf_keras', reason='needs TensorFlow and tf_keras: pip install blendfer_ros[train]')
    from blendfer_ros.training.train import fit_recipe

    with pytest.raises(DatasetError, match='sequences are made from pictures of FER2013: give its path'):
        fit_recipe(replace(scores, varied=None), QUICK_CNN_LSTM, tmp_path)
    with pytest.raises(DatasetError, match=r'targets mixture need the votes of FER\+'):
        fit_recipe(replace(scores, votes=None), QUICK_CNN_LSTM, tmp_path)


@pytest.mark.parametrize('features', ['blendshapes', 'blendshapes+geometry', 'blendshapes+geometry+expressions'])
def test_a_recurrent_recipe_reads_expression_scores_alone(features: str) -> None:
    with pytest.raises(BlendferError, match='the network recurrent reads sequences of scores'):
        replace(QUICK_CNN_LSTM, features=features)


def test_pictures_are_looked_at_several_times_and_only_once_for_all_trainings(
    small_fer2013: Path, bundle: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = read_fer2013(small_fer2013)
    dataset = replace(whole, samples=whole.of_role(Role.TRAIN).samples[::5])
    faces = load_faces(dataset, bundle, roles=[Role.TRAIN], workers=1, cache=tmp_path)
    network = ExpressionNetwork(find_expressions())
    capfd.readouterr()
    scores = load_varied_scores(faces, dataset, network)
    assert 'expressions, varied' in capfd.readouterr().err
    assert scores.shape == (len(faces), LOOKS, len(EXPRESSION_NAMES))
    assert not scores[~faces.detected].any()
    found = np.exp(scores[faces.detected])
    np.testing.assert_allclose(found[..., :7].sum(axis=-1), 1.0, atol=1e-4)
    np.testing.assert_allclose(found[..., 7:].sum(axis=-1), 1.0, atol=1e-4)
    assert (found.std(axis=1).max(axis=-1) > 0.0).all()
    np.testing.assert_array_equal(load_varied_scores(faces, dataset, network), scores)
    assert capfd.readouterr().err == ''
