"""`blendfer train` knows every option of a recipe, and refuses early."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

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


@pytest.mark.parametrize('words', [[], ['fer2013.zip', '--only', 'folder']])
def test_it_is_fer2013_or_ones_own_faces(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip('tf_keras', reason='needs TensorFlow and tf_keras: pip install blendfer_ros[train]')
    assert cli.main(['train', *words]) == 1
    assert 'blendfer: give either the path of FER2013' in capsys.readouterr().err
