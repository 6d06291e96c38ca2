"""The study as Markdown tables, for a README."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from blendfer_ros.study.scores import Measured
from blendfer_ros.study.study import Study

HEADER = (
    'PublicTest accuracy',
    'PublicTest macro-F1',
    'PrivateTest accuracy',
    'PrivateTest macro-F1',
)


def markdown(study: Study) -> str:
    """The models with the peer and the paper, the ablations if any, and how the models were chosen."""
    published = study.published
    theirs = [f'{published.name}, {published.about}', '', '', _number(published.accuracy), _number(published.macro_f1)]
    rows = [_row(measured) for measured in (*study.models, *([study.peer] if study.peer else []))]
    parts = [_table('model', [*rows, theirs])]
    if study.ablations:
        parts.append(_table('ablation', [_row(measured) for measured in study.ablations]))
    return '\n'.join([*parts, f'{looks(study)}\n'])


def looks(study: Study) -> str:
    """How often PrivateTest was measured on, and where choices were made."""
    files = 'one model file' if study.candidates == 1 else f'{study.candidates} model files'
    times = 'once' if study.candidates == 1 else f'{study.candidates} times'
    return f'PrivateTest was measured on {times}, with {files} in all; everything was chosen on PublicTest.'


def _row(measured: Measured) -> list[str]:
    of_splits = (measured.public_test.metrics, measured.private_test.metrics)
    return [measured.name, *(_number(value) for m in of_splits for value in (m.accuracy, m.macro_f1))]


def _number(value: float) -> str:
    return f'{value:.3f}'


def _table(first: str, rows: Iterable[Sequence[str]]) -> str:
    lines = [(first, *HEADER), ('---',) * (1 + len(HEADER)), *rows]
    return ''.join(f'| {" | ".join(line)} |\n' for line in lines)
