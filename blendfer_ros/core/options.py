"""Options: type, default, range, unit and help of everything that can be set, declared once beside what it sets.

A field of a frozen dataclass is declared by `option`; command lines, ROS parameters, their limits, `config/*.yaml` and
the tables of the documentation all follow from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from blendfer_ros.core.errors import ParameterError, shown

Value = bool | int | float | str

_METADATA = 'option'


@dataclass(frozen=True)
class Option:
    """One thing that can be set.

    default: also says of which type values are. low, high: inclusive bounds of a number.
    choices: the values there are; empty: all.
    """

    name: str
    default: Value
    help: str
    unit: str = ''
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    def check(self, value: Any) -> None:
        """Refuse a value that cannot be.

        Raises:
            ParameterError: it is of another type, out of range, or none of the choices.
        """
        wanted = type(self.default)
        if type(value) is not wanted:
            # As strict as ROS, which takes 1 for no float.
            article = 'an' if wanted is int else 'a'
            raise ParameterError(
                f'{self.name} is {shown(value)}, expected {article} {wanted.__name__} such as {self.default!r}'
            )
        if self.choices and value not in self.choices:
            raise ParameterError(f'{self.name} is {shown(value)}, expected one of {", ".join(self.choices)}')
        if self.low is not None and self.high is not None and not self.low <= float(value) <= self.high:
            raise ParameterError(f'{self.name} is {value}, expected {self.low:g} to {self.high:g}')


def option(
    default: Value,
    help: str,  # noqa: A002, as argparse calls it
    unit: str = '',
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[str] = (),
) -> Any:
    """Declare a field of a dataclass as an `Option` of its name."""
    return field(default=default, metadata={_METADATA: Option('', default, help, unit, low, high, tuple(choices))})


def options_of(owner: Any) -> tuple[Option, ...]:
    """The options of a dataclass, in order; `owner` is the class, or an instance whose values are the defaults."""
    found = []
    for each in fields(owner):
        declared = each.metadata.get(_METADATA)
        if declared is not None:
            default = declared.default if isinstance(owner, type) else getattr(owner, each.name)
            found.append(
                Option(each.name, default, declared.help, declared.unit, declared.low, declared.high, declared.choices)
            )
    return tuple(found)


def check_options(owner: Any) -> None:
    """Refuse an instance with an option that cannot be; raises ParameterError."""
    for each in options_of(type(owner)):
        each.check(getattr(owner, each.name))
