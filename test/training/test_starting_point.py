"""A trained model is kept so that it can be trained on: the same network, the same inputs, a smaller step."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.classification.backends.features import FeaturesCard
from blendfer_ros.core.errors import ModelError
from blendfer_ros.training.faces import TrainingFaces
from blendfer_ros.training.recipe import Recipe
from blendfer_ros.training.samples import Samples
from blendfer_ros.training.starting_point import LEARNING_RATE_FACTOR, read_starting_point, weights_file
from blendfer_ros.training.train import fit_recipe, train_on

pytest.importorskip('tf_keras', reason='needs TensorFlow and tf_keras: pip install blendfer_ros[train]')

TINY = Recipe(
    features='blendshapes', units=8, members=2, epochs=1, batch_size=64, learning_rate=1e-2, rotated=False, seed=3
)


@pytest.fixture(scope='module')
def trained(faces: TrainingFaces, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two networks averaged, with their card and weights. Not to be changed."""
    output = tmp_path_factory.mktemp('trained') / 'tiny.tflite'
    train_on(faces, output, TINY, {})
    return output


@pytest.fixture
def copied(trained: Path, tmp_path: Path) -> Path:
    """The same, where it may be spoilt."""
    for path in trained.parent.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path / trained.name


def card_of(model: Path) -> FeaturesCard:
    card = load_classifier(model).card
    assert isinstance(card, FeaturesCard)
    return card


def test_what_was_trained_is_what_is_read(faces: TrainingFaces, trained: Path, tmp_path: Path) -> None:
    start = read_starting_point(trained)
    assert start.recipe == TINY
    card = card_of(trained)
    assert tuple(start.scaling.chosen) == card.chosen_features
    again = fit_recipe(faces, TINY, tmp_path / 'checkpoints')
    assert len(start.weights) == len(again.fitted) == TINY.members
    for read, fitted in zip(start.weights, again.fitted, strict=True):
        written = fitted.network.get_weights()
        assert [values.shape for values in read] == [values.shape for values in written]
        for values, exact in zip(read, written, strict=True):
            np.testing.assert_allclose(values, exact, rtol=1e-3, atol=1e-4)


def test_fine_tuning_begins_with_those_weights_and_keeps_the_network_and_its_inputs(
    faces: TrainingFaces, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from blendfer_ros.training import train as train_module

    start = read_starting_point(trained)
    recipe = start.fine_tuned()
    assert recipe == replace(TINY, learning_rate=LEARNING_RATE_FACTOR * TINY.learning_rate)
    begun_with = []
    fit: Callable[..., object] = train_module.fit

    def noting(samples: Samples, *rest: object, weights: object, resume: bool) -> object:
        begun_with.append(weights)
        return fit(samples, *rest, weights=weights, resume=resume)

    monkeypatch.setattr(train_module, 'fit', noting)
    before, after = card_of(trained), train_on(faces, tmp_path / 'tuned.tflite', recipe, {}, start=start)
    assert begun_with == list(start.weights)
    assert isinstance(after, FeaturesCard)
    for field in ('feature_set', 'chosen_features', 'input_shape', 'mean', 'std'):
        assert getattr(after, field) == getattr(before, field)
    tuned = read_starting_point(tmp_path / 'tuned.tflite')
    shapes = [[[values.shape for values in member] for member in point.weights] for point in (start, tuned)]
    assert shapes[0] == shapes[1]
    # One epoch of small steps: a better network than the one it began with, and no other one.
    first_losses = [history[0]['val_loss'] for history in before.training['history']]
    assert all(
        history[0]['val_loss'] < first for history, first in zip(after.training['history'], first_losses, strict=True)
    )
    assert after.sha256 != before.sha256


def test_an_option_given_takes_the_place_of_that_of_the_model(trained: Path) -> None:
    recipe = read_starting_point(trained).fine_tuned(learning_rate=0.5, epochs=7)
    assert recipe == replace(TINY, learning_rate=0.5, epochs=7)


def without_weights(model: Path) -> None:
    weights_file(model).unlink()


def damaged(model: Path) -> None:
    weights_file(model).write_bytes(b'PK\x03\x04 no more')


def of_one_member(model: Path) -> None:
    with np.load(weights_file(model)) as arrays:
        kept = {name: arrays[name] for name in arrays if name.startswith('0_')}
    np.savez(weights_file(model), **kept)


def without_recipe(model: Path) -> None:
    card = json.loads(model.with_suffix('.json').read_text())
    del card['training']['recipe']
    model.with_suffix('.json').write_text(json.dumps(card))


@pytest.mark.parametrize(
    ('spoil', 'cause'),
    [
        (without_weights, 'tiny.tflite comes without tiny.weights.npz, so it cannot be fine-tuned'),
        (damaged, 'tiny.tflite cannot be fine-tuned'),
        (of_one_member, 'tiny.weights.npz has 1 networks, the card says 2'),
        (without_recipe, 'tiny.tflite cannot be fine-tuned'),
    ],
)
def test_a_model_that_cannot_be_trained_on_is_refused_in_one_sentence(
    spoil: Callable[[Path], None], cause: str, copied: Path
) -> None:
    read_starting_point(copied)
    spoil(copied)
    with pytest.raises(ModelError, match=cause) as refusal:
        read_starting_point(copied)
    assert '\n' not in str(refusal.value)
