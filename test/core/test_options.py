"""Options are declared once, and whatever cannot be is refused in one sentence."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from blendfer_ros.core.errors import ParameterError
from blendfer_ros.core.options import Option, check_options, option, options_of


@dataclass(frozen=True)
class Kettle:
    """What can be set of a kettle, and what only its maker knows."""

    temperature: float = option(96.5, 'when it switches off', 'degrees', 40.0, 100.0)
    cups: int = option(4, 'how many it fills', low=1, high=12)
    whistles: bool = option(False, 'whether it can be heard')
    tea: str = option('green', 'what is made', choices=('green', 'black'))
    owner: str = option('', 'whose it is')
    serial: list[int] = field(default_factory=list)


def test_the_options_of_a_class_are_its_declared_fields_in_order() -> None:
    assert options_of(Kettle) == (
        Option('temperature', 96.5, 'when it switches off', 'degrees', 40.0, 100.0),
        Option('cups', 4, 'how many it fills', '', 1, 12),
        Option('whistles', False, 'whether it can be heard'),
        Option('tea', 'green', 'what is made', choices=('green', 'black')),
        Option('owner', '', 'whose it is'),
    )


def test_a_declared_field_is_still_an_ordinary_field() -> None:
    assert Kettle() == Kettle(96.5, 4, False, 'green', '', [])
    assert replace(Kettle(), cups=2).cups == 2


def test_the_defaults_of_an_instances_options_are_its_values() -> None:
    mine = Kettle(cups=2, tea='black')
    assert {each.name: each.default for each in options_of(mine)} == {
        'temperature': 96.5,
        'cups': 2,
        'whistles': False,
        'tea': 'black',
        'owner': '',
    }
    assert options_of(mine)[1].high == 12


@pytest.mark.parametrize(
    'changes', [{}, {'temperature': 40.0}, {'temperature': 100.0}, {'cups': 12}, {'tea': 'black'}, {'owner': 'me'}]
)
def test_what_can_be_is_taken_at_its_limits_too(changes: dict[str, Any]) -> None:
    check_options(Kettle(**changes))


@pytest.mark.parametrize(
    ('changes', 'sentence'),
    [
        ({'temperature': 100.5}, 'temperature is 100.5, expected 40 to 100'),
        ({'temperature': float('nan')}, 'temperature is nan, expected 40 to 100'),
        ({'temperature': 50}, 'temperature is 50, expected a float such as 96.5'),
        ({'cups': 0}, 'cups is 0, expected 1 to 12'),
        ({'cups': 4.0}, 'cups is 4.0, expected an int such as 4'),
        ({'cups': True}, 'cups is True, expected an int such as 4'),
        ({'whistles': 1}, 'whistles is 1, expected a bool such as False'),
        ({'tea': 'blue'}, "tea is 'blue', expected one of green, black"),
        ({'owner': None}, "owner is None, expected a str such as ''"),
    ],
)
def test_what_cannot_be_is_refused_naming_the_option_and_the_remedy(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ParameterError) as refusal:
        check_options(Kettle(**changes))
    assert str(refusal.value) == sentence
