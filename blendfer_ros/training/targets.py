"""The targets of training: labels, the distribution of votes, a mixture of both, and what a teacher says."""

from __future__ import annotations

from typing import Final

import numpy as np

from blendfer_ros.core.errors import DatasetError
from blendfer_ros.core.face import FloatArray
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.fer2013 import EXPRESSIONS
from blendfer_ros.datasets.ferplus import COLUMN_TO_EXPRESSION, FerPlus
from blendfer_ros.datasets.pictures import classes_to_emotions
from blendfer_ros.training.recipe import Recipe

# The weight of the label against that of the votes.
LABEL_SHARES: Final = {'fer2013': 1.0, 'mixture': 0.5, 'ferplus': 0.0}


def with_targets(faces: FaceDataset, recipe: Recipe, votes: FerPlus | None) -> tuple[FaceDataset, FloatArray]:
    """The faces that a recipe can be trained on, and their targets.

    Returns:
        n faces, where votes are used without those that got no vote for an expression, and (n, classes) targets.

    Raises:
        DatasetError: votes are used, and there are none.
    """
    # Distillation: Hinton et al. 2015 (arXiv:1503.02531).
    label_share = LABEL_SHARES[recipe.targets]
    targets = np.eye(len(faces.classes), dtype=np.float32)[faces.labels]
    if label_share < 1.0:
        if votes is None:
            raise DatasetError(f'targets {recipe.targets} need the votes of FER+: give them with --ferplus')
        voted = targets.copy()
        usable = np.ones(len(faces), np.bool_)
        for i, sample_id in enumerate(map(str, faces.sample_ids)):
            # Users' own faces have no votes.
            if sample_id in votes.votes:
                share = votes.distribution(sample_id)
                usable[i] = share is not None
                voted[i] = voted[i] if share is None else share
        faces = faces.where(usable)
        targets = (label_share * targets + (1.0 - label_share) * voted)[usable]
    if recipe.distilled:
        taught = (faces.expression_models != '')[:, None]
        told = recipe.distilled * taught
        targets = (1.0 - told) * targets + told * expression_shares(faces.expressions)
    if recipe.classes == 'emotions':
        targets = targets @ classes_to_emotions(faces.emotions)
    return faces, np.asarray(targets, np.float32)


def expression_shares(scores: FloatArray) -> FloatArray:
    """(n, 7) probabilities of FER2013's expressions from (n, 15) expression scores: the mean of both heads."""
    probabilities = np.exp(scores)
    labels, votes = probabilities[:, : len(EXPRESSIONS)], probabilities[:, len(EXPRESSIONS) :]
    return np.asarray((labels + votes @ COLUMN_TO_EXPRESSION) / 2.0, np.float32)
