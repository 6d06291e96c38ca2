"""Faces → training samples: which faces, which features, which targets, with which weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from blendfer_ros.classification.features import PARTS, parts_of, reads_expressions, size_of
from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.core.expressions import EXPRESSION_NAMES
from blendfer_ros.core.face import FloatArray
from blendfer_ros.core.landmarks import GEOMETRY_SIZE
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.ferplus import FerPlus
from blendfer_ros.datasets.pictures import Role
from blendfer_ros.metrics.classification import IntArray
from blendfer_ros.training.faces import TrainingFaces
from blendfer_ros.training.recipe import Recipe
from blendfer_ros.training.targets import with_targets

# Table 2 of the paper (arXiv:2501.13432): pictures of each expression taken from the Training split.
PAPER_COUNTS: Final = {'happy': 4000, 'sad': 4000, 'angry': 1500, 'fear': 1500, 'surprise': 1500, 'neutral': 1500}

# Standardised features are clipped to this many standard deviations.
FEATURE_CLIP: Final = 6.0


@dataclass(frozen=True)
class Scaling:
    """How a feature vector becomes a network's input: some of its entries, standardised.

    chosen: (k,) their indices. mean, std: (k,) of the training samples.
    """

    chosen: IntArray
    mean: FloatArray
    std: FloatArray

    def apply(self, features: FloatArray) -> FloatArray:
        """(n, m) feature vectors → (n, k)."""
        standardised = (features[:, self.chosen] - self.mean) / self.std
        return np.asarray(np.clip(standardised, -FEATURE_CLIP, FEATURE_CLIP), np.float32)


@dataclass(frozen=True)
class Samples:
    """What is trained on: inputs (n, k), targets (n, classes) that sum to 1, weights (n,)."""

    inputs: FloatArray
    targets: FloatArray
    weights: FloatArray


def choose_pictures(training: FaceDataset, recipe: Recipe) -> npt.NDArray[np.str_]:
    """The `sample_ids` to train on; with the paper's counts a choice that depends on the seed alone."""
    if recipe.counts == 'all':
        return training.sample_ids
    rng = np.random.default_rng(recipe.seed)
    chosen = [
        rng.permutation(training.sample_ids[training.labels == i])[: PAPER_COUNTS.get(name)]
        for i, name in enumerate(training.classes)
    ]
    return np.concatenate(chosen)


def augment(faces: TrainingFaces, recipe: Recipe) -> FaceDataset:
    """The chosen training faces, with the copies that the recipe wants, and people's own.

    Raises:
        DatasetError: no chosen picture has a face.
        ValueError: the recipe wants copies that were not loaded.
    """
    missing = [name for name in recipe.copies if name not in faces.copies]
    if missing and len(faces.training):
        raise ValueError(f'the recipe wants {missing[0]} copies, which were not loaded')
    ids = choose_pictures(faces.training, recipe)
    copies = [faces.training, *(faces.copies[name] for name in recipe.copies if name in faces.copies)]
    parts = [copy.where(copy.detected & np.isin(copy.sample_ids, ids)) for copy in copies]
    if faces.own:
        parts.append(faces.own.of_role(Role.TRAIN))
    found = FaceDataset.joined(parts)
    if not len(found):
        raise DatasetError('FaceLandmarker finds no face in the training pictures')
    found = readable(found, faces, recipe)
    if not len(found):
        raise DatasetError('these data are without expression scores: give pictures, or record them again')
    return FaceDataset.joined([found, found.mirrored()]) if recipe.mirrored else found


def readable(found: FaceDataset, faces: TrainingFaces, recipe: Recipe) -> FaceDataset:
    """Those of `found` that the recipe can read, and pictures without a face.

    Recordings of before perception looked at pixels, or with another network, lack expression scores of this one.
    """
    if not reads_expressions(recipe.features):
        return found
    model = _expression_model(faces)
    return found.where(~found.detected | ((found.expression_models == model) & bool(model)))


def _expression_model(faces: TrainingFaces) -> str:
    """Which network's scores are learnt from; empty where no face has any."""
    known = [model for model in faces.validation.expression_models if model]
    if faces.own:
        known += [model for model in faces.own.expression_models if model]
    return str(known[0]) if known else ''


def fit_scaling(faces: FaceDataset, training: FaceDataset, recipe: Recipe) -> Scaling:
    """Which features are used, and their mean and standard deviation over `faces`.

    Raises:
        DatasetError: no blendshape is relevant by the recipe's rule.
    """
    of_part: dict[str, Callable[[], IntArray]] = {
        'blendshapes': lambda: relevant_blendshapes(training, recipe),
        # Geometry is x, y, z of each landmark in turn.
        'geometry': lambda: np.flatnonzero(np.arange(GEOMETRY_SIZE) % 3 < (3 if recipe.depth else 2)),
        'expressions': lambda: np.arange(len(EXPRESSION_NAMES)),
    }
    names = parts_of(recipe.features)
    begins = np.cumsum([0, *(PARTS[name].size for name in names)])
    chosen = np.concatenate([begin + of_part[name]() for name, begin in zip(names, begins, strict=False)])
    if not chosen.size:
        raise DatasetError(f'no blendshape exceeds {recipe.relevant_above} in more than {recipe.relevant_in} pictures')
    features = faces.features(recipe.features)[:, chosen]
    return Scaling(chosen, features.mean(axis=0), features.std(axis=0) + np.finfo(np.float32).eps)


def relevant_blendshapes(training: FaceDataset, recipe: Recipe) -> IntArray:
    """Indices of the blendshapes above `relevant_above` in more than `relevant_in` pictures (paper, section 4.1)."""
    if not recipe.relevant_above:
        return np.arange(len(BLENDSHAPE_NAMES))
    return np.flatnonzero((training.blendshapes > recipe.relevant_above).sum(axis=0) > recipe.relevant_in)


def make_samples(faces: FaceDataset, scaling: Scaling, recipe: Recipe, votes: FerPlus | None = None) -> Samples:
    """Inputs, targets and weights of those faces that can be learnt from; raises DatasetError like `with_targets`."""
    faces, targets = with_targets(faces, recipe, votes)
    return Samples(
        inputs=scaling.apply(faces.features(recipe.features)),
        targets=targets,
        weights=_weights(faces.emotion_labels, recipe),
    )


def masked(samples: Samples, scaling: Scaling, recipe: Recipe) -> Samples:
    """The samples, of which some come without expression scores and others without anything else: at their mean, 0.

    So that a network learns to rely on neither alone, of which the scores are better on pictures their own network was
    trained on than they ever are elsewhere (after ModDrop: Neverova et al. 2015, arXiv:1501.00102).
    """
    first = size_of(recipe.features) - len(EXPRESSION_NAMES)
    are_scores = scaling.chosen >= first
    drawn = np.random.default_rng(recipe.seed).random(len(samples.inputs))[:, None]
    hidden = np.where(drawn < recipe.masked, are_scores, (drawn > 1.0 - recipe.masked) & ~are_scores)
    return replace(samples, inputs=np.where(hidden, np.float32(0.0), samples.inputs))


def _weights(emotions: IntArray, recipe: Recipe) -> FloatArray:
    """Ones, or balanced: every emotion has the same total weight, and the mean is 1."""
    if recipe.class_weights == 'none':
        return np.ones(len(emotions), np.float32)
    counts = np.bincount(emotions, minlength=len(EMOTIONS))
    present = np.count_nonzero(counts)
    return np.asarray(len(emotions) / (present * np.maximum(counts, 1))[emotions], np.float32)
