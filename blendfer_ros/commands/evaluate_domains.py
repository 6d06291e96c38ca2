"""`blendfer evaluate domains`."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from blendfer_ros.commands.command import Command, add_bundle, add_model
from blendfer_ros.core import assets
from blendfer_ros.core.files import require_folder_of, write_text

if TYPE_CHECKING:
    # What these bring with them takes seconds to import, which --help and refusals are spared.
    from collections.abc import Mapping

    from blendfer_ros.evaluation.domains import DomainScore

MAX_COLUMNS = 120
EXPLANATION = (
    'low and high: between which values macro-F1 lies with 95 % confidence, by persons or clips; ECE: calibration '
    'error; recall: share of the happy, unknown and sad found; flips/min: changes of the answer within a segment, in '
    'clips of 5 s and more.'
)


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('domains', type=Path, metavar='DOMAINS.yaml', help='the data sets to measure on')
    add_model(parser, assets.DEFAULT_MODEL)
    parser.add_argument('--json', type=Path, metavar='OUT', help='write the scores to this file')
    add_bundle(parser)
    parser.set_defaults(run=_evaluate_domains)


def _evaluate_domains(arguments: argparse.Namespace) -> None:
    from blendfer_ros.classification.backends import load_classifier
    from blendfer_ros.evaluation.domain_list import read_domains
    from blendfer_ros.evaluation.domains import mean_macro_f1, measure_domains

    if arguments.json:
        require_folder_of(arguments.json)
    classifier = load_classifier(assets.find_model(arguments.model))
    domains = read_domains(arguments.domains)
    scores = measure_domains(
        domains, classifier, assets.find_bundle(arguments.bundle), lambda name: print(name, file=sys.stderr)
    )
    mean = mean_macro_f1(scores)
    print('\n'.join(_table(scores)))
    print(f'{classifier.card.name}: mean macro-F1 over {len(scores)} domains {mean:.4f}')
    print(textwrap.fill(EXPLANATION, MAX_COLUMNS))
    if arguments.json:
        results = {
            'model': classifier.card.name,
            'model_sha256': classifier.card.sha256,
            'domains': {name: score.as_json() for name, score in scores.items()},
            'mean_macro_f1': round(mean, 6),
        }
        write_text(arguments.json, json.dumps(results, indent=1, allow_nan=False) + '\n')


def _table(scores: Mapping[str, DomainScore]) -> list[str]:
    from blendfer_ros.pages.segments_table import aligned, fitted, number

    headings = ('domain', 'n', 'with face', 'accuracy', 'macro-F1', 'low', 'high', 'ECE', 'recall', 'flips/min')
    rows = [
        (
            fitted(name),
            str(score.n),
            str(score.n_detected),
            *(number(value, 3) for value in (score.accuracy, score.macro_f1, score.low, score.high, score.ece)),
            ' '.join(number(share, 2) for share in score.recall),
            number(score.flips_per_min, 1),
        )
        for name, score in scores.items()
    ]
    return list(aligned([headings, *rows]))


DOMAINS = Command(
    name='domains',
    summary='many data sets at once, for choosing a model',
    description=(
        'Measure a model on every data set that a list names, and give one number to choose by: the mean macro-F1.\n'
        'Paths in the list are relative to it. PrivateTest of FER2013 is not for choosing.\n\n'
        '  domains:\n'
        '    publictest:       {fer2013: fer2013.zip, split: PublicTest}\n'
        '    publictest_votes: {fer2013: fer2013.zip, split: PublicTest, ferplus: ferplus.csv}\n'
        "    portraits:        {stills: portraits, labels: {smile: happy, rest: unknown}, person: '^(\\d+)_'}\n"
        '    clips:            {clips: clips/labels.csv}\n'
        '    frames:           {clips: clips/labels.csv, smoothing: false}\n\n'
        'Faces are detected once and then kept in the cache, so a second model takes seconds.'
    ),
    example='blendfer evaluate domains domains.yaml --model mine.tflite --json scores.json',
    configure=_configure,
)
