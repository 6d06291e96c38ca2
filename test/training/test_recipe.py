"""A recipe that makes no sense is refused in one sentence; the command line knows every field."""

from __future__ import annotations

import argparse
from dataclasses import fields
from typing import Any

import pytest

from blendfer_ros.commands.train import add_recipe_options, recipe_of
from blendfer_ros.core.errors import BlendferError
from blendfer_ros.training.recipe import RECIPES, Recipe


@pytest.mark.parametrize(
    ('changes', 'cause'),
    [
        ({'loss': 'hinge'}, "loss is 'hinge', expected one of cross-entropy, mse, focal"),
        ({'epochs': 0}, 'epochs is 0, expected 1 to'),
        ({'dropout': 1.0}, r'dropout is 1.0, expected 0.0 to 0.9'),
        ({'learning_rate': float('nan')}, 'learning_rate is nan, expected'),
        ({'network': 'paper'}, "the paper's network reads blendshapes one by one"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(changes: dict[str, Any], cause: str) -> None:
    with pytest.raises(BlendferError, match=cause):
        Recipe(**changes)


def test_every_field_explains_itself() -> None:
    assert all(option.metadata['help'] for option in fields(Recipe))


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    add_recipe_options(parser)
    return parser


@pytest.mark.parametrize('name', RECIPES)
def test_without_options_a_recipe_stays_as_it_is(name: str, parser: argparse.ArgumentParser) -> None:
    assert recipe_of(parser.parse_args(['--recipe', name])) == RECIPES[name]


def test_options_take_the_place_of_what_the_recipe_says(parser: argparse.ArgumentParser) -> None:
    recipe = recipe_of(parser.parse_args(['--no-turned', '--loss', 'mse', '--units', '32', '--dropout', '0.1']))
    assert (recipe.turned, recipe.loss, recipe.units, recipe.dropout) == (False, 'mse', 32, 0.1)
    assert recipe.mirrored == RECIPES['blendfer'].mirrored
