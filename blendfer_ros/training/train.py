"""`blendfer train`: FER2013 → a quantised model and its card."""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from blendfer_ros.classification.backends.recurrent import RECURRENT
from blendfer_ros.classification.card import ModelCard
from blendfer_ros.classification.features import ALL_FEATURES, BLENDSHAPES_ONLY
from blendfer_ros.core.assets import BUNDLE_SHA256
from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.errors import BlendferError, DatasetError
from blendfer_ros.core.files import make_folder
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.pictures import PictureDataset, Role
from blendfer_ros.training.export import export
from blendfer_ros.training.faces import TrainingFaces
from blendfer_ros.training.fitting import Fitted, fit
from blendfer_ros.training.pixels.sequences import make_sequences
from blendfer_ros.training.recipe import Recipe
from blendfer_ros.training.samples import Scaling, augment, fit_scaling, make_samples, masked, readable
from blendfer_ros.training.starting_point import StartingPoint

# Goes into the card. Other processors round differently, which changes metrics about as much as another seed.
REPEATABLE = 'same options, versions and processor: the same file; other processors or seeds: metrics within 0.01'


@dataclass(frozen=True)
class Trained:
    """Networks and what goes with them."""

    fitted: list[Fitted]
    scaling: Scaling
    n_samples: int


def require_tensorflow() -> None:
    """Raises BlendferError when TensorFlow is not installed."""
    if importlib.util.find_spec('tf_keras') is None:
        raise BlendferError('training needs TensorFlow and tf_keras: pip install them, or run `make test`, which does')


def provenance(dataset: PictureDataset) -> dict[str, Any]:
    """What a card says about the pictures and the bundle; only a data set in a single file has a SHA-256."""
    return {
        'data': dataset.name,
        'data_sha256': dataset.identity if isinstance(dataset.identity, str) else None,
        'face_landmarker_sha256': BUNDLE_SHA256,
    }


def train_on(
    faces: TrainingFaces,
    output: Path,
    recipe: Recipe,
    origin: dict[str, Any],
    *,
    start: StartingPoint | None = None,
    resume: bool = False,
) -> ModelCard:
    """Train by a recipe, choose epochs and calibrate on the validation faces, write `output` and its card.

    During training, checkpoints are in a folder beside `output`; they are removed when it is written.

    Args:
        faces: with the copies and votes that the recipe wants.
        output: the `.tflite` file to write.
        recipe: what to train and how.
        origin: as `provenance` gives it.
        start: a model to fine-tune; None: train from scratch.
        resume: continue with the checkpoints of an interrupted training.

    Raises:
        DatasetError: no training picture, or no validation picture, has a face.
        BlendferError: TensorFlow is not installed, or the checkpoints are of another recipe.
    """
    require_tensorflow()
    make_folder(output.parent)
    checkpoints = checkpoints_of(output)
    trained = fit_recipe(faces, recipe, checkpoints, start=start, resume=resume)
    card = write_model(trained, faces, recipe, output, origin)
    shutil.rmtree(checkpoints)
    return card


def checkpoints_of(output: Path) -> Path:
    """The folder beside `output` in which an unfinished training is kept."""
    return output.with_suffix('.checkpoints')


def fit_recipe(
    faces: TrainingFaces,
    recipe: Recipe,
    checkpoints: Path,
    *,
    start: StartingPoint | None = None,
    resume: bool = False,
) -> Trained:
    """Train the networks of a recipe.

    Raises:
        DatasetError: no training picture, or no validation picture, has a face.
        BlendferError: see `fitting.fit`.
    """
    import tf_keras

    # Layer names end up in the file; counted from one each time, the same training gives the same file.
    tf_keras.backend.reset_uids()
    augmented = augment(faces, recipe)
    scaling = start.scaling if start else fit_scaling(augmented, faces.training, recipe)
    if recipe.network == RECURRENT:
        if faces.varied is None:
            raise DatasetError('sequences are made from pictures of FER2013: give its path')
        samples = make_sequences(faces.training, faces.varied, scaling, recipe, faces.votes)
    else:
        samples = make_samples(augmented, scaling, recipe, faces.votes)
        if recipe.features == ALL_FEATURES:
            samples = masked(samples, scaling, recipe)
    validation = make_samples(validation_faces(faces, recipe).with_face(), scaling, recipe, faces.votes)
    if recipe.network == RECURRENT:
        # Each still is a sequence of one.
        validation = replace(validation, targets=validation.targets[:, None])
    fitted = [
        fit(
            samples,
            validation,
            recipe,
            recipe.seed + i,
            checkpoints / str(i),
            weights=start.weights[i] if start else None,
            resume=resume,
        )
        for i in range(recipe.members)
    ]
    return Trained(fitted, scaling, len(samples.inputs))


def write_model(
    trained: Trained, faces: TrainingFaces, recipe: Recipe, output: Path, origin: dict[str, Any] | None = None
) -> ModelCard:
    """Export what `fit_recipe` trained; see `export.export`."""
    return export(
        [fitted.network for fitted in trained.fitted],
        trained.scaling,
        recipe,
        validation_faces(faces, recipe),
        output,
        {
            **(origin or {}),
            'recipe': asdict(recipe),
            'blendshapes': _blendshapes_used(recipe, trained.scaling),
            'repeatable': REPEATABLE,
            'n_samples': trained.n_samples,
            'lost': faces.lost_per_class(),
            'history': [fitted.history for fitted in trained.fitted],
            'versions': {name: version(name) for name in ('mediapipe', 'tensorflow', 'tf-keras')},
        },
        faces.validation_name,
    )


def _blendshapes_used(recipe: Recipe, scaling: Scaling) -> list[str]:
    if not recipe.features.startswith(BLENDSHAPES_ONLY):
        return []
    return [BLENDSHAPE_NAMES[i] for i in scaling.chosen if i < len(BLENDSHAPE_NAMES)]


def validation_faces(faces: TrainingFaces, recipe: Recipe) -> FaceDataset:
    """Those for validation that a recipe can read, detected or not; raises DatasetError when none was detected."""
    parts = [faces.validation, *([faces.own.of_role(Role.VALIDATION)] if faces.own else [])]
    joined = readable(FaceDataset.joined(parts), faces, recipe)
    if not joined.detected.any():
        raise DatasetError(f'FaceLandmarker finds no face in the {faces.validation_name} pictures')
    return joined
