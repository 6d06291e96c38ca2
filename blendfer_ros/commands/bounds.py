"""Bounds that scores must keep, as `--fail-under` and `--fail-over` give them."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from blendfer_ros.core.errors import BlendferError


@dataclass(frozen=True)
class Bound:
    """What a score must not fall below, or go above."""

    key: str
    value: float
    is_upper: bool

    def broken_by(self, value: float | None) -> str:
        """How a score breaks it, in words; empty when it does not."""
        option = f'{self.value:g} of {"--fail-over" if self.is_upper else "--fail-under"}'
        if value is None:
            return f'{self.key} is unknown or infinite, so it cannot be compared with the {option}'
        if (value > self.value) if self.is_upper else (value < self.value):
            return f'{self.key} is {value:g}, {"above" if self.is_upper else "below"} the {option}'
        return ''


def lower_bound(text: str) -> Bound:
    """KEY=VALUE; argparse makes a sentence of the error, with this function's name."""
    return _bound(text, is_upper=False)


def upper_bound(text: str) -> Bound:
    """KEY=VALUE, as for `lower_bound`."""
    return _bound(text, is_upper=True)


def _bound(text: str, *, is_upper: bool) -> Bound:
    key, _, value = text.partition('=')
    if math.isnan(float(value)):
        raise ValueError
    return Bound(key, float(value), is_upper)


def check_bounds(
    bounds: Sequence[Bound], keys: Collection[str], labelled_keys: Collection[str], *, are_labelled: bool
) -> None:
    """Refuse bounds to scores that there will not be; those of `labelled_keys` there are with labels only."""
    known = (*keys, *(labelled_keys if are_labelled else ()))
    for bound in bounds:
        if bound.key in labelled_keys and not are_labelled:
            raise BlendferError(f'{bound.key} needs labels: give --labels')
        if bound.key not in known:
            raise BlendferError(f'there is no score {bound.key!r}: expected one of {", ".join(known)}')
