"""What is trained on: which pictures, which blendshapes, how scaled, how weighted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from support.made_up_faces import FROWNS, SMILES, made_up_faces

from blendfer_ros.classification.features import BLENDSHAPES_AND_GEOMETRY, BLENDSHAPES_ONLY, size_of
from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.datasets.fer2013 import EXPRESSIONS
from blendfer_ros.datasets.pictures import Role
from blendfer_ros.training.faces import TrainingFaces
from blendfer_ros.training.recipe import Recipe
from blendfer_ros.training.samples import (
    FEATURE_CLIP,
    PAPER_COUNTS,
    augment,
    choose_pictures,
    fit_scaling,
    make_samples,
    relevant_blendshapes,
)

BLENDSHAPES = Recipe(features=BLENDSHAPES_ONLY)


def test_the_papers_counts_are_taken_by_seed() -> None:
    training = made_up_faces(Role.TRAIN, 20_000, seed=3)
    paper = replace(BLENDSHAPES, counts='paper')
    chosen = choose_pictures(training, paper)
    expression_of = dict(zip(training.sample_ids, training.labels, strict=True))
    counts = Counter(EXPRESSIONS[expression_of[sample_id]] for sample_id in chosen)
    available = Counter(EXPRESSIONS[e] for e in training.labels)
    assert counts == {name: min(PAPER_COUNTS.get(name, n), n) for name, n in available.items()}
    np.testing.assert_array_equal(chosen, choose_pictures(training, paper))
    assert set(chosen) != set(choose_pictures(training, replace(paper, seed=1)))


def test_copies_are_added_and_pictures_without_a_face_left_out(faces: TrainingFaces) -> None:
    plain = augment(faces, replace(BLENDSHAPES, rotated=False, mirrored=False))
    everything = augment(faces, BLENDSHAPES)
    n_plain, n_rotated = faces.training.detected.sum(), faces.copies['rotated'].detected.sum()
    assert len(plain) == n_plain
    assert len(everything) == 2 * (n_plain + n_rotated)
    assert everything.detected.all()


@pytest.mark.parametrize('copies', ['rotated', 'small'])
def test_a_recipe_that_wants_copies_does_not_go_without(copies: str, faces: TrainingFaces) -> None:
    recipe = replace(BLENDSHAPES, **{'rotated': False, copies: True})
    with pytest.raises(ValueError, match=f'wants {copies} copies, which were not loaded'):
        augment(replace(faces, copies={}), recipe)


def test_without_any_face_there_is_nothing_to_learn(faces: TrainingFaces) -> None:
    nobody = replace(faces.training, detected=np.zeros(len(faces.training), np.bool_))
    with pytest.raises(DatasetError, match='finds no face in the training pictures'):
        augment(TrainingFaces(nobody, nobody, 'PublicTest'), replace(BLENDSHAPES, rotated=False))


def test_peoples_own_faces_are_learnt_from_but_those_kept_to_choose_by(faces: TrainingFaces) -> None:
    own = made_up_faces(Role.TRAIN, 20, seed=5).with_face()
    kept = np.arange(len(own)) < 4
    own = replace(own, roles=np.where(kept, Role.VALIDATION.value, Role.TRAIN.value))
    recipe = replace(BLENDSHAPES, rotated=False, mirrored=False)
    together = augment(replace(faces, own=own), recipe)
    assert len(together) == len(augment(faces, recipe)) + len(own) - 4


def test_a_blendshape_is_relevant_that_exceeds_the_threshold_often_enough(faces: TrainingFaces) -> None:
    rule = replace(BLENDSHAPES, relevant_above=0.4, relevant_in=20)
    np.testing.assert_array_equal(relevant_blendshapes(faces.training, rule), sorted(FROWNS + SMILES))
    assert len(relevant_blendshapes(faces.training, BLENDSHAPES)) == len(BLENDSHAPE_NAMES)


def test_a_rule_that_keeps_nothing_is_refused(faces: TrainingFaces) -> None:
    with pytest.raises(DatasetError, match=r'no blendshape exceeds 1.0 in more than 100 pictures'):
        fit_scaling(faces.training, faces.training, replace(BLENDSHAPES, relevant_above=1.0))


def test_the_rule_leaves_geometry_alone(faces: TrainingFaces) -> None:
    scaling = fit_scaling(faces.training, faces.training, Recipe(relevant_above=0.4, relevant_in=20))
    geometry = range(len(BLENDSHAPE_NAMES), size_of(BLENDSHAPES_AND_GEOMETRY))
    assert scaling.chosen.tolist() == [*sorted(FROWNS + SMILES), *geometry]


def test_inputs_are_standardised_and_bounded(faces: TrainingFaces) -> None:
    scaling = fit_scaling(faces.training, faces.training, Recipe())
    inputs = scaling.apply(faces.training.features('blendshapes+geometry'))
    np.testing.assert_allclose(inputs.mean(axis=0), 0.0, atol=1e-3)
    np.testing.assert_allclose(inputs.std(axis=0), 1.0, atol=1e-2)
    assert np.abs(scaling.apply(faces.training.features('blendshapes+geometry') * 1e6)).max() == FEATURE_CLIP


def test_balanced_weights_make_each_emotion_count_the_same(faces: TrainingFaces) -> None:
    training = faces.training.with_face()
    scaling = fit_scaling(training, training, BLENDSHAPES)
    weights = make_samples(training, scaling, replace(BLENDSHAPES, class_weights='balanced')).weights
    sums = [weights[training.emotion_labels == emotion].sum() for emotion in range(3)]
    np.testing.assert_allclose(sums, len(weights) / 3, rtol=1e-5)
    assert set(make_samples(training, scaling, BLENDSHAPES).weights) == {1.0}


@pytest.mark.parametrize(('classes', 'n'), [('expressions', 7), ('emotions', 3)])
def test_targets_are_one_hot(classes: str, n: int, faces: TrainingFaces) -> None:
    training = faces.training
    recipe = Recipe(features=BLENDSHAPES_ONLY, classes=classes)
    targets = make_samples(training, fit_scaling(training, training, recipe), recipe).targets
    labels = training.labels if n == len(EXPRESSIONS) else training.emotion_labels
    np.testing.assert_array_equal(targets.argmax(axis=1), labels)
    assert targets.shape == (len(labels), n)
