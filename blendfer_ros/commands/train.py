"""`blendfer train`."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from blendfer_ros.commands.command import FER2013_HELP, Command, add_bundle
from blendfer_ros.core import assets
from blendfer_ros.core.options import Option, options_of
from blendfer_ros.training.recipe import RECIPES, Recipe


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('fer2013', type=Path, metavar='PATH', help=FER2013_HELP)
    parser.add_argument(
        '--out', type=Path, help='file to write; its card goes beside it (default: models/RECIPE.tflite)'
    )
    parser.add_argument(
        '--resume', action='store_true', help='go on with an interrupted training, from the last complete epoch'
    )
    add_bundle(parser)
    add_recipe_options(parser)
    parser.set_defaults(run=_train)


def add_recipe_options(parser: argparse.ArgumentParser) -> None:
    """`--recipe`, and an option for each field of `Recipe`; those not given stay as the recipe has them."""
    parser.add_argument(
        '--recipe',
        choices=tuple(RECIPES),
        default=assets.DEFAULT_MODEL,
        help='where the options below start from: how a shipped model is made (%(default)s)',
    )
    group = parser.add_argument_group('recipe', 'in place of what --recipe says')
    for option in options_of(Recipe):
        _add_option(group, option)


def recipe_of(arguments: argparse.Namespace) -> Recipe:
    """The recipe asked for, with the options given; raises BlendferError when they do not go together."""
    given = {option.name: getattr(arguments, option.name) for option in options_of(Recipe)}
    return replace(RECIPES[arguments.recipe], **{name: value for name, value in given.items() if value is not None})


def _add_option(group: Any, option: Option) -> None:
    starts = ', '.join(dict.fromkeys(str(getattr(recipe, option.name)) for recipe in RECIPES.values()))
    settings: dict[str, Any] = {'default': None, 'help': f'{option.help.replace("%", "%%")} ({starts})'}
    if isinstance(option.default, bool):
        group.add_argument(_flag(option.name), action=argparse.BooleanOptionalAction, **settings)
    elif option.choices:
        group.add_argument(_flag(option.name), choices=option.choices, **settings)
    else:
        group.add_argument(_flag(option.name), type=type(option.default), metavar='N', **settings)


def _flag(name: str) -> str:
    return f'--{name.replace("_", "-")}'


def _train(arguments: argparse.Namespace) -> None:
    from blendfer_ros.datasets.fer2013 import read_fer2013
    from blendfer_ros.training.train import checkpoints_of, train

    recipe = recipe_of(arguments)
    output = arguments.out or Path('models') / f'{arguments.recipe}.tflite'
    try:
        dataset = read_fer2013(arguments.fer2013)
        card = train(dataset, output, assets.find_bundle(arguments.bundle), recipe, resume=arguments.resume)
    except KeyboardInterrupt:
        if checkpoints_of(output).is_dir():
            print(
                f'complete epochs are in {checkpoints_of(output)}: the same command with --resume goes on',
                file=sys.stderr,
            )
        raise
    metrics, parity = card.metrics['PublicTest'], card.metrics['parity']
    print(
        f'{output} ({output.stat().st_size / 1000:.0f} KB): PublicTest accuracy {metrics["accuracy"]:.4f}, '
        f'macro-F1 {metrics["macro_f1"]:.4f} (before quantisation {parity["macro_f1_float"]:.4f})'
    )


TRAIN = Command(
    name='train',
    summary='train a model on FER2013',
    description='Train a quantised LSTM on FER2013. The first time, FaceLandmarker looks at each picture, which takes\n'
    'most of the time; its answers are cached. Ctrl-C loses no more than the epoch under way.',
    example='blendfer train fer2013.zip --recipe blendfer_blendshapes --loss focal --out mine.tflite',
    configure=_configure,
)
