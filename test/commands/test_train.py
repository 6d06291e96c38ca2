"""`blendfer train` knows every option of a recipe, and refuses early."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest
from support.bag_maker import restamped, write_bag

from blendfer_ros.commands import cli
from blendfer_ros.commands.train import add_recipe_options, recipe_of
from blendfer_ros.training.recipe import RECIPES


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    add_recipe_options(parser)
    return parser


@pytest.mark.parametrize('name', RECIPES)
def test_without_options_a_recipe_stays_as_it_is(name: str, parser: argparse.ArgumentParser) -> None:
    assert recipe_of(parser.parse_args(['--recipe', name])) == RECIPES[name]


def test_options_take_the_place_of_what_the_recipe_says(parser: argparse.ArgumentParser) -> None:
    recipe = recipe_of(parser.parse_args(['--no-rotated', '--loss', 'mse', '--units', '32', '--dropout', '0.1']))
    assert (recipe.rotated, recipe.loss, recipe.units, recipe.dropout) == (False, 'mse', 32, 0.1)
    assert recipe.mirrored == RECIPES['blendfer'].mirrored


def test_training_without_tensorflow_is_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
    assert cli.main(['train', str(tmp_path / 'nowhere.zip')]) == 1
    assert 'training needs TensorFlow' in capsys.readouterr().err


@pytest.mark.parametrize(
    'words', [[], ['--also', 'folder'], ['fer2013.zip', '--only', 'folder'], ['a.zip', '--only', 'b', '--also', 'c']]
)
def test_it_is_fer2013_or_ones_own_faces(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip('tf_keras', reason='needs TensorFlow and tf_keras: pip install blendfer_ros[train]')
    assert cli.main(['train', *words]) == 1
    assert 'blendfer: give either the path of FER2013' in capsys.readouterr().err


@pytest.mark.parametrize('content', ['nothing', 'labels of a bag that is not there', 'too few persons'])
def test_own_data_that_cannot_be_learnt_from_are_refused_in_one_sentence(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip('tf_keras', reason='needs TensorFlow and tf_keras: pip install blendfer_ros[train]')
    folder, output = tmp_path / 'own', tmp_path / 'mine.tflite'
    folder.mkdir()
    cause = f'{folder} has no sub-folders'
    if content != 'nothing':
        bag = write_bag(folder / 'anna', restamped(float(i) for i in range(5)))
        named = 'anna' if content == 'too few persons' else 'zoe'
        (folder / 'labels.csv').write_text(f'file,start_s,end_s,label\n{named},0,5,sad\n')
        cause = 'too few persons to keep some for validation' if named == bag.name else 'there is no bag zoe'
    assert cli.main(['train', '--only', str(folder), '--out', str(output)]) == 1
    (sentence,) = capsys.readouterr().err.splitlines()
    assert cause in sentence
    assert not output.exists()


def test_a_model_that_comes_without_weights_cannot_be_fine_tuned(
    blendshapes_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(['train', 'fer2013.zip', '--from', str(blendshapes_model)]) == 1
    said = capsys.readouterr().err
    assert f'blendfer: {blendshapes_model} comes without ' in said
    assert 'so it cannot be fine-tuned' in said
