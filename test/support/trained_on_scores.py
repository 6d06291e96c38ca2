"""Small models that read expression scores, trained on made-up ones in seconds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.made_up_faces import made_up_faces
from support.scored_faces import NETWORK, log_scores

from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.fer2013 import EXPRESSIONS
from blendfer_ros.datasets.ferplus import FerPlus
from blendfer_ros.datasets.pictures import Role
from blendfer_ros.training.faces import TrainingFaces
from blendfer_ros.training.pixels.sequences import LOOKS
from blendfer_ros.training.recipe import RECIPES, Recipe

# Of the shipped recipes, as much as made-up scores need.
QUICK_CNN_LSTM = replace(RECIPES['cnn_lstm'], units=16, epochs=4, batch_size=64, learning_rate=2e-2)
QUICK_BLENDFER = replace(
    RECIPES['blendfer'],
    network='dense',
    rotated=False,
    small=False,
    members=1,
    units=16,
    epochs=4,
    batch_size=64,
    learning_rate=1e-2,
)


def with_scores(faces: FaceDataset, network: str, seed: int) -> FaceDataset:
    """The faces as seen by a network that is right but not sure."""
    rng = np.random.default_rng(seed)
    scores = np.array([_seen(EXPRESSIONS[label], rng) for label in faces.labels], np.float32)
    return replace(
        faces,
        expressions=np.where(faces.detected[:, None], scores, np.float32(0.0)),
        expression_models=np.where(faces.detected, network, ''),
    )


def scored_training(network: str = NETWORK, n: int = 400) -> TrainingFaces:
    """Faces with scores and what sequences are made from."""
    training = with_scores(made_up_faces(Role.TRAIN, n, 1), network, 1)
    rng = np.random.default_rng(2)
    noise = rng.normal(0.0, 0.1, (len(training), LOOKS, training.expressions.shape[1])).astype(np.float32)
    return TrainingFaces(
        training=training,
        validation=with_scores(made_up_faces(Role.VALIDATION, n // 2, 3), network, 3),
        validation_name='PublicTest',
        votes=FerPlus({}),
        varied=np.where(training.detected[:, None, None], training.expressions[:, None] + noise, np.float32(0.0)),
    )


def trained(recipe: Recipe, output: Path, network: str = NETWORK) -> Path:
    """Train by a recipe; `output` with its card."""
    pytest.importorskip('tf_keras', reason='needs TensorFlow and tf_keras: pip install blendfer_ros[train]')
    from blendfer_ros.training.train import train_on

    train_on(scored_training(network), output, recipe, {})
    return output


def _seen(expression: str, rng: np.random.Generator) -> np.ndarray:
    sure = rng.uniform(0.6, 0.9)
    happy, sad = sure * (expression == 'happy'), sure * (expression == 'sad')
    return log_scores(happy, sad) + rng.normal(0.0, 0.1, 15)
