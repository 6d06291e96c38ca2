"""`blendfer evaluate expressions`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from blendfer_ros.commands.command import FER2013_HELP, Command, add_bundle
from blendfer_ros.core import assets
from blendfer_ros.core.files import require_folder_of, write_text


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('fer2013', type=Path, metavar='PATH', help=FER2013_HELP)
    parser.add_argument('--ferplus', type=Path, required=True, metavar='CSV', help='the votes of FER+')
    parser.add_argument('--split', choices=('PublicTest', 'PrivateTest'), default='PublicTest', help='(%(default)s)')
    parser.add_argument(
        '--model', default=assets.EXPRESSION_MODEL, help='its name, or path of the .tflite file (%(default)s)'
    )
    parser.add_argument('--json', type=Path, metavar='OUT', help='write the numbers to this file')
    add_bundle(parser)
    parser.set_defaults(run=_evaluate)


def _evaluate(arguments: argparse.Namespace) -> None:
    from blendfer_ros.datasets.fer2013 import ROLES, read_fer2013
    from blendfer_ros.datasets.ferplus import read_ferplus
    from blendfer_ros.perception.expressions import ExpressionNetwork
    from blendfer_ros.training.pixels.fitting import scores_of
    from blendfer_ros.training.pixels.metrics import measure_scores
    from blendfer_ros.training.pixels.pictures import load_pictures

    if arguments.json:
        require_folder_of(arguments.json)
    network = ExpressionNetwork(assets.find_expressions(arguments.model))
    dataset, votes = read_fer2013(arguments.fer2013), read_ferplus(arguments.ferplus)
    pictures = load_pictures(dataset, assets.find_bundle(arguments.bundle), votes, ROLES[arguments.split])
    metrics = measure_scores(scores_of(network, pictures), pictures)
    if arguments.json:
        write_text(arguments.json, json.dumps(metrics, indent=1) + '\n')
    print(
        f'{network.card.name} on {arguments.split}, {metrics["n"]} pictures with votes, with or without landmarks: '
        f'accuracy of the seven labels {metrics["accuracy_of_seven_labels"]:.4f}, '
        f'of the eight votes {metrics["accuracy_of_eight_votes"]:.4f}'
    )


EXPRESSIONS = Command(
    name='expressions',
    summary='how often the network that looks at pixels names the expression',
    description='Measure the network for pixels alone on FER2013: its seven labels and the eight expressions of FER+.\n'
    'Pictures without landmarks are shown to it whole.',
    example='blendfer evaluate expressions fer2013.zip --ferplus ferplus.csv',
    configure=_configure,
)
