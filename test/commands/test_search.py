"""`blendfer search` prints a command that trains what it found."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

import pytest

from blendfer_ros.commands.search import train_options
from blendfer_ros.commands.train import add_recipe_options, recipe_of
from blendfer_ros.training.recipe import RECIPES


def test_what_is_found_can_be_trained_by_a_command() -> None:
    found = replace(RECIPES['blendfer'], rotated=False, loss='focal', units=32, learning_rate=0.00123456)
    assert train_options(found, 'blendfer') == (
        '--recipe blendfer --no-rotated --units 32 --loss focal --learning-rate 0.001235'
    )


@pytest.mark.parametrize('changes', [{}, {'mirrored': False, 'dropout': 0.25}, {'units': 24, 'epochs': 3, 'seed': 7}])
@pytest.mark.parametrize('name', RECIPES)
def test_the_command_trains_exactly_what_was_found(name: str, changes: dict[str, Any]) -> None:
    found = replace(RECIPES[name], **changes)
    parser = argparse.ArgumentParser()
    add_recipe_options(parser)
    assert recipe_of(parser.parse_args(train_options(found, name).split())) == found
