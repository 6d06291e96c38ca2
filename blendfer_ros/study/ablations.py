"""Ablations: what each choice in a recipe contributes, by training once without it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from blendfer_ros.classification.backends import read_card
from blendfer_ros.classification.features import BLENDSHAPES_ONLY
from blendfer_ros.core.assets import sha256_of
from blendfer_ros.core.errors import ModelError
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.ferplus import FerPlus
from blendfer_ros.datasets.pictures import PictureDataset
from blendfer_ros.training.faces import TrainingFaces, load_training_faces
from blendfer_ros.training.fitting import RECIPE_FILE
from blendfer_ros.training.recipe import DEFAULT, Recipe
from blendfer_ros.training.train import checkpoints_of, provenance, train_on


@dataclass(frozen=True)
class Variant:
    """A recipe to compare.

    shows: what it shows.
    """

    name: str
    shows: str
    recipe: Recipe

    @property
    def needs_votes(self) -> bool:
        """Whether it learns from the votes of FER+."""
        return self.recipe.targets != 'fer2013'

    @property
    def slug(self) -> str:
        """The name as a file name without suffix."""
        return re.sub(r'[^a-z0-9]+', '_', self.name.lower()).strip('_')


def _variant(name: str, shows: str, **changes: Any) -> Variant:
    # One network: an average of several costs several trainings and hides small differences.
    return Variant(name, shows, replace(DEFAULT, **changes))


_ONE_STEP: Final = {'features': BLENDSHAPES_ONLY, 'steps': 1}

VARIANTS: Final = (
    _variant('one network, cross-entropy', 'what the others are compared with'),
    _variant('without geometry', 'what landmark geometry adds to blendshapes', features=BLENDSHAPES_ONLY),
    _variant('all 52 blendshapes in one step', 'what the next is compared with', **_ONE_STEP),
    _variant(
        'relevant blendshapes in one step',
        "the paper's choice: only those above 0.4 in more than 100 pictures",
        **_ONE_STEP,
        relevant_above=0.4,
        relevant_in=100,
    ),
    _variant('Dense instead of LSTM', 'whether reading in steps helps', network='dense'),
    _variant('MSE', 'squared error as the loss', loss='mse'),
    _variant('focal', 'a loss that emphasises hard pictures (arXiv:1708.02002)', loss='focal'),
    _variant('balanced class weights', 'rare emotions count more', class_weights='balanced'),
    _variant('no augmentation', 'pictures as they are', rotated=False, mirrored=False),
    _variant('mirrored only', 'mirrored copies, none rotated', rotated=False, mirrored=True),
    _variant('three classes instead of seven', 'learning the emotions themselves', classes='emotions'),
    _variant("the paper's counts", 'as many Training pictures of each expression as in the paper', counts='paper'),
    _variant('three small networks averaged', 'what an ensemble of the same size contributes', members=3, units=64),
    _variant('no label smoothing', 'hard labels', label_smoothing=0.0),
    _variant('votes of FER+', 'learning how ten people voted instead of the label', targets='ferplus'),
    _variant('half label, half votes', 'learning both', targets='mixture'),
    _variant('copies of half the resolution', 'what robustness to resolution costs or brings', small=True),
    _variant('without depth', 'geometry without z', depth=False),
)


def train_variants(
    variants: Sequence[Variant],
    dataset: PictureDataset,
    bundle: Path,
    work: Path,
    data: dict[str, Any],
    votes: FerPlus | None,
) -> Iterator[tuple[Variant, Path]]:
    """Train each variant that is missing, and yield it with its path.

    Args:
        variants: to train, in this order.
        dataset: FER2013.
        bundle: the FaceLandmarker bundle.
        work: folder of `SLUG.tflite`, their cards, and checkpoints of interrupted trainings.
        data: as `data_identity` gives it.
        votes: of FER+, for variants whose targets they are.

    Raises:
        BlendferError: as `train.train`.
    """
    copies = {name for variant in variants for name in variant.recipe.copies}
    faces: TrainingFaces | None = None
    for variant in tqdm(variants, desc='ablations', unit='model', disable=not variants):
        output = work / f'{variant.slug}.tflite'
        if not is_trained(output, variant.recipe, data):
            faces = faces or load_training_faces(dataset, bundle, copies, votes)
            train_on(faces, output, variant.recipe, provenance(dataset), resume=is_begun(output, variant.recipe))
        yield variant, output


def data_identity(dataset: PictureDataset, training: FaceDataset, public_test: FaceDataset) -> dict[str, Any]:
    """What identifies training data in a card; an unpacked folder has no SHA-256, but its counts of lost faces."""
    return {
        **provenance(dataset),
        'lost': {'training': training.lost_per_class(), 'validation': public_test.lost_per_class()},
    }


def is_trained(output: Path, recipe: Recipe, data: dict[str, Any]) -> bool:
    """Whether `output` is complete and was trained by this recipe on these data."""
    try:
        card = read_card(output.with_suffix('.json'))
    except ModelError:
        return False
    said = card.training
    lost = said.get('lost') or {}
    return (
        output.is_file()
        and sha256_of(output) == card.sha256
        # An option that has come since had its default.
        and asdict(Recipe()) | said.get('recipe', {}) == asdict(recipe)
        and {**said, 'lost': {name: lost.get(name) for name in data['lost']}}.items() >= data.items()
    )


def is_begun(output: Path, recipe: Recipe) -> bool:
    """Whether an interrupted training of `output` used this recipe, so that it can be resumed."""
    try:
        begun = json.loads((checkpoints_of(output) / '0' / RECIPE_FILE).read_text(encoding='utf-8'))
    except (OSError, ValueError):
        return False
    return {name: begun.get(name) for name in asdict(recipe)} == asdict(recipe)
