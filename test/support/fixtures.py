"""Fixtures for the rooms that score and draw: answers and a model whose mistakes are known beforehand."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.made_up_faces import made_up_pictures
from support.trained_on_scores import QUICK_BLENDFER, QUICK_CNN_LSTM, trained

from blendfer_ros.classification.backends import read_card
from blendfer_ros.classification.backends.features import FeaturesCard
from blendfer_ros.classification.features import BLENDSHAPES_ONLY
from blendfer_ros.core.answers import SAID, AnswerSeries
from blendfer_ros.core.assets import find_model, sha256_of
from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.fer2013 import EXPRESSIONS
from blendfer_ros.datasets.pictures import Role
from blendfer_ros.evaluation.stills.predictions import Predictions
from blendfer_ros.evaluation.streams.bag_answers import AnsweredBag, Cost, Stream
from blendfer_ros.study.faces_overview import blendshape_statistics, lost_faces
from blendfer_ros.study.scores import Measured, ModelFile, Score
from blendfer_ros.study.study import Study

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
    card = FeaturesCard(
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


@pytest.fixture
def faces() -> FaceDataset:
    """Seven pictures, one of each expression, named a to g; g has no face."""
    n = len(EXPRESSIONS)
    rng = np.random.default_rng(0)
    return replace(
        FaceDataset.empty(made_up_pictures(range(n), Role.TRAIN, 'abcdefg')),
        detected=np.arange(n) < n - 1,
        blendshapes=rng.uniform(0.0, 1.0, (n, N_SCORES)).astype(np.float32),
    )


@pytest.fixture
def card() -> FeaturesCard:
    """A card of a model that is not there."""
    return FeaturesCard(
        name='blendfer',
        sha256='0' * 64,
        feature_set=BLENDSHAPES_ONLY,
        chosen_features=(0, 1),
        input_shape=(1, 2, 1),
        mean=(0.0, 0.0),
        std=(1.0, 1.0),
        clip=6.0,
        temperature=1.0,
        decision_weights=(1.0,) * len(EMOTIONS),
    )


@pytest.fixture
def study(predictions: Predictions, faces: FaceDataset, card: FeaturesCard) -> Study:
    """One shipped model, a peer, and two ablations, all of which said the same."""
    score = Score(predictions.metrics(8), 0.5, 0.75, predictions)
    history = [[{'loss': 1.5, 'val_loss': 1.25}, {'loss': 1.0, 'val_loss': 1.125}]]
    file = ModelFile(replace(card, training={'history': history}), size_bytes=117_000, median_ms=0.05, p95_ms=0.0625)
    return Study(
        models=(Measured('blendfer', 'the first', score, score, file),),
        peer=Measured('fer 1', 'a package', score, score),
        ablations=tuple(Measured(name, f'shows {name}', score, score, file) for name in ('as it is', 'focal')),
        lost=lost_faces(faces),
        blendshapes=blendshape_statistics(faces),
        candidates=3,
        notes=('blendfer_paper is left out.',),
    )


@pytest.fixture
def made_bag() -> Callable[[Sequence[str]], AnsweredBag]:
    """A bag with these answers, two a second; those that are emotions are 0.8 sure."""

    def make(said: Sequence[str]) -> AnsweredBag:
        n = len(said)
        probabilities = np.full((n, len(EMOTIONS)), 0.1, np.float32)
        for row, name in zip(probabilities, said, strict=True):
            if name in EMOTIONS:
                row[EMOTIONS.index(name)] = 0.8
            else:
                row[:] = 0.0
        indices = np.array([SAID.index(name) for name in said], np.uint8)
        return AnsweredBag(
            topic='/blendshapes',
            first_stamp_ns=5_000_000_000,
            stream=Stream(n, n, {}, 0.5 * (n - 1), 0.5, 0, ()),
            n_people=1,
            series=(AnswerSeries(0.5 * np.arange(n), indices, probabilities),),
            damage=None,
            perception=Cost(9.25, 12.5),
            classification=Cost(0.25, 0.5),
        )

    return make


@pytest.fixture(scope='session')
def recurrent_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that is carried on from image to image, and reads the scores of NETWORK. Not to be changed."""
    return trained(QUICK_CNN_LSTM, tmp_path_factory.mktemp('recurrent') / 'small_cnn_lstm.tflite')


@pytest.fixture(scope='session')
def falling_back_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that reads the scores of NETWORK beside all else, and `second` answers without. Not to be changed."""
    folder = tmp_path_factory.mktemp('falling_back')
    second = find_model('blendfer_blendshapes')
    card = read_card(second.with_suffix('.json'))
    shutil.copy(second, folder / 'second.tflite')
    replace(card, name='second').write(folder / 'second.json')
    return trained(replace(QUICK_BLENDFER, fallback='second'), folder / 'first.tflite')
