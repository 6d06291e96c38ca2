"""`blendfer search`."""

from __future__ import annotations

import argparse
from dataclasses import fields
from pathlib import Path

from blendfer_ros.commands.command import FER2013_HELP, Command, add_bundle
from blendfer_ros.commands.train import add_recipe_options, expressions_of, recipe_of
from blendfer_ros.core import assets
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.training.recipe import RECIPES, Recipe


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('fer2013', type=Path, metavar='PATH', help=FER2013_HELP)
    parser.add_argument('--trials', type=int, default=20, metavar='N', help='number of trials to run now (%(default)s)')
    parser.add_argument(
        '--folder',
        type=Path,
        default=Path('build/search'),
        help='where the trials are kept; a search in the same folder continues (%(default)s)',
    )
    parser.add_argument(
        '--ferplus', type=Path, metavar='CSV', help='the votes of FER+, for --targets other than fer2013'
    )
    add_bundle(parser)
    add_recipe_options(parser)
    parser.set_defaults(run=_search)


def _search(arguments: argparse.Namespace) -> None:
    from blendfer_ros.datasets.fer2013 import read_fer2013
    from blendfer_ros.datasets.ferplus import read_ferplus
    from blendfer_ros.training.faces import load_training_faces
    from blendfer_ros.training.search import search

    start = recipe_of(arguments)
    if not arguments.ferplus and start.targets != 'fer2013':
        raise DatasetError(
            f'targets {start.targets} need the votes of FER+: give them with --ferplus, or give --targets fer2013'
        )
    dataset = read_fer2013(arguments.fer2013)
    votes = read_ferplus(arguments.ferplus) if arguments.ferplus else None
    faces = load_training_faces(
        dataset, assets.find_bundle(arguments.bundle), start.copies, votes, expressions_of(start)
    )
    found = search(faces, start, arguments.trials, arguments.folder)
    print(f'best on PublicTest: mean of accuracy and macro-F1 {found.score:.4f}, trained with')
    print(f'  blendfer train {arguments.fer2013} {train_options(found.recipe, arguments.recipe)}')


def train_options(recipe: Recipe, start: str) -> str:
    """What to add to `blendfer train` for this recipe, which differs from the shipped one called `start`."""
    values = {option.name: getattr(recipe, option.name) for option in fields(Recipe)}
    changed = {name: value for name, value in values.items() if value != getattr(RECIPES[start], name)}
    return ' '.join([f'--recipe {start}', *(_option(name, value) for name, value in changed.items())])


def _option(name: str, value: object) -> str:
    flag = name.replace('_', '-')
    if isinstance(value, bool):
        return f'--{flag}' if value else f'--no-{flag}'
    return f'--{flag} {value:.4g}' if isinstance(value, float) else f'--{flag} {value}'


SEARCH = Command(
    name='search',
    summary='look for better hyper-parameters',
    description='Train with different hyper-parameters, guided by the results of earlier trials on PublicTest.\n'
    'Ctrl-C loses at most the trial under way.',
    example='blendfer search fer2013.zip --ferplus ferplus.csv --recipe blendfer --trials 30',
    configure=_configure,
)
