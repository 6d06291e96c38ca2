"""`blendfer train`: FER2013 → a quantised model and its card."""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from blendfer_ros.classification.card import ModelCard
from blendfer_ros.core.assets import BUNDLE_SHA256
from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.errors import BlendferError, DatasetError
from blendfer_ros.core.files import make_folder
from blendfer_ros.datasets.faces import ROTATED, FaceDataset, load_faces
from blendfer_ros.datasets.pictures import PictureDataset, Role
from blendfer_ros.training.export import export
from blendfer_ros.training.fitting import Fitted, fit
from blendfer_ros.training.recipe import Recipe
from blendfer_ros.training.samples import Samples, Scaling, augmented, fit_scaling, make_samples

# Goes into the card. Other processors round differently, which does to the metrics what another seed does.
REPEATABLE = 'same options, versions and processor: the same file; other processors or seeds: metrics within 0.01'


@dataclass(frozen=True)
class Faces:
    """What FaceLandmarker makes of a data set, as far as training may know it.

    rotated: the training pictures rotated; row for row those of `training`. None where no recipe wants them.
    validation_name: what the data set calls its validation split.
    """

    training: FaceDataset
    rotated: FaceDataset | None
    validation: FaceDataset
    validation_name: str

    def lost_per_class(self) -> dict[str, dict[str, int]]:
        """How many pictures have no face, by part and class."""
        parts = {'training': self.training, 'rotated': self.rotated, 'validation': self.validation}
        return {name: part.lost_per_class() for name, part in parts.items() if part is not None}


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


def load_training_faces(dataset: PictureDataset, bundle: Path, *, rotated: bool) -> Faces:
    """Run FaceLandmarker on what training needs of a data set, or take it from the cache; errors as `load_faces`.

    Args:
        dataset: the pictures.
        bundle: the FaceLandmarker bundle.
        rotated: whether rotated copies are needed, which take as long as the training pictures themselves.
    """
    return Faces(
        training=load_faces(dataset, bundle, roles=[Role.TRAIN]),
        rotated=load_faces(dataset, bundle, ROTATED, roles=[Role.TRAIN]) if rotated else None,
        validation=load_faces(dataset, bundle, roles=[Role.VALIDATION]),
        validation_name=dataset.split_name(Role.VALIDATION),
    )


def provenance(dataset: PictureDataset) -> dict[str, Any]:
    """What a card says of the pictures and of what looked at them; only those in one file have a SHA-256."""
    return {
        'data': dataset.name,
        'data_sha256': dataset.identity if isinstance(dataset.identity, str) else None,
        'face_landmarker_sha256': BUNDLE_SHA256,
    }


def train(dataset: PictureDataset, output: Path, bundle: Path, recipe: Recipe, *, resume: bool = False) -> ModelCard:
    """Train on the training split, choose epochs and calibrate on the validation split, write `output` and its card.

    While it trains, checkpoints are in a folder beside `output`; they are removed when it is written.

    Args:
        dataset: FER2013, or another with the same classes.
        output: the `.tflite` file to write.
        bundle: the FaceLandmarker bundle.
        recipe: what to train and how.
        resume: go on with the checkpoints of an interrupted training.

    Raises:
        DatasetError: the data set cannot be read, or a split has no face.
        BlendferError: TensorFlow is not installed, or the checkpoints are of another recipe.
    """
    require_tensorflow()
    faces = load_training_faces(dataset, bundle, rotated=recipe.rotated)
    return train_on(faces, output, recipe, provenance(dataset), resume=resume)


def train_on(faces: Faces, output: Path, recipe: Recipe, origin: dict[str, Any], *, resume: bool = False) -> ModelCard:
    """`train` with faces already loaded, and `origin` as `provenance` gives it; errors as `fit_recipe`."""
    make_folder(output.parent)
    checkpoints = checkpoints_of(output)
    trained = fit_recipe(faces, recipe, checkpoints, resume=resume)
    card = write_model(trained, faces, recipe, output, origin)
    shutil.rmtree(checkpoints)
    return card


def checkpoints_of(output: Path) -> Path:
    """The folder beside `output` in which an unfinished training is kept."""
    return output.with_suffix('.checkpoints')


def fit_recipe(faces: Faces, recipe: Recipe, checkpoints: Path, *, resume: bool = False) -> Trained:
    """Train the networks of a recipe.

    Raises:
        DatasetError: no training picture, or no validation picture, has a face.
        BlendferError: see `fitting.fit`.
    """
    import tf_keras

    # Layer names end up in the file; counted from one each time, the same training gives the same file.
    tf_keras.backend.reset_uids()
    samples_of = augmented(faces.training, faces.rotated, recipe)
    scaling = fit_scaling(samples_of, faces.training, recipe)
    samples = make_samples(samples_of, scaling, recipe)
    validation = _validation(faces, scaling, recipe)
    fitted = [
        fit(samples, validation, recipe, recipe.seed + i, checkpoints / str(i), resume=resume)
        for i in range(recipe.members)
    ]
    return Trained(fitted, scaling, len(samples.inputs))


def write_model(
    trained: Trained, faces: Faces, recipe: Recipe, output: Path, origin: dict[str, Any] | None = None
) -> ModelCard:
    """Export what `fit_recipe` trained; see `export.export`."""
    return export(
        [fitted.network for fitted in trained.fitted],
        trained.scaling,
        recipe,
        faces.validation,
        output,
        {
            **(origin or {}),
            'recipe': asdict(recipe),
            'blendshapes': [BLENDSHAPE_NAMES[i] for i in trained.scaling.chosen if i < len(BLENDSHAPE_NAMES)],
            'repeatable': REPEATABLE,
            'n_samples': trained.n_samples,
            'lost': faces.lost_per_class(),
            'history': [fitted.history for fitted in trained.fitted],
            'versions': {name: version(name) for name in ('mediapipe', 'tensorflow', 'tf-keras')},
        },
        faces.validation_name,
    )


def _validation(faces: Faces, scaling: Scaling, recipe: Recipe) -> Samples:
    found = faces.validation.with_face()
    if not len(found):
        raise DatasetError(f'FaceLandmarker finds no face in the {faces.validation_name} pictures')
    return make_samples(found, scaling, recipe)
