"""Training that reads expression scores learns from faces that have them, by one network, and from no others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.made_up_faces import made_up_faces
from support.scored_faces import NETWORK
from support.trained_on_scores import QUICK_BLENDFER, scored_training, with_scores

from blendfer_ros.classification.backends import load_classifier, read_card
from blendfer_ros.classification.backends.features import FeaturesCard
from blendfer_ros.core.errors import DatasetError, ModelError
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.ferplus import FerPlus
from blendfer_ros.datasets.pictures import Role
from blendfer_ros.training.faces import TrainingFaces, only_own
from blendfer_ros.training.recipe import RECIPES, Recipe
from blendfer_ros.training.samples import augment, fit_scaling

# Nobody else is needed to answer.
QUICK = replace(QUICK_BLENDFER, fallback='', mirrored=False)


@pytest.fixture(scope='module')
def scores() -> TrainingFaces:
    return scored_training(n=200)


def own_faces(network: str, n: int = 40) -> FaceDataset:
    """Users' own, of whom a quarter are kept to choose by; without scores where no network is named."""
    made = made_up_faces(Role.TRAIN, n, 11).with_face()
    kept = np.arange(len(made)) % 4 == 0
    own = replace(
        made,
        sample_ids=np.array([f'own_{i}' for i in range(len(made))]),
        roles=np.where(kept, Role.VALIDATION.value, Role.TRAIN.value),
    )
    return with_scores(own, network, 11) if network else own


@pytest.mark.parametrize(
    ('recipe', 'expected'),
    [
        (QUICK, 52 + 2 * 92 + 15),
        (replace(QUICK, depth=True), 52 + 276 + 15),
        (replace(QUICK, features='expressions'), 15),
        (replace(QUICK, features='blendshapes'), 52),
    ],
)
def test_every_part_is_chosen_from_by_its_own_rule(recipe: Recipe, expected: int, scores: TrainingFaces) -> None:
    faces = augment(scores, recipe)
    scaling = fit_scaling(faces, scores.training, recipe)
    assert len(scaling.chosen) == expected
    assert (np.diff(scaling.chosen) > 0).all()
    inputs = scaling.apply(faces.features(recipe.features))
    np.testing.assert_allclose(inputs.mean(axis=0), 0.0, atol=1e-2)


def test_the_rule_for_blendshapes_leaves_scores_alone(scores: TrainingFaces) -> None:
    recipe = replace(QUICK, relevant_above=0.4, relevant_in=10, depth=True)
    chosen = fit_scaling(augment(scores, recipe), scores.training, recipe).chosen
    assert chosen[-15:].tolist() == list(range(52 + 276, 52 + 276 + 15))
    assert (chosen < 52).sum() == 4


@pytest.mark.parametrize('network', ['', 'expressions-ffffffffffff'])
def test_own_recordings_without_scores_or_with_foreign_ones_are_left_out(network: str, scores: TrainingFaces) -> None:
    together = replace(scores, own=own_faces(network))
    assert len(augment(together, QUICK)) == len(augment(scores, QUICK))
    readable = augment(replace(scores, own=own_faces(NETWORK)), QUICK)
    assert len(readable) > len(augment(scores, QUICK))
    # A recipe that reads none learns from all.
    assert len(augment(together, replace(QUICK, features='blendshapes'))) == len(readable)


@pytest.mark.parametrize('network', ['', 'expressions-ffffffffffff'])
def test_own_recordings_that_cannot_be_read_do_not_choose_and_calibrate_either(
    network: str, scores: TrainingFaces, tmp_path: Path
) -> None:
    pytest.importorskip('tf_keras', reason='needs TensorFlow and tf_keras: pip install blendfer_ros[train]')
    from blendfer_ros.training.train import train_on

    recipe = replace(QUICK, epochs=1)
    alone = train_on(scores, tmp_path / 'alone.tflite', recipe, {})
    together = train_on(replace(scores, own=own_faces(network)), tmp_path / 'together.tflite', recipe, {})
    assert together.sha256 == alone.sha256
    assert together.metrics == alone.metrics
    assert together.training['history'] == alone.training['history']


@pytest.mark.parametrize('features', ['expressions', 'blendshapes+geometry+expressions'])
def test_data_without_any_scores_are_refused(features: str, scores: TrainingFaces) -> None:
    recipe = replace(QUICK, features=features)
    for faces in (replace(scores, training=made_up_faces(Role.TRAIN, 50, 1)), only_own(own_faces(''))):
        with pytest.raises(DatasetError, match='these data are without expression scores: give pictures, or record'):
            augment(without_scores(faces), recipe)


def without_scores(faces: TrainingFaces) -> TrainingFaces:
    return replace(faces, validation=made_up_faces(Role.VALIDATION, 20, 2))


def test_the_card_names_the_network_and_the_fallback(falling_back_model: Path, recurrent_model: Path) -> None:
    card = read_card(falling_back_model.with_suffix('.json'))
    assert isinstance(card, FeaturesCard)
    assert (card.feature_set, card.expression_model, card.fallback) == (
        'blendshapes+geometry+expressions',
        NETWORK,
        'second',
    )
    assert len(card.training['blendshapes']) == 52
    recurrent = read_card(recurrent_model.with_suffix('.json'))
    assert isinstance(recurrent, FeaturesCard)
    assert (recurrent.feature_set, recurrent.expression_model, recurrent.fallback) == ('expressions', NETWORK, '')
    assert recurrent.training['blendshapes'] == []
    for path in (falling_back_model, recurrent_model):
        metrics = load_classifier(path).card.metrics
        assert metrics['parity']['mean_difference'] < 0.02
        assert metrics['PublicTest']['macro_f1'] > 0.8


def test_a_fallback_that_is_nowhere_is_missed_in_one_sentence_and_nothing_is_written(
    scores: TrainingFaces, tmp_path: Path
) -> None:
    pytest.importorskip('tf_keras', reason='needs TensorFlow and tf_keras: pip install blendfer_ros[train]')
    from blendfer_ros.training.train import train_on

    with pytest.raises(ModelError, match='needs nobody where expression scores are missing'):
        train_on(scores, tmp_path / 'model.tflite', replace(QUICK, epochs=1, fallback='nobody'), {})
    assert not list(tmp_path.glob('model*.tflite'))
    assert not list(tmp_path.glob('model*.json'))


def test_a_recipe_that_wants_votes_is_refused_without(scores: TrainingFaces, tmp_path: Path) -> None:
    pytest.importorskip('tf_keras', reason='needs TensorFlow and tf_keras: pip install blendfer_ros[train]')
    from blendfer_ros.training.train import train_on

    for name in ('blendfer', 'cnn', 'cnn_lstm'):
        recipe = replace(RECIPES[name], rotated=False, small=False)
        with pytest.raises(DatasetError, match=r'targets mixture need the votes of FER\+'):
            train_on(replace(scores, votes=None), tmp_path / 'model.tflite', recipe, {})
    assert FerPlus({}) == scores.votes
