"""Training learns, repeats itself, survives an interruption; and what is exported says what was trained."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.classification.backends.features import FeaturesCard
from blendfer_ros.classification.classifier import Classifier
from blendfer_ros.classification.features import BLENDSHAPES_ONLY
from blendfer_ros.core.errors import BlendferError, ModelError
from blendfer_ros.training import export as export_module
from blendfer_ros.training import fitting
from blendfer_ros.training.faces import TrainingFaces
from blendfer_ros.training.recipe import RECIPES, Recipe
from blendfer_ros.training.train import fit_recipe, write_model

pytest.importorskip('tf_keras', reason='needs TensorFlow and tf_keras: pip install blendfer_ros[train]')

QUICK = Recipe(
    features=BLENDSHAPES_ONLY, units=16, dropout=0.4, epochs=6, batch_size=64, learning_rate=1e-2, rotated=False
)


def exported(recipe: Recipe, faces: TrainingFaces, folder: Path) -> Classifier:
    write_model(fit_recipe(faces, recipe, folder / 'checkpoints'), faces, recipe, folder / 'model.tflite')
    return load_classifier(folder / 'model.tflite')


@pytest.mark.parametrize(
    'changes',
    [
        {},
        {'features': 'blendshapes+geometry'},
        {'loss': 'mse', 'epochs': 12},
        {'loss': 'focal'},
        {'class_weights': 'balanced'},
        {'network': 'dense'},
        {'classes': 'emotions'},
        {'members': 2},
        {'relevant_above': 0.4, 'relevant_in': 20, 'steps': 2},
    ],
    ids=str,
)
def test_every_option_learns_what_there_is_to_learn(
    changes: dict[str, Any], faces: TrainingFaces, tmp_path: Path
) -> None:
    metrics = exported(replace(QUICK, **changes), faces, tmp_path).card.metrics
    assert metrics['PublicTest']['macro_f1'] > 0.8
    assert metrics['parity']['mean_difference'] < export_module.MAX_MEAN_DIFFERENCE


def test_the_papers_network_trains_and_converts(faces: TrainingFaces, tmp_path: Path) -> None:
    recipe = replace(RECIPES['blendfer_paper'], epochs=1)
    card = exported(recipe, faces, tmp_path).card
    assert isinstance(card, FeaturesCard)
    assert card.input_shape == (1, 52, 1)
    assert len(card.training['history'][0]) == 1


def test_the_same_seed_gives_the_same_file(faces: TrainingFaces, tmp_path: Path) -> None:
    hashes = [exported(QUICK, faces, tmp_path / name).card.sha256 for name in ('first', 'second')]
    other = exported(replace(QUICK, seed=1), faces, tmp_path / 'other').card.sha256
    assert hashes[0] == hashes[1] != other


def test_the_epoch_with_the_least_validation_loss_is_kept(faces: TrainingFaces, tmp_path: Path) -> None:
    recipe = replace(QUICK, epochs=40, patience=3, learning_rate=0.05)
    fitted = fit_recipe(faces, recipe, tmp_path).fitted[0]
    losses = [epoch['val_loss'] for epoch in fitted.history]
    assert len(losses) < 40
    assert len(losses) - 1 - int(np.argmin(losses)) == 3


class Interruption:
    """Stops a training as Ctrl-C would, within its third epoch: a progress bar that is pulled away."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        class Interrupting(fitting.tqdm):
            def update(self, n: float | None = 1) -> bool | None:
                updated = super().update(n)
                if self.n == 2 * self.total // QUICK.epochs + 1:
                    raise KeyboardInterrupt
                return updated

        monkeypatch.setattr(fitting, 'tqdm', Interrupting)


def test_an_interrupted_training_goes_on_where_it_stopped(
    faces: TrainingFaces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        Interruption(patch)
        with pytest.raises(KeyboardInterrupt):
            fit_recipe(faces, QUICK, tmp_path)
    before = json.loads((tmp_path / '0' / fitting.HISTORY_FILE).read_text())
    assert len(before) == 2
    trained = fit_recipe(faces, QUICK, tmp_path, resume=True)
    assert trained.fitted[0].history[:2] == before
    assert len(trained.fitted[0].history) == QUICK.epochs
    assert trained.fitted[0].history[-1]['val_loss'] < before[-1]['val_loss']


def test_checkpoints_of_another_recipe_are_refused(faces: TrainingFaces, tmp_path: Path) -> None:
    fit_recipe(faces, replace(QUICK, epochs=1), tmp_path)
    with pytest.raises(BlendferError, match=r'was begun with dropout 0\.4, not 0\.2'):
        fit_recipe(faces, replace(QUICK, epochs=1, dropout=0.2), tmp_path, resume=True)


def test_a_conversion_that_goes_wrong_leaves_nothing(
    faces: TrainingFaces, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(QUICK, epochs=1)
    trained = fit_recipe(faces, recipe, tmp_path / 'checkpoints')
    monkeypatch.setattr(export_module, 'float_probabilities', lambda networks, inputs: np.full((len(inputs), 3), 5.0))
    with pytest.raises(ModelError, match='the conversion went wrong, nothing was written'):
        write_model(trained, faces, recipe, tmp_path / 'model.tflite')
    assert [path.name for path in tmp_path.iterdir()] == ['checkpoints']


def test_steps_that_do_not_divide_the_features_are_refused(faces: TrainingFaces, tmp_path: Path) -> None:
    with pytest.raises(BlendferError, match='steps is 5, which does not divide 52 features'):
        fit_recipe(faces, replace(QUICK, steps=5), tmp_path)
