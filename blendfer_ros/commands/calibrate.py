"""`blendfer calibrate`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

from blendfer_ros.commands.command import Command, add_bundle
from blendfer_ros.core import assets
from blendfer_ros.core.emotions import UNKNOWN_INDEX

# How far the operating points that are compared lie on the way from that of the card to the one best for single frames.
SHARES: Final = (0.0, 0.25, 0.5, 0.75, 1.0)


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('model', type=Path, metavar='MODEL.tflite', help='its card is changed, the file itself is not')
    parser.add_argument('domains', type=Path, metavar='DOMAINS.yaml', help='as for `blendfer evaluate domains`')
    add_bundle(parser)
    parser.set_defaults(run=_calibrate)


def _calibrate(arguments: argparse.Namespace) -> None:
    from blendfer_ros.classification.backends import load_classifier
    from blendfer_ros.evaluation.domain_list import read_domains
    from blendfer_ros.evaluation.domains import fit_operating_point, mean_macro_f1, measure_domains

    path = assets.find_model(str(arguments.model))
    classifier = load_classifier(path)
    before = classifier.card
    domains = read_domains(arguments.domains)
    bundle = assets.find_bundle(arguments.bundle)
    fitted = fit_operating_point(domains, classifier, bundle)
    # The best for single frames need not be the best after smoothing; neither need what the training chose.
    start = [weight / before.decision_weights[UNKNOWN_INDEX] for weight in before.decision_weights]
    between = (
        tuple(float(f'{a ** (1.0 - share) * b**share:.4g}') for a, b in zip(start, fitted, strict=True))
        for share in SHARES
    )
    candidates = {}
    try:
        for weights in dict.fromkeys(between):
            replace(before, decision_weights=weights).write(path.with_suffix('.json'))
            candidates[weights] = measure_domains(domains, load_classifier(path), bundle, _tell)
    except BaseException:
        before.write(path.with_suffix('.json'))
        raise
    weights, scores = max(candidates.items(), key=lambda candidate: mean_macro_f1(candidate[1]))
    operating_point = {'chosen_by': 'mean macro-F1 over domains', 'domains': list(domains)}
    card = replace(
        before,
        decision_weights=weights,
        training={**before.training, 'operating_point': operating_point},
        # What was measured at another operating point holds no longer.
        metrics={name: value for name, value in before.metrics.items() if name == 'parity'}
        | {'domains': {name: score.as_json() for name, score in scores.items()}},
    )
    card.write(path.with_suffix('.json'))
    shown = ', '.join(f'{emotion} {weight:g}' for emotion, weight in zip(card.emotions, weights, strict=True))
    print(f'{path}: weights {shown}; mean macro-F1 over {len(scores)} domains {mean_macro_f1(scores):.4f}')


def _tell(name: str) -> None:
    print(f'measuring {name}', file=sys.stderr)


CALIBRATE = Command(
    name='calibrate',
    summary='choose where a model draws the line between emotions',
    description=(
        'Choose the weights of the emotions with the highest mean macro-F1 over the data sets that a list names, and\n'
        'write them into the card of the model: those best for single pictures and frames, those the card has, or\n'
        'some between them, whichever is best with smoothing, too. Needs no TensorFlow.'
    ),
    example='blendfer calibrate mine.tflite domains.yaml',
    configure=_configure,
)
