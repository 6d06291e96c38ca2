"""A recipe that makes no sense is refused in one sentence; the copies it wants are named."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from blendfer_ros.core.errors import BlendferError
from blendfer_ros.core.options import options_of
from blendfer_ros.training.recipe import Recipe


@pytest.mark.parametrize(
    ('changes', 'cause'),
    [
        ({'loss': 'hinge'}, "loss is 'hinge', expected one of cross-entropy, mse, focal"),
        ({'epochs': 0}, 'epochs is 0, expected 1 to'),
        ({'epochs': 2.0}, 'epochs is 2.0, expected an int such as 14'),
        ({'dropout': 1.0}, r'dropout is 1.0, expected 0 to 0.9'),
        ({'learning_rate': float('nan')}, 'learning_rate is nan, expected'),
        ({'network': 'paper'}, "the paper's network reads blendshapes one by one"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused(changes: dict[str, Any], cause: str) -> None:
    with pytest.raises(BlendferError, match=cause):
        Recipe(**changes)


def test_every_field_explains_itself() -> None:
    options = options_of(Recipe)
    assert [option.name for option in options] == [field.name for field in fields(Recipe)]
    assert all(option.help for option in options)


def test_copies_are_those_whose_options_ask_for_them() -> None:
    assert Recipe(rotated=True, small=False).copies == ('rotated',)
    assert Recipe(rotated=True, small=True).copies == ('rotated', 'small')
    assert Recipe(rotated=False, mirrored=True).copies == ()
