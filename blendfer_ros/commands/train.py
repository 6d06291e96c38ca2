"""`blendfer train`."""

from __future__ import annotations

import argparse
from pathlib import Path

from blendfer_ros import assets
from blendfer_ros.commands.command import FER2013_HELP, Command, add_bundle


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('fer2013', type=Path, metavar='PATH', help=FER2013_HELP)
    parser.add_argument(
        '--out',
        type=Path,
        default=Path('models/blendfer.tflite'),
        help='file to write; its card goes beside it (%(default)s)',
    )
    parser.add_argument('--epochs', type=int, default=20, help='passes over the training data (%(default)s)')
    parser.add_argument('--seed', type=int, default=0, help='of weights, order and dropout (%(default)s)')
    add_bundle(parser)
    parser.set_defaults(run=_train)


def _train(arguments: argparse.Namespace) -> None:
    from blendfer_ros.training.train import TrainingOptions, train

    options = TrainingOptions(epochs=arguments.epochs, seed=arguments.seed)
    card = train(arguments.fer2013, arguments.out, assets.find_bundle(arguments.bundle), options)
    metrics = card.metrics['PublicTest']
    print(f'{arguments.out}: PublicTest accuracy {metrics["accuracy"]:.4f}, macro-F1 {metrics["macro_f1"]:.4f}')


TRAIN = Command(
    name='train',
    summary='train a model on FER2013',
    description='Train a quantised LSTM on FER2013.',
    example='blendfer train fer2013.zip --out models/mine.tflite',
    configure=_configure,
)
