"""`blendfer evaluate fleet`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from blendfer_ros.commands.bag_arguments import candidate_of, segments_of
from blendfer_ros.commands.command import Command, add_bundle, count
from blendfer_ros.core import assets
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.core.files import require_folder_of, write_text

if TYPE_CHECKING:
    from blendfer_ros.evaluation.streams.fleet import Fleet


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('folder', type=Path, metavar='FOLDER', help='folder of bags, as for `blendfer evaluate bag`')
    parser.add_argument(
        '--results',
        type=Path,
        required=True,
        metavar='DIR',
        help='folder for a small file per bag, made where it is missing; with the same one a run that stopped goes on',
    )
    parser.add_argument(
        '--labels', type=Path, metavar='LABELS.csv', help='ground truth, as for `blendfer evaluate bag`'
    )
    parser.add_argument(
        '--topic', default='', metavar='T', help='topic of images or blendshapes (default: the only one)'
    )
    parser.add_argument(
        '--model',
        default='',
        help=f'name of a shipped model, or path of a .tflite file (default: {assets.DEFAULT_MODEL})',
    )
    parser.add_argument(
        '--params', type=Path, metavar='FILE.yaml', help='answer as the nodes would with this parameter file'
    )
    parser.add_argument(
        '--workers',
        type=count,
        default=1,
        metavar='N',
        help='processes on this machine; from 2 on by Dask (%(default)s)',
    )
    parser.add_argument(
        '--scheduler',
        default='',
        metavar='TCP',
        help='address of a Dask scheduler whose workers see the same files under the same paths (default: none)',
    )
    parser.add_argument('--json', type=Path, metavar='OUT', help='write the sums to this file')
    add_bundle(parser)
    parser.set_defaults(run=_evaluate_fleet)


def _evaluate_fleet(arguments: argparse.Namespace) -> None:
    from blendfer_ros.bags.finding import find_bags
    from blendfer_ros.evaluation.streams.fleet import FleetQuery, tally_fleet

    if arguments.json:
        require_folder_of(arguments.json)
    candidate = candidate_of(arguments.model, arguments.params)
    bags = find_bags([arguments.folder])
    segments = segments_of(arguments.labels, bags) if arguments.labels else {}
    query = FleetQuery(candidate, arguments.topic, arguments.bundle)
    try:
        fleet = tally_fleet(bags, segments, query, arguments.results, arguments.workers, arguments.scheduler)
    except KeyboardInterrupt:
        print('finished bags are kept: run the same command to continue', file=sys.stderr)
        raise
    for name, reason in fleet.failed.items():
        print(f'{name} is left out: {reason}', file=sys.stderr)
    if not fleet.tallies:
        raise DatasetError('no bag can be measured, for the reasons above')
    _print(fleet)
    if arguments.json:
        write_text(arguments.json, json.dumps(fleet.as_json(), indent=1, allow_nan=False) + '\n')


def _print(fleet: Fleet) -> None:
    content = fleet.as_json()
    shares = ', '.join(f'{said} {share:.1%}' for said, share in content['time_share'].items())
    print(f'{content["n_bags"]} bags, {content["duration_s"] / 3600.0:.2f} h, {content["n_frames"]} images: {shares}')
    print(f'{content["flips_per_min"]:.2f} changes of the answer a minute; {content["n_lost"]} images lost')
    if 'confusion' in content:
        print(
            f'labelled: {content["labelled_n_frames"]} images, accuracy {content["frame_accuracy"]:.4f}, '
            f'macro-F1 {content["macro_f1"]:.4f}, confusion {content["confusion"]}'
        )
    print(f'{fleet.cpu_s_per_hour:.1f} s of processor time for an hour of recording')


FLEET = Command(
    name='fleet',
    summary='the recordings of many robots, on many cores or machines',
    description=(
        'Evaluate as `blendfer evaluate bag` does, but more than fits into memory or is worth a page: of each bag\n'
        'only counts are kept, in a file of its own in --results, and the sums are printed. Bags are spread over\n'
        'processes by Dask, here or on a cluster. A worker that dies loses the bag it had, which another answers\n'
        'again; nothing is counted twice, for there is one file per bag. After Ctrl-C the same command goes on where\n'
        'it stopped; bags, labels, models or options that have changed are answered anew.\n\n'
        'The Dask workers of --scheduler must have this package installed and see FOLDER and --results under the\n'
        'same paths.'
    ),
    example='blendfer evaluate fleet recordings/ --results counts/ --labels labels.csv --workers 8 --json fleet.json',
    configure=_configure,
)
