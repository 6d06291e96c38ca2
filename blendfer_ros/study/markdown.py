"""The study as Markdown tables, for a page of the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from blendfer_ros.core.emotions import EMOTIONS, UNKNOWN_INDEX
from blendfer_ros.metrics.classification import accuracy, macro_f1
from blendfer_ros.study.scores import Measured, Score
from blendfer_ros.study.study import Study

HEADER: Final = (
    'PublicTest: accuracy / macro-F1',
    'PrivateTest: accuracy / macro-F1',
    f'recall of {", ".join(EMOTIONS)}',
    'calibration error',
    'FER+ majority: accuracy / macro-F1',
)
NOTHING: Final = ('',) * len(HEADER)


def markdown(study: Study) -> str:
    """The models with the peer, the paper and a baseline, the ablations if any, and how the models were chosen."""
    published = study.published
    pair = _pair(published.accuracy, published.macro_f1)
    theirs = [f'{published.name}, {published.about}', '', pair, *NOTHING[2:]]
    rows = [_row(each) for each in measured(study)]
    baseline = [_baseline(study.models[0])] if study.models else []
    parts = [_table('model', HEADER, [*rows, theirs, *baseline])]
    if domains := domain_names(study):
        header = ('files', 'time a face', *domains, 'mean', 'flips a minute')
        parts.append(_table('macro-F1 by data set', header, [_domain_row(each, domains) for each in measured(study)]))
    if study.ablations:
        parts.append(_table('ablation', HEADER, [_row(each) for each in study.ablations]))
    return '\n'.join([*parts, f'{looks(study)}\n'])


def measured(study: Study) -> list[Measured]:
    """The shipped models, and the peer if there is one."""
    return [*study.models, *([study.peer] if study.peer else [])]


def domain_names(study: Study) -> list[str]:
    """The data sets beyond PrivateTest that any of them was measured on."""
    return list(dict.fromkeys(name for each in measured(study) for name in each.domains))


def looks(study: Study) -> str:
    """How often PrivateTest was measured on, and where choices were made."""
    files = 'one model file' if study.candidates == 1 else f'{study.candidates} model files'
    return (
        f'PrivateTest was measured on with {files} in all, those trained on an altered copy of FER2013 included; '
        'nothing was chosen on it but what docs/accuracy.md names.'
    )


def _row(model: Measured) -> list[str]:
    private = model.private_test
    return [
        model.name,
        _scores(model.public_test),
        _scores(private),
        ', '.join(f'{share:.2f}' for share in private.recall),
        f'{private.metrics.ece:.3f}',
        _scores(model.voted) if model.voted else '',
    ]


def _baseline(model: Measured) -> list[str]:
    """What always answering unknown gets, on the pictures of a model."""
    scores = (model.public_test, model.private_test, model.voted)
    pairs = [_always_unknown(score) if score else '' for score in scores]
    return ['always unknown', pairs[0], pairs[1], '0.00, 1.00, 0.00', '', pairs[2]]


def _always_unknown(score: Score) -> str:
    labels = np.array(score.metrics.confusion).sum(axis=1)
    confusion = np.zeros((len(EMOTIONS), len(EMOTIONS)), np.int64)
    confusion[:, UNKNOWN_INDEX] = labels
    return _pair(float(accuracy(confusion)), float(macro_f1(confusion)))


def _scores(score: Score) -> str:
    return _pair(score.metrics.accuracy, score.metrics.macro_f1)


def _pair(accuracy_value: float, macro_f1_value: float) -> str:
    return f'{accuracy_value:.3f} / {macro_f1_value:.3f}'


def _domain_row(model: Measured, domains: Sequence[str]) -> list[str]:
    file, found = model.file, model.domains
    scores = [found[name]['macro_f1'] if name in found else None for name in domains]
    known = [score for score in scores if score is not None]
    flips = [found[name].get('flips_per_min') for name in domains if name in found and not name.endswith('_raw')]
    return [
        model.name,
        f'{file.size_bytes / 1000:.0f} KB' if file else '',
        f'{file.median_ms + file.pixels_ms:.2f} ms' if file else '',
        *('' if score is None else f'{score:.3f}' for score in scores),
        f'{np.mean(known):.3f}' if known else '',
        ', '.join(f'{rate:.1f}' for rate in flips if rate is not None),
    ]


def _table(first: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [(first, *header), ('---',) * (1 + len(header)), *rows]
    return ''.join(f'| {" | ".join(line)} |\n' for line in lines)
