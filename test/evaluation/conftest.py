"""Answers and a model whose mistakes are known beforehand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from blendfer_ros.assets import sha256_of
from blendfer_ros.classification.card import ModelCard
from blendfer_ros.contract import BLENDSHAPE_NAMES, BLENDSHAPES_ONLY, EMOTIONS
from blendfer_ros.evaluation.predictions import Predictions

N_SCORES = len(BLENDSHAPE_NAMES)
SMILE = BLENDSHAPE_NAMES.index('mouthSmileLeft')
FROWN = BLENDSHAPE_NAMES.index('mouthFrownLeft')


@pytest.fixture
def predictions() -> Predictions:
    """Five: two right, and three wrong with 0.5, 0.9 and 0.5."""
    blendshapes = np.zeros((5, N_SCORES), np.float32)
    blendshapes[:, SMILE] = 0.75
    blendshapes[3, FROWN] = 0.875
    return Predictions(
        ids=np.array(['right', 'unsure', 'also right', 'sure', 'as unsure']),
        labels=np.array([0, 0, 1, 0, 1]),
        decisions=np.array([0, 1, 1, 2, 0]),
        probabilities=np.array(
            [[0.7, 0.2, 0.1], [0.4, 0.5, 0.1], [0.1, 0.8, 0.1], [0.05, 0.05, 0.9], [0.5, 0.4, 0.1]], np.float32
        ),
        blendshapes=blendshapes,
    )


@pytest.fixture(scope='session')
def blendshapes_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of blendshapes alone: a smile above 0.5 is happy, a frown above 0.5 sad, unless both are."""
    tf = pytest.importorskip('tensorflow', reason='needs TensorFlow: pip install blendfer_ros[train]')
    weights = np.zeros((N_SCORES, len(EMOTIONS)), np.float32)
    weights[SMILE, EMOTIONS.index('happy')] = weights[FROWN, EMOTIONS.index('sad')] = 8.0
    bias = np.array([0.0, 4.0, 0.0], np.float32)

    @tf.function(input_signature=[tf.TensorSpec((1, N_SCORES, 1), tf.float32)])
    def answer(features: object) -> object:
        return tf.nn.softmax(tf.reshape(features, (1, N_SCORES)) @ weights + bias)

    path = tmp_path_factory.mktemp('model') / 'smile_or_frown.tflite'
    path.write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([answer.get_concrete_function()]).convert())
    card = ModelCard(
        name=path.stem,
        sha256=sha256_of(path),
        feature_set=BLENDSHAPES_ONLY,
        chosen_features=tuple(range(N_SCORES)),
        input_shape=(1, N_SCORES, 1),
        mean=(0.0,) * N_SCORES,
        std=(1.0,) * N_SCORES,
        clip=6.0,
        temperature=1.0,
        decision_weights=(1.0,) * len(EMOTIONS),
    )
    card.write(path.with_suffix('.json'))
    return path
