"""The `blendfer` command: training, evaluation and recording without ROS."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from blendfer_ros import assets
from blendfer_ros.errors import BlendferError

FER2013_HELP = 'FER2013: the zip, the unpacked folder, or the original fer2013.csv'


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0 done, 1 refused with a sentence, 130 interrupted."""
    arguments = _parser().parse_args(argv)
    try:
        arguments.run(arguments)
    except BlendferError as error:
        print(f'blendfer: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('blendfer: interrupted', file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='blendfer', description='Happy or sad, from blendshapes: train, evaluate, record.'
    )
    commands = parser.add_subparsers(required=True, metavar='COMMAND')

    train = commands.add_parser(
        'train', help='train a model on FER2013', description='Train a quantised LSTM on FER2013.'
    )
    train.add_argument('fer2013', type=Path, metavar='PATH', help=FER2013_HELP)
    train.add_argument(
        '--out',
        type=Path,
        default=Path('models/blendfer.tflite'),
        help='file to write; its card goes beside it (%(default)s)',
    )
    train.add_argument('--epochs', type=int, default=20, help='passes over the training data (%(default)s)')
    train.add_argument('--seed', type=int, default=0, help='of weights, order and dropout (%(default)s)')
    _add_bundle(train)
    train.set_defaults(run=_train)

    evaluate = commands.add_parser('evaluate', help='measure a model', description='Measure a model on labelled data.')
    kinds = evaluate.add_subparsers(required=True, metavar='DATA')
    fer2013 = kinds.add_parser(
        'fer2013', help='a split of FER2013', description='Measure a model on a split of FER2013.'
    )
    fer2013.add_argument('fer2013', type=Path, metavar='PATH', help=FER2013_HELP)
    fer2013.add_argument(
        '--split', choices=('Training', 'PublicTest', 'PrivateTest'), default='PrivateTest', help='%(default)s'
    )
    fer2013.add_argument(
        '--model', default=assets.DEFAULT_MODEL, help='name of a shipped model, or path of a .tflite file (%(default)s)'
    )
    fer2013.add_argument('--json', type=Path, metavar='OUT', help='write the metrics to this file')
    _add_bundle(fer2013)
    fer2013.set_defaults(run=_evaluate_fer2013)

    record = commands.add_parser(
        'record',
        help='turn a video into a blendshape recording',
        description='Run FaceLandmarker on a video and write what it finds, numbers only, as a rosbag2 (MCAP) folder.',
    )
    record.add_argument('video', help='video file or folder of pictures')
    record.add_argument('out', type=Path, help='bag folder to write; must not exist')
    record.add_argument('--every', type=int, default=1, metavar='N', help='keep one image in N (%(default)s)')
    _add_bundle(record)
    record.set_defaults(run=_record)
    return parser


def _add_bundle(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--bundle', default='', metavar='TASK', help='face_landmarker.task (default: the usual places, then downloaded)'
    )


def _train(arguments: argparse.Namespace) -> None:
    from blendfer_ros.training.train import TrainingOptions, train

    options = TrainingOptions(epochs=arguments.epochs, seed=arguments.seed)
    card = train(arguments.fer2013, arguments.out, assets.find_bundle(arguments.bundle), options)
    metrics = card.metrics['PublicTest']
    print(f'{arguments.out}: PublicTest accuracy {metrics["accuracy"]:.4f}, macro-F1 {metrics["macro_f1"]:.4f}')


def _evaluate_fer2013(arguments: argparse.Namespace) -> None:
    from blendfer_ros.classification.model import EmotionModel
    from blendfer_ros.evaluation.fer2013 import evaluate_fer2013

    model = EmotionModel(assets.find_model(arguments.model))
    bundle = assets.find_bundle(arguments.bundle)
    metrics = evaluate_fer2013(model, arguments.fer2013, arguments.split, bundle)
    if arguments.json:
        arguments.json.write_text(json.dumps(metrics.as_json(), indent=1) + '\n')
    print(
        f'{model.card.name} on {arguments.split}: accuracy {metrics.accuracy:.4f}, macro-F1 {metrics.macro_f1:.4f}, '
        f'ECE {metrics.ece:.4f}; {metrics.n_detected} of {metrics.n} pictures with a face'
    )
    print('true \\ predicted', *(f'{label:>8}' for label in metrics.as_json()['labels']))
    for label, row in zip(metrics.as_json()['labels'], metrics.confusion, strict=True):
        print(f'{label:>16}', *(f'{count:8d}' for count in row))


def _record(arguments: argparse.Namespace) -> None:
    from blendfer_ros.evaluation.recording import record_video

    count = record_video(arguments.video, arguments.out, assets.find_bundle(arguments.bundle), arguments.every)
    print(f'{arguments.out}: {count} images, numbers only')


if __name__ == '__main__':
    sys.exit(main())
