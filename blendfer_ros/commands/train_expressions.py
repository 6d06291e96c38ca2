"""`blendfer train-expressions`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from blendfer_ros.commands.command import FER2013_HELP, Command, add_bundle
from blendfer_ros.commands.train import add_option
from blendfer_ros.core import assets
from blendfer_ros.core.options import options_of
from blendfer_ros.training.pixels.recipe import PixelRecipe


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('fer2013', type=Path, metavar='PATH', help=FER2013_HELP)
    parser.add_argument('--ferplus', type=Path, required=True, metavar='CSV', help='the votes of FER+')
    parser.add_argument(
        '--out',
        type=Path,
        default=Path('models') / f'{assets.EXPRESSION_MODEL}.tflite',
        help='file to write; its card goes beside it (%(default)s)',
    )
    parser.add_argument(
        '--resume', action='store_true', help='continue an interrupted training from the last complete epoch'
    )
    add_bundle(parser)
    group = parser.add_argument_group('recipe')
    for option in options_of(PixelRecipe):
        add_option(group, option, str(option.default))
    parser.set_defaults(run=_train)


def _train(arguments: argparse.Namespace) -> None:
    from blendfer_ros.datasets.fer2013 import read_fer2013
    from blendfer_ros.datasets.ferplus import read_ferplus
    from blendfer_ros.datasets.pictures import Role
    from blendfer_ros.training.pixels.train import train_expressions
    from blendfer_ros.training.train import checkpoints_of

    values = {option.name: getattr(arguments, option.name) for option in options_of(PixelRecipe)}
    recipe = PixelRecipe(**{name: value for name, value in values.items() if value is not None})
    dataset, votes = read_fer2013(arguments.fer2013), read_ferplus(arguments.ferplus)
    bundle = assets.find_bundle(arguments.bundle)
    try:
        card = train_expressions(dataset, votes, bundle, arguments.out, recipe, resume=arguments.resume)
    except KeyboardInterrupt:
        if checkpoints_of(arguments.out).is_dir():
            print(
                f'complete epochs are in {checkpoints_of(arguments.out)}: add --resume to the same command to continue',
                file=sys.stderr,
            )
        raise
    metrics = card.metrics[dataset.split_name(Role.VALIDATION)]
    print(
        f'{arguments.out} ({arguments.out.stat().st_size / 1000:.0f} KB): accuracy of the seven labels '
        f'{metrics["accuracy_of_seven_labels"]:.4f}, of the eight votes {metrics["accuracy_of_eight_votes"]:.4f}'
    )


TRAIN_EXPRESSIONS = Command(
    name='train-expressions',
    summary='train the network that looks at the pixels of faces',
    description='Train the small CNN whose expression scores perception adds to each face. Its crops are framed by\n'
    'FaceLandmarker, which processes each picture the first time. On two cores it takes a night, with --bfloat16 on\n'
    'processors that can an hour. Models that read the scores are trained anew after it: `blendfer train`.',
    example='blendfer train-expressions fer2013.zip --ferplus ferplus.csv --bfloat16',
    configure=_configure,
)
