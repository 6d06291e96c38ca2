"""`blendfer evaluate clips`."""

from __future__ import annotations

import argparse
import json
import math
import sys
import textwrap
from pathlib import Path

from blendfer_ros.commands.command import Command, add_bundle, add_model
from blendfer_ros.core import assets
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.core.files import require_folder_of, write_text


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('labels', type=Path, metavar='LABELS.csv', help='file,start_s,end_s,label in each row')
    parser.add_argument('--folder', type=Path, metavar='DIR', help='where the files are (default: beside LABELS.csv)')
    parser.add_argument(
        '--fps', type=rate, metavar='F', help='process at most F frames per second (default: every frame)'
    )
    parser.add_argument('--raw', action='store_true', help='also score each frame on its own, without smoothing')
    add_model(parser, assets.DEFAULT_MODEL)
    parser.add_argument('--json', type=Path, metavar='OUT', help='write the scores to this file')
    parser.add_argument(
        '--html',
        type=Path,
        metavar='OUT.html',
        help='write scores and a plot of the answers over time to this page, without pictures of people',
    )
    add_bundle(parser)
    parser.set_defaults(run=_evaluate_clips)


def rate(text: str) -> float:
    """A rate above 0 [Hz]; argparse makes a sentence of the error, with this function's name."""
    value = float(text)
    if not 0.0 < value < math.inf:
        raise ValueError
    return value


def _evaluate_clips(arguments: argparse.Namespace) -> None:
    from blendfer_ros.classification.backends import read_card
    from blendfer_ros.datasets.segments import read_labels
    from blendfer_ros.evaluation.streams.clip_answers import ClipQuery, answer_clips
    from blendfer_ros.metrics.segments import score_clips, score_raw
    from blendfer_ros.pages.segments_table import EXPLANATION, MAX_COLUMNS, table
    from blendfer_ros.pages.svg import require_matplotlib

    for path in (arguments.json, arguments.html):
        if path:
            require_folder_of(path)
    if arguments.html:
        require_matplotlib()
    labelled = read_labels(arguments.labels, arguments.folder)
    model = assets.find_model(arguments.model)
    card = read_card(model.with_suffix('.json'))
    found = answer_clips(labelled, ClipQuery(model, assets.find_bundle(arguments.bundle), arguments.fps, arguments.raw))
    for damage in found.damaged.values():
        print(f'{damage}; evaluated up to there', file=sys.stderr)
    for name, error in found.failed.items():
        print(f'{name} is left out: {error}', file=sys.stderr)
    clips = found.clips
    if not clips:
        raise DatasetError('no clip can be measured, for the reasons above')
    scores, raw = score_clips(clips), score_raw(clips)
    # Print first, then write, so that a full disk does not lose the numbers.
    print(table(scores, raw))
    print(textwrap.fill(EXPLANATION, MAX_COLUMNS))
    if arguments.json:
        failed = {name: str(error) for name, error in found.failed.items()}
        described = {'model': card.name, 'model_sha256': card.sha256, 'fps': arguments.fps, 'failed': failed}
        results = {**described, **scores.as_json()}
        if raw:
            results['raw'] = raw.as_json()
        write_text(arguments.json, json.dumps(results, indent=1, allow_nan=False) + '\n')
    if arguments.html:
        from blendfer_ros.pages.clips_page import clips_page

        write_text(arguments.html, clips_page(f'{card.name} on {arguments.labels.name}', clips, arguments.fps))
        print(f'{arguments.html}: the answers over time')


CLIPS = Command(
    name='clips',
    summary='video clips with labels over time',
    description=(
        'Evaluate what the nodes would answer over time to video clips: how often, how steadily and how soon they are\n'
        'right.\n\n'
        'LABELS.csv has a header, and a row for each segment of a clip: its label is happy, sad, unknown or\n'
        'no_face.\n\n'
        '  file,start_s,end_s,label\n'
        '  smile.mp4,0.0,1.5,unknown\n'
        '  smile.mp4,2.0,99,happy\n\n'
        'An end beyond the clip means up to its end. Time between segments is not scored, so leave out transitions\n'
        'between expressions. --fps 10 --raw shows the effect of a slower camera and of smoothing.'
    ),
    example='blendfer evaluate clips labels.csv --raw --html clips.html',
    configure=_configure,
)
