"""`blendfer train`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blendfer_ros.classification.backends.recurrent import RECURRENT
from blendfer_ros.classification.features import reads_expressions
from blendfer_ros.commands.command import FER2013_HELP, Command, add_bundle
from blendfer_ros.core import assets
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.core.options import Option, options_of
from blendfer_ros.training.recipe import RECIPES, Recipe

if TYPE_CHECKING:
    # What these bring with them takes seconds to import, which --help and refusals are spared.
    from blendfer_ros.datasets.face_dataset import FaceDataset
    from blendfer_ros.training.faces import TrainingFaces


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('fer2013', type=Path, nargs='?', metavar='PATH', help=f'{FER2013_HELP}; not with --only')
    parser.add_argument(
        '--ferplus', type=Path, metavar='CSV', help='the votes of FER+, for --targets other than fer2013'
    )
    parser.add_argument(
        '--also',
        type=Path,
        action='append',
        default=[],
        metavar='DATA',
        help='learn from these faces, too: a folder of pictures with a sub-folder for each label, or a folder of bags '
        'with their labels.csv; repeatable',
    )
    parser.add_argument(
        '--only', type=Path, action='append', default=[], metavar='DATA', help='the same in place of FER2013'
    )
    parser.add_argument(
        '--from',
        default='',
        dest='start',
        metavar='MODEL',
        help='fine-tune this model, by its own recipe and with a tenth of its learning rate unless you say otherwise',
    )
    parser.add_argument(
        '--out', type=Path, help='file to write; its card goes beside it (default: models/RECIPE.tflite)'
    )
    parser.add_argument(
        '--resume', action='store_true', help='continue an interrupted training from the last complete epoch'
    )
    add_bundle(parser)
    add_recipe_options(parser)
    parser.set_defaults(run=_train)


def add_recipe_options(parser: argparse.ArgumentParser) -> None:
    """`--recipe`, and an option for each field of `Recipe`; options not given keep the value of the recipe."""
    parser.add_argument(
        '--recipe',
        choices=tuple(RECIPES),
        default=assets.DEFAULT_MODEL,
        help='the shipped model whose options are the defaults below (%(default)s)',
    )
    group = parser.add_argument_group('recipe', 'in place of the values of --recipe')
    for option in options_of(Recipe):
        starts = dict.fromkeys(str(getattr(recipe, option.name)) for recipe in RECIPES.values())
        add_option(group, option, ', '.join(starts))


def recipe_of(arguments: argparse.Namespace) -> Recipe:
    """The recipe asked for, with the options given; raises BlendferError when they do not go together."""
    return replace(RECIPES[arguments.recipe], **given_options(arguments))


def given_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """The options of a recipe that were given, by name."""
    values = {option.name: getattr(arguments, option.name) for option in options_of(Recipe)}
    return {name: value for name, value in values.items() if value is not None}


def add_option(group: Any, option: Option, starts: str) -> None:
    """Add an argument for an option of a recipe, None unless given; `starts`: its defaults, for the help."""
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
    from blendfer_ros.training.starting_point import read_starting_point
    from blendfer_ros.training.train import checkpoints_of, require_tensorflow, train_on

    output = arguments.out or Path('models') / f'{arguments.recipe}.tflite'
    start = read_starting_point(assets.find_model(arguments.start)) if arguments.start else None
    recipe = start.fine_tuned(**given_options(arguments)) if start else recipe_of(arguments)
    require_tensorflow()
    faces, origin = _load(arguments, recipe)
    try:
        card = train_on(faces, output, recipe, origin, start=start, resume=arguments.resume)
    except KeyboardInterrupt:
        if checkpoints_of(output).is_dir():
            print(
                f'complete epochs are in {checkpoints_of(output)}: add --resume to the same command to continue',
                file=sys.stderr,
            )
        raise
    metrics, parity = card.metrics[faces.validation_name], card.metrics['parity']
    print(
        f'{output} ({output.stat().st_size / 1000:.0f} KB): {faces.validation_name} accuracy '
        f'{metrics["accuracy"]:.4f}, macro-F1 {metrics["macro_f1"]:.4f} '
        f'(before quantisation {parity["macro_f1_float"]:.4f})'
    )


def _load(arguments: argparse.Namespace, recipe: Recipe) -> tuple[TrainingFaces, dict[str, Any]]:
    """The faces to learn from, and where they come from."""
    from blendfer_ros.datasets.fer2013 import read_fer2013
    from blendfer_ros.datasets.ferplus import read_ferplus
    from blendfer_ros.perception.expressions import ExpressionNetwork
    from blendfer_ros.training.faces import load_training_faces, only_own
    from blendfer_ros.training.pixels.sequences import load_varied_scores
    from blendfer_ros.training.train import provenance

    if bool(arguments.only) == bool(arguments.fer2013):
        raise DatasetError('give either the path of FER2013, with --also for more data, or --only with your own')
    if arguments.fer2013 and not arguments.ferplus and recipe.targets != 'fer2013':
        raise DatasetError(
            f'targets {recipe.targets} need the votes of FER+: give them with --ferplus, or give --targets fer2013'
        )
    if arguments.only:
        own = _own(arguments.only, arguments.bundle, expressions_of(recipe))
        return only_own(own), {'data': [str(path) for path in arguments.only]}
    dataset = read_fer2013(arguments.fer2013)
    votes = read_ferplus(arguments.ferplus) if arguments.ferplus else None
    faces = load_training_faces(
        dataset, assets.find_bundle(arguments.bundle), recipe.copies, votes, expressions_of(recipe)
    )
    origin = provenance(dataset)
    if recipe.network == RECURRENT:
        network = ExpressionNetwork(assets.find_expressions())
        faces = replace(faces, varied=load_varied_scores(faces.training, dataset, network))
    if arguments.also:
        own = _own(arguments.also, arguments.bundle, expressions_of(recipe))
        faces = replace(faces, own=own)
        origin['also'] = [str(path) for path in arguments.also]
    return faces, origin


def expressions_of(recipe: Recipe) -> Path | None:
    """The network that looks at the pixels, where the recipe's model reads what it says or learns from it."""
    return assets.find_expressions() if reads_expressions(recipe.features) or recipe.distilled else None


def _own(paths: Sequence[Path], bundle: str, expressions: Path | None) -> FaceDataset:
    from blendfer_ros.datasets.faces import load_faces
    from blendfer_ros.datasets.folders import read_folders
    from blendfer_ros.datasets.labelled_bags import has_labelled_bags, read_labelled_bags
    from blendfer_ros.datasets.pictures import Role
    from blendfer_ros.training.faces import as_own

    find_bundle = partial(assets.find_bundle, bundle)
    return as_own(
        [
            read_labelled_bags(path, find_bundle)
            if has_labelled_bags(path)
            else load_faces(read_folders(path), find_bundle(), roles=[Role.TEST], expressions=expressions)
            for path in paths
        ]
    )


TRAIN = Command(
    name='train',
    summary='train a model on FER2013, or on your own faces',
    description='Train a quantised LSTM. The first time, FaceLandmarker processes each picture, which takes most of\n'
    'the time; its results are cached. Ctrl-C loses at most the epoch under way.\n\n'
    'Your own people: --also or --only take labelled pictures or recordings, --from fine-tunes a trained model.',
    example='blendfer train fer2013.zip --ferplus ferplus.csv --recipe blendfer_blendshapes --out mine.tflite',
    configure=_configure,
)
