"""The targets of each shipped model on PrivateTest."""

from __future__ import annotations

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
    'accuracy of the most sure 80 %': (lambda m: m.private_test.accuracy_most_sure_80, '.3f'),
    'size [KB]': (lambda m: m.file.size_bytes / 1000 if m.file else 0.0, '.0f'),
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


_SMALL_AND_FAST: Final = (Target('size [KB]', '≤', 200), Target('median time of one inference [ms]', '≤', 0.3))

TARGETS: Final[dict[str, tuple[Target, ...]]] = {
    'blendfer_paper': (Target('accuracy', '>', 0.72), Target('macro-F1', '>', 0.63)),
    'blendfer_blendshapes': (Target('accuracy', '≥', 0.75), Target('macro-F1', '≥', 0.67), *_SMALL_AND_FAST),
    'blendfer': (
        Target('accuracy', '≥', 0.79),
        Target('macro-F1', '≥', 0.72),
        *_SMALL_AND_FAST,
        Target('calibration error', '≤', 0.03),
        Target('accuracy of the most sure 80 %', '≥', 0.88),
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
