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
from blendfer_ros.commands.evaluate_domains import DOMAINS
from blendfer_ros.commands.evaluate_expressions import EXPRESSIONS
from blendfer_ros.commands.evaluate_fleet import FLEET
from blendfer_ros.core import assets
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.errors import FrameError, ModelError
from blendfer_ros.core.files import require_folder_of, write_text

if TYPE_CHECKING:
    # These take seconds to import, which --help and refusals do without.
    from blendfer_ros.core.image_types import RgbImage
    from blendfer_ros.evaluation.stills.predictions import Predictions
    from blendfer_ros.metrics.classification import Metrics

BLENDSHAPES_MODEL: Final = 'blendfer_blendshapes'
N_WORST: Final = 10


def _configure(parser: argparse.ArgumentParser) -> None:
    add_commands(parser, 'DATA', (FER2013, IMAGES, BLENDSHAPES, CLIPS, BAG, FLEET, DOMAINS, EXPRESSIONS))


def _configure_fer2013(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('fer2013', type=Path, metavar='PATH', help=FER2013_HELP)
    parser.add_argument(
        '--split', choices=('Training', 'PublicTest', 'PrivateTest'), default='PrivateTest', help='%(default)s'
    )
    parser.add_argument(
        '--ferplus',
        type=Path,
        metavar='CSV',
        help='use the majority of the votes in this csv of FER+ as labels, in place of those of FER2013',
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
    parser.add_argument('table', type=Path, metavar='FILE', help='csv with 52 scores and a label in each row')
    parser.add_argument(
        '--labels',
        default=','.join(EMOTIONS),
        metavar='NAMES',
        help='the meaning of numeric labels, starting at 0 (%(default)s)',
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
        help='write the worst mistakes to this page and print ten of them; for data sets of pictures, the page '
        'contains pictures of people; it stays where it is written',
    )


def _evaluate_fer2013(arguments: argparse.Namespace) -> None:
    from blendfer_ros.classification.backends import load_classifier
    from blendfer_ros.datasets.faces import load_faces
    from blendfer_ros.datasets.fer2013 import ROLES, read_fer2013
    from blendfer_ros.datasets.ferplus import read_ferplus, relabelled
    from blendfer_ros.evaluation.stills.predictions import predict

    _check_outputs(arguments)
    classifier = load_classifier(assets.find_model(arguments.model))
    dataset = read_fer2013(arguments.fer2013).of_role(ROLES[arguments.split])
    faces = load_faces(
        dataset,
        assets.find_bundle(arguments.bundle),
        roles=[ROLES[arguments.split]],
        expressions=assets.find_expressions(),
    )
    title, more = f'{classifier.card.name} on {arguments.split}', {}
    if arguments.ferplus:
        voted = relabelled(dataset, read_ferplus(arguments.ferplus))
        faces = faces.relabelled(voted)
        more['n_without_majority'] = len(dataset.samples) - len(voted.samples)
        title += f' by the votes of FER+ ({more["n_without_majority"]} pictures without a majority left out)'
    predictions = predict(classifier, faces)
    picture_of = dataset.picture_of() if arguments.errors else None
    _report(arguments, title, predictions.metrics(len(faces)), predictions, picture_of=picture_of, **more)


def _evaluate_images(arguments: argparse.Namespace) -> None:
    from blendfer_ros.classification.backends import load_classifier
    from blendfer_ros.datasets.faces import load_faces
    from blendfer_ros.datasets.folders import read_folders
    from blendfer_ros.datasets.pictures import Role
    from blendfer_ros.evaluation.stills.predictions import predict

    _check_outputs(arguments)
    classifier = load_classifier(assets.find_model(arguments.model))
    dataset = read_folders(arguments.folder)
    for label, emotion in zip(dataset.classes, dataset.emotions, strict=True):
        print(f'folder {label} counts as {emotion}', file=sys.stderr)
    faces = load_faces(
        dataset, assets.find_bundle(arguments.bundle), roles=[Role.TEST], expressions=assets.find_expressions()
    )
    unreadable = faces.sample_ids[faces.unreadable].tolist()
    for name in unreadable:
        print(f'cannot read {name}', file=sys.stderr)
    for i, label in enumerate(dataset.classes):
        of_label = faces.labels == i
        print(f'{label}: {(of_label & faces.detected).sum()} of {of_label.sum()} pictures with a face')
    predictions = predict(classifier, faces)
    _report(
        arguments,
        f'{classifier.card.name} on {arguments.folder.resolve().name}',
        predictions.metrics(len(faces)),
        predictions,
        picture_of=dataset.picture_of(),
        unreadable=unreadable,
    )


def _evaluate_blendshapes(arguments: argparse.Namespace) -> None:
    from blendfer_ros.classification.backends import load_classifier
    from blendfer_ros.datasets.tables import parse_labels, read_blendshapes
    from blendfer_ros.evaluation.stills.predictions import predict

    _check_outputs(arguments)
    label_numbers = parse_labels(arguments.labels)
    classifier = load_classifier(assets.find_model(arguments.model))
    faces = read_blendshapes(arguments.table, label_numbers)
    try:
        predictions = predict(classifier, faces)
    except FrameError as error:
        raise ModelError(
            f'model {classifier.card.name} cannot be measured on a table of blendshapes: {error}; '
            'give --model a model of blendshapes alone, such as blendfer_blendshapes'
        ) from error
    _report(
        arguments, f'{classifier.card.name} on {arguments.table.name}', predictions.metrics(len(faces)), predictions
    )


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
    """Print first, then write, so that a full disk does not lose the numbers. `more` goes into the JSON."""
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
    summary='your own pictures, in a sub-folder for each label',
    description=(
        'Measure a model on pictures in sub-folders named after what they show:\n'
        'happy, happiness and joy count as happy, sad and sadness as sad, and every other name as unknown.'
    ),
    example='blendfer evaluate images my_pictures --errors mistakes.html',
    configure=_configure_images,
)

BLENDSHAPES = Command(
    name='blendshapes',
    summary='a csv table of blendshapes',
    description=(
        "Measure a model on a csv table with 52 scores in FaceLandmarker's order and a label in each row.\n"
        'Labels are names or numbers; a header is optional.'
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
