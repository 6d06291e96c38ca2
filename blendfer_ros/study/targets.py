"""The targets of each shipped model on PrivateTest."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from blendfer_ros.core.emotions import EMOTIONS, SAD
from blendfer_ros.study.scores import Measured

_COMPARISONS: Final[dict[str, Callable[[float, float], bool]]] = {'>': operator.gt, '≥': operator.ge, '≤': operator.le}

_QUANTITIES: Final[dict[str, tuple[Callable[[Measured], float], str]]] = {
    'accuracy': (lambda m: m.private_test.metrics.accuracy, '.3f'),
    'macro-F1': (lambda m: m.private_test.metrics.macro_f1, '.3f'),
    'calibration error': (lambda m: m.private_test.metrics.ece, '.3f'),
    'accuracy, FER+ majority': (lambda m: m.voted.metrics.accuracy if m.voted else math.nan, '.3f'),
    'macro-F1, FER+ majority': (lambda m: m.voted.metrics.macro_f1 if m.voted else math.nan, '.3f'),
    'recall of sad': (lambda m: m.private_test.recall[EMOTIONS.index(SAD)], '.3f'),
    'accuracy on the surest 80 %': (lambda m: m.private_test.accuracy_most_sure_80, '.3f'),
    'median time of crop and CNN, and of one inference [ms]': (
        lambda m: m.file.pixels_ms + m.file.median_ms if m.file else 0.0,
        '.3f',
    ),
    'size of all files [MB]': (lambda m: m.file.size_bytes / 1e6 if m.file else 0.0, '.2f'),
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
_SMALL: Final = (
    Target('median time of crop and CNN, and of one inference [ms]', '≤', 3.0),
    Target('size of all files [MB]', '≤', 2.0),
)

TARGETS: Final[dict[str, tuple[Target, ...]]] = {
    'blendfer_paper': (Target('accuracy', '>', 0.74), Target('macro-F1', '>', 0.66)),
    'blendfer_blendshapes': (Target('accuracy', '≥', 0.76), Target('macro-F1', '≥', 0.70), _FAST),
    'blendfer': (
        Target('accuracy', '≥', 0.84),
        Target('macro-F1', '≥', 0.79),
        Target('accuracy, FER+ majority', '≥', 0.89),
        Target('macro-F1, FER+ majority', '≥', 0.83),
        Target('recall of sad', '≥', 0.68),
        Target('accuracy on the surest 80 %', '≥', 0.92),
        Target('calibration error', '≤', 0.02),
        *_SMALL,
    ),
    'cnn': (Target('accuracy', '≥', 0.82), Target('macro-F1', '≥', 0.77), *_SMALL),
    'cnn_lstm': (Target('accuracy', '≥', 0.82), Target('macro-F1', '≥', 0.77), *_SMALL),
    'blendfer_landmarks': (
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
