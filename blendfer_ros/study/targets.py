"""The targets of each shipped model on PrivateTest."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from blendfer_ros.study.scores import Measured

_COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {'>': operator.gt, '≥': operator.ge, '≤': operator.le}

_QUANTITIES: Final[dict[str, tuple[Callable[[Measured], float], str]]] = {
    'accuracy': (lambda m: m.private_test.metrics.accuracy, '.3f'),
    'macro-F1': (lambda m: m.private_test.metrics.macro_f1, '.3f'),
    'calibration error': (lambda m: m.private_test.metrics.ece, '.3f'),
    'accuracy, FER+ majority': (lambda m: m.voted.metrics.accuracy if m.voted else math.nan, '.3f'),
    'macro-F1, FER+ majority': (lambda m: m.voted.metrics.macro_f1 if m.voted else math.nan, '.3f'),
    'median time of one inference [ms]': (lambda m: m.file.median_ms if m.file else 0.0, '.3f'),
}


@dataclass(frozen=True)
class Target:
    """One of _QUANTITIES, compared with a bound."""

    quantity: str
    comparison: str
    bound: float


@dataclass(frozen=True)
class Outcome:
    """Whether a target was reached; wanted and measured as text."""

    model: str
    quantity: str
    wanted: str
    measured: str
    reached: bool


_FAST: Final = Target('median time of one inference [ms]', '≤', 0.3)

TARGETS: Final[dict[str, tuple[Target, ...]]] = {
    'blendfer_paper': (Target('accuracy', '>', 0.74), Target('macro-F1', '>', 0.66)),
    'blendfer_blendshapes': (Target('accuracy', '≥', 0.76), Target('macro-F1', '≥', 0.70), _FAST),
    'blendfer': (
        Target('accuracy', '≥', 0.78),
        Target('macro-F1', '≥', 0.735),
        Target('accuracy, FER+ majority', '≥', 0.83),
        Target('macro-F1, FER+ majority', '≥', 0.76),
        _FAST,
        Target('calibration error', '≤', 0.02),
    ),
}


def outcomes(measured: Measured) -> list[Outcome]:
    """The outcomes of the targets set for a model of this name, if any."""
    return [_outcome(measured, target) for target in TARGETS.get(measured.name, ())]


def _outcome(measured: Measured, target: Target) -> Outcome:
    value_of, digits = _QUANTITIES[target.quantity]
    value = value_of(measured)
    return Outcome(
        model=measured.name,
        quantity=target.quantity,
        wanted=f'{target.comparison} {target.bound:g}',
        measured=f'{value:{digits}}',
        reached=_COMPARISONS[target.comparison](value, target.bound),
    )
