"""Variants are of one recipe, can be trained, and are not trained twice."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from support.made_up_faces import made_up_pictures

from blendfer_ros.classification.backends.features import FeaturesCard
from blendfer_ros.classification.features import size_of
from blendfer_ros.core.assets import sha256_of
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.ferplus import FerPlus
from blendfer_ros.datasets.pictures import PictureDataset, Role
from blendfer_ros.study import ablations
from blendfer_ros.study.ablations import VARIANTS, Variant, data_identity, is_begun, is_trained, train_variants
from blendfer_ros.training.faces import TrainingFaces
from blendfer_ros.training.fitting import RECIPE_FILE
from blendfer_ros.training.network import input_shape
from blendfer_ros.training.recipe import DEFAULT, RECIPES, Recipe
from blendfer_ros.training.train import checkpoints_of

DATA = {'data_sha256': 'aa', 'face_landmarker_sha256': 'bb', 'lost': {'training': {'sad': 1}, 'validation': {}}}

PICTURES = made_up_pictures([0], Role.TRAIN)


@pytest.fixture
def output(card: FeaturesCard, tmp_path: Path) -> Path:
    """A file and its card, as if trained by the default recipe on DATA."""
    path = tmp_path / 'model.tflite'
    path.write_bytes(b'weights')
    # A card knows the losses of rotated pictures too.
    training = {**DATA, 'lost': {**DATA['lost'], 'rotated': {'sad': 3}}, 'recipe': asdict(RECIPES['blendfer'])}
    replace(card, sha256=sha256_of(path), training=training).write(path.with_suffix('.json'))
    return path


@pytest.mark.parametrize('variant', VARIANTS, ids=lambda variant: variant.slug)
def test_the_network_of_every_variant_can_read_its_features(variant: Variant) -> None:
    recipe = variant.recipe
    # Any number of relevant blendshapes goes with one step.
    if not recipe.relevant_above or recipe.steps != 1:
        assert input_shape(recipe, size_of(recipe.features))


def test_variants_differ_and_so_do_their_files() -> None:
    assert len({variant.slug for variant in VARIANTS}) == len(VARIANTS)
    assert len({json.dumps(asdict(variant.recipe)) for variant in VARIANTS}) == len(VARIANTS)


def test_a_file_is_named_after_its_variant() -> None:
    assert Variant("The paper's counts!", '', DEFAULT).slug == 'the_paper_s_counts'


def test_what_is_trained_is_known_by_its_card(output: Path) -> None:
    assert is_trained(output, RECIPES['blendfer'], DATA)


@pytest.mark.parametrize(
    'changed', [{'data_sha256': None}, {'face_landmarker_sha256': 'cc'}, {'lost': {'training': {}}}]
)
def test_other_data_want_another_training(changed: dict[str, Any], output: Path) -> None:
    assert not is_trained(output, RECIPES['blendfer'], {**DATA, **changed})


def test_another_recipe_wants_another_training(output: Path) -> None:
    assert not is_trained(output, replace(RECIPES['blendfer'], seed=1), DATA)


def test_half_a_model_wants_another_training(output: Path) -> None:
    output.write_bytes(b'other weights')
    assert not is_trained(output, RECIPES['blendfer'], DATA)
    output.unlink()
    assert not is_trained(output, RECIPES['blendfer'], DATA)
    output.with_suffix('.json').unlink()
    assert not is_trained(output, RECIPES['blendfer'], DATA)


def test_the_card_of_an_older_training_is_not_enough(card: FeaturesCard, output: Path) -> None:
    replace(card, sha256=sha256_of(output), training={'data_sha256': 'aa'}).write(output.with_suffix('.json'))
    assert not is_trained(output, RECIPES['blendfer'], DATA)


def test_data_are_known_by_their_hash_and_by_the_faces_lost(faces: FaceDataset) -> None:
    identity = data_identity(replace(PICTURES, identity='aa'), faces, faces)
    assert identity['data_sha256'] == 'aa'
    assert identity['lost']['training']['neutral'] == 1
    assert data_identity(replace(PICTURES, identity=[('a.jpg', 1, 2)]), faces, faces)['data_sha256'] is None


def test_only_a_training_by_the_same_recipe_goes_on(tmp_path: Path) -> None:
    output = tmp_path / 'model.tflite'
    assert not is_begun(output, RECIPES['blendfer'])
    begun = checkpoints_of(output) / '0' / RECIPE_FILE
    begun.parent.mkdir(parents=True)
    begun.write_text('{')
    assert not is_begun(output, RECIPES['blendfer'])
    begun.write_text(json.dumps({**asdict(RECIPES['blendfer']), 'n_samples': 7}))
    assert is_begun(output, RECIPES['blendfer'])
    assert not is_begun(output, replace(RECIPES['blendfer'], epochs=1))


def test_what_was_trained_before_an_interruption_is_not_trained_again(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    def train_on(faces: TrainingFaces, output: Path, recipe: Recipe, origin: dict[str, Any], *, resume: bool) -> None:
        begun.append(output.stem)
        raise KeyboardInterrupt

    monkeypatch.setattr(ablations, 'load_training_faces', lambda dataset, bundle, copies, votes: None)
    monkeypatch.setattr(ablations, 'train_on', train_on)
    variants = (Variant('model', '', RECIPES['blendfer']), Variant('other', '', replace(RECIPES['blendfer'], seed=1)))
    trained = train_variants(variants, PICTURES, Path('b.task'), output.parent, DATA, None)
    assert next(trained) == (variants[0], output)
    with pytest.raises(KeyboardInterrupt):
        next(trained)
    assert begun == ['other']


def test_faces_are_loaded_once_and_only_when_there_is_something_to_train(
    output: Path, faces: FaceDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[set[str]] = []
    trained: list[str] = []

    def load(dataset: PictureDataset, bundle: Path, copies: set[str], votes: FerPlus | None) -> TrainingFaces:
        loaded.append(copies)
        return TrainingFaces(training=faces, validation=faces, validation_name='PublicTest')

    def train_on(faces: TrainingFaces, output: Path, recipe: Recipe, origin: dict[str, Any], *, resume: bool) -> None:
        trained.append(output.stem)

    monkeypatch.setattr(ablations, 'load_training_faces', load)
    monkeypatch.setattr(ablations, 'train_on', train_on)
    first, *others = (
        Variant('model', '', RECIPES['blendfer']),
        Variant('plain', '', Recipe(rotated=False)),
        Variant('focal', '', Recipe(loss='focal')),
    )
    wanted_by_all = {*first.recipe.copies, 'rotated'}
    place = PICTURES, Path('b.task'), output.parent, DATA, None
    assert list(train_variants([first], *place)) == [(first, output)]
    assert not loaded
    assert len(list(train_variants([first, *others], *place))) == 3
    assert trained == ['plain', 'focal']
    assert loaded == [wanted_by_all]
    list(train_variants(others[:1], *place))
    assert loaded == [wanted_by_all, set()]
