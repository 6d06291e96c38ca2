"""Predictions know their metrics and their worst."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blendfer_ros.datasets.faces import FaceDataset
from blendfer_ros.evaluation.stills.faces import predict_faces
from blendfer_ros.evaluation.stills.predictions import Predictions, predict


class Echo:
    """A model that answers with the first three features, and decides for sad when in doubt."""

    card = SimpleNamespace(decision_weights=(1.0, 1.0, 3.0), feature_set='blendshapes')

    def predict(self, features: np.ndarray) -> np.ndarray:
        return features[:3]


def test_the_worst_are_wrong_the_most_confident_first_and_equals_in_order(predictions: Predictions) -> None:
    assert list(predictions.worst(10).ids) == ['sure', 'unsure', 'as unsure']
    assert list(predictions.worst(2).ids) == ['sure', 'unsure']
    assert not len(predictions.worst(0).ids)


def test_each_row_of_the_worst_is_one_sample(predictions: Predictions) -> None:
    worst = predictions.worst(1)
    assert (worst.labels[0], worst.decisions[0]) == (0, 2)
    np.testing.assert_array_equal(worst.probabilities, predictions.probabilities[[3]])
    np.testing.assert_array_equal(worst.blendshapes, predictions.blendshapes[[3]])
    assert worst.confidences[0] == pytest.approx(0.9)


@given(st.data())
def test_no_mistake_left_out_is_worse_than_one_shown(data: st.DataObject) -> None:
    n = data.draw(st.integers(0, 20))
    k = data.draw(st.integers(0, 25))
    classes = st.lists(st.integers(0, 2), min_size=n, max_size=n)
    labels, decisions = (np.array(data.draw(classes), np.int64) for _ in range(2))
    probabilities = np.random.default_rng(n).dirichlet((1, 1, 1), n).astype(np.float32).reshape(n, 3)
    ids = np.array([str(i) for i in range(n)], np.str_)
    everything = Predictions(ids, labels, decisions, probabilities, np.zeros((n, 52), np.float32))
    worst = everything.worst(k)
    wrong = [i for i in range(n) if labels[i] != decisions[i]]
    assert len(worst.ids) == min(k, len(wrong))
    assert (worst.labels != worst.decisions).all()
    left_out = [everything.confidences[i] for i in wrong if str(i) not in set(worst.ids)]
    assert max(left_out, default=0.0) <= min(worst.confidences, default=1.0)


def test_metrics_are_those_of_the_rows(predictions: Predictions) -> None:
    metrics = predictions.metrics(8)
    assert (metrics.n, metrics.n_detected, metrics.accuracy) == (8, 5, 0.4)
    assert metrics.confusion == ((1, 1, 1), (1, 1, 0), (0, 0, 0))


def test_the_decision_is_the_models_own_weighted_one() -> None:
    model: Any = Echo()
    features = np.array([[0.5, 0.3, 0.2], [0.7, 0.2, 0.1]], np.float32)
    answer = predict(model, ['a', 'b'], np.array([2, 2]), np.zeros((2, 52), np.float32), features)
    assert list(answer.decisions) == [2, 0]
    np.testing.assert_array_equal(answer.probabilities, features)
    assert answer.confidences[0] == pytest.approx(0.2)


def test_pictures_without_a_face_count_in_n_alone() -> None:
    blendshapes = np.zeros((3, 52), np.float32)
    blendshapes[:, 0] = 1.0
    dataset = FaceDataset(
        image_ids=np.array(['a', 'b', 'c']),
        expressions=np.array([3, 3, 3]),
        splits=np.array(['PublicTest'] * 3),
        detected=np.array([True, False, True]),
        blendshapes=blendshapes,
        geometry=np.zeros((3, 0), np.float32),
    )
    model: Any = Echo()
    metrics = predict_faces(model, dataset).metrics(dataset.detected.size)
    assert (metrics.n, metrics.n_detected, metrics.accuracy) == (3, 2, 1.0)
