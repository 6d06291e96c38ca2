"""`blendfer evaluate`: on FER2013, on a folder of pictures, on a table of blendshapes, on video clips, on bags."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from blendfer_ros.commands.command import FER2013_HELP, Command, add_bundle, add_commands, add_model
from blendfer_ros.commands.evaluate_bag import BAG
from blendfer_ros.commands.evaluate_clips import CLIPS
from blendfer_ros.core import assets
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.files import require_folder_of, write_text

if TYPE_CHECKING:
    # What these bring with them takes seconds to import, which --help and refusals are spared.
    from blendfer_ros.evaluation.stills.predictions import Predictions
    from blendfer_ros.metrics.classification import Metrics
    from blendfer_ros.perception.decoding import RgbImage

BLENDSHAPES_MODEL: Final = 'blendfer_blendshapes'
N_WORST: Final = 10


def _configure(parser: argparse.ArgumentParser) -> None:
    add_commands(parser, 'DATA', (FER2013, IMAGES, BLENDSHAPES, CLIPS, BAG))


def _configure_fer2013(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('fer2013', type=Path, metavar='PATH', help=FER2013_HELP)
    parser.add_argument(
        '--split', choices=('Training', 'PublicTest', 'PrivateTest'), default='PrivateTest', help='%(default)s'
    )
    _add_model_and_outputs(parser, assets.DEFAULT_MODEL)
    add_bundle(parser)
    parser.set_defaults(run=_evaluate_fer2013)


def _configure_images(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('folder', type=Path, metavar='DIR', help='folder with a sub-folder of pictures for each label')
    _add_model_and_outputs(parser, assets.DEFAULT_MODEL)
    add_bundle(parser)
    parser.set_defaults(run=_evaluate_images)


def _configure_blendshapes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('table', type=Path, metavar='FILE', help='csv: 52 scores and a label in each row')
    parser.add_argument(
        '--labels',
        default=','.join(EMOTIONS),
        metavar='NAMES',
        help='what labels that are numbers mean, from 0 on (%(default)s)',
    )
    _add_model_and_outputs(parser, BLENDSHAPES_MODEL)
    parser.set_defaults(run=_evaluate_blendshapes)


def _add_model_and_outputs(parser: argparse.ArgumentParser, model: str) -> None:
    add_model(parser, model)
    parser.add_argument('--json', type=Path, metavar='OUT', help='write the metrics to this file')
    parser.add_argument(
        '--errors',
        type=Path,
        metavar='OUT.html',
        help='write the worst mistakes to this page and print ten of them; where the data are pictures, the page '
        'contains pictures of people; it stays where it is written',
    )


def _evaluate_fer2013(arguments: argparse.Namespace) -> None:
    from blendfer_ros.classification.backends.tflite import EmotionModel
    from blendfer_ros.datasets.faces import load_faces
    from blendfer_ros.evaluation.stills.faces import fer2013_pictures, predict_faces

    _check_outputs(arguments)
    model = EmotionModel(assets.find_model(arguments.model))
    faces = load_faces(arguments.fer2013, assets.find_bundle(arguments.bundle), splits=[arguments.split])
    predictions = predict_faces(model, faces)
    picture_of = fer2013_pictures(arguments.fer2013) if arguments.errors else None
    metrics = predictions.metrics(faces.detected.size)
    _report(arguments, f'{model.card.name} on {arguments.split}', metrics, predictions, picture_of=picture_of)


def _evaluate_images(arguments: argparse.Namespace) -> None:
    from blendfer_ros.classification.backends.tflite import EmotionModel
    from blendfer_ros.datasets.folders import evaluate_images, find_pictures
    from blendfer_ros.perception.stills import read_still

    _check_outputs(arguments)
    model = EmotionModel(assets.find_model(arguments.model))
    folder = find_pictures(arguments.folder)
    for label, emotion in folder.emotions.items():
        print(f'folder {label} counts as {emotion}', file=sys.stderr)
    result = evaluate_images(model, folder, assets.find_bundle(arguments.bundle))
    for name in result.unreadable:
        print(f'cannot read {name}', file=sys.stderr)
    for label, (n_detected, n) in result.per_label.items():
        print(f'{label}: {n_detected} of {n} pictures with a face')
    paths = {picture.name: picture.path for picture in folder.pictures}
    _report(
        arguments,
        f'{model.card.name} on {arguments.folder}',
        result.predictions.metrics(result.n),
        result.predictions,
        picture_of=lambda name: read_still(paths[name]),
        unreadable=list(result.unreadable),
    )


def _evaluate_blendshapes(arguments: argparse.Namespace) -> None:
    from blendfer_ros.classification.backends.tflite import EmotionModel
    from blendfer_ros.datasets.tables import parse_labels, predict_blendshapes

    _check_outputs(arguments)
    label_numbers = parse_labels(arguments.labels)
    model = EmotionModel(assets.find_model(arguments.model))
    predictions = predict_blendshapes(model, arguments.table, label_numbers)
    metrics = predictions.metrics(len(predictions.ids))
    _report(arguments, f'{model.card.name} on {arguments.table}', metrics, predictions)


def _check_outputs(arguments: argparse.Namespace) -> None:
    for path in (arguments.json, arguments.errors):
        if path:
            require_folder_of(path)


def _report(
    arguments: argparse.Namespace,
    title: str,
    metrics: Metrics,
    predictions: Predictions,
    picture_of: Callable[[str], RgbImage] | None = None,
    **more: Any,
) -> None:
    """Print first, then write: a full disk must not cost the numbers. `more` goes into the JSON."""
    _print_metrics(title, metrics)
    if arguments.errors:
        _print_worst(predictions.worst(N_WORST))
    if arguments.json:
        write_text(arguments.json, json.dumps(metrics.as_json() | more, indent=1) + '\n')
    if arguments.errors:
        from blendfer_ros.pages.errors_page import errors_page

        write_text(arguments.errors, errors_page(title, metrics, predictions, picture_of))
        print(f'{arguments.errors}: the worst mistakes{", with pictures of people" if picture_of else ""}')


def _print_metrics(title: str, metrics: Metrics) -> None:
    print(
        f'{title}: accuracy {metrics.accuracy:.4f}, macro-F1 {metrics.macro_f1:.4f}, '
        f'ECE {metrics.ece:.4f}; {metrics.n_detected} of {metrics.n} samples with a face'
    )
    print('true \\ predicted', *(f'{label:>8}' for label in EMOTIONS))
    for label, row in zip(EMOTIONS, metrics.confusion, strict=True):
        print(f'{label:>16}', *(f'{count:8d}' for count in row))


def _print_worst(worst: Predictions) -> None:
    width = max((len(sample_id) for sample_id in worst.ids), default=2)
    print(f'{"id":<{width}}  {"true":<9}{"predicted":<11}confidence')
    for sample_id, label, decision, confidence in zip(
        worst.ids, worst.labels, worst.decisions, worst.confidences, strict=True
    ):
        print(f'{sample_id:<{width}}  {EMOTIONS[label]:<9}{EMOTIONS[decision]:<11}{confidence:10.3f}')


FER2013 = Command(
    name='fer2013',
    summary='a split of FER2013',
    description='Measure a model on a split of FER2013.',
    example='blendfer evaluate fer2013 fer2013.zip --split PrivateTest --json metrics.json',
    configure=_configure_fer2013,
)

IMAGES = Command(
    name='images',
    summary='your own pictures, a sub-folder for each label',
    description=(
        'Measure a model on pictures in sub-folders named after what they show:\n'
        'happy, happiness or joy count as happy, sad or sadness as sad, every other name as unknown.'
    ),
    example='blendfer evaluate images my_pictures --errors mistakes.html',
    configure=_configure_images,
)

BLENDSHAPES = Command(
    name='blendshapes',
    summary='a csv table of blendshapes',
    description=(
        "Measure a model on a csv table: in each row 52 scores in FaceLandmarker's order and a label,\n"
        'a name or a number; with or without a header.'
    ),
    example='blendfer evaluate blendshapes faces.csv --labels happy,unknown,sad --json metrics.json',
    configure=_configure_blendshapes,
)

EVALUATE = Command(
    name='evaluate',
    summary='measure a model',
    description='Measure a model on labelled data: accuracy, macro-F1, calibration error and confusion; or on bags.',
    example='blendfer evaluate fer2013 fer2013.zip    (blendfer evaluate DATA --help says more)',
    configure=_configure,
)
