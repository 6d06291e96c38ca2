"""Predictions know their metrics and their worst."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.made_up_faces import made_up_pictures

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.core.assets import find_model
from blendfer_ros.core.errors import DatasetError, FrameError
from blendfer_ros.core.face import Face, FloatArray
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.fer2013 import EXPRESSIONS
from blendfer_ros.datasets.pictures import Role
from blendfer_ros.evaluation.stills.predictions import Predictions, predict


class Echo:
    """A classifier that answers with the first three blendshapes, and decides for sad when in doubt."""

    card: Any = SimpleNamespace(decision_weights=(1.0, 1.0, 3.0))

    def check(self, face: Face) -> None:
        """It needs nothing."""

    def predict(self, face: Face) -> FloatArray:
        return face.blendshapes[:3]

    def predict_many(self, faces: Sequence[Face]) -> FloatArray:
        return np.array([self.predict(face) for face in faces])

    def answering(self, face: Face) -> Echo:
        return self

    def start(self) -> Echo:
        return self


def faces_with(scores: list[list[float]], emotions: list[str]) -> FaceDataset:
    """Pictures a, b and so on, with these first three blendshapes, labelled with these expressions."""
    blendshapes = np.zeros((len(scores), 52), np.float32)
    blendshapes[:, :3] = scores
    labels = [EXPRESSIONS.index(emotion) for emotion in emotions]
    pictures = made_up_pictures(labels, Role.TEST, [chr(ord('a') + i) for i in range(len(scores))])
    return replace(FaceDataset.empty(pictures), detected=np.ones(len(scores), np.bool_), blendshapes=blendshapes)


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


def test_relabelled_predictions_are_those_with_a_new_label_in_their_order(predictions: Predictions) -> None:
    relabelled = predictions.relabelled({'sure': 2, 'right': 1, 'somebody else': 0})
    assert list(relabelled.ids) == ['right', 'sure']
    assert list(relabelled.labels) == [1, 2]
    for name in ('decisions', 'probabilities', 'blendshapes'):
        np.testing.assert_array_equal(getattr(relabelled, name), getattr(predictions, name)[[0, 3]])
    assert list(relabelled.correct) == [False, True]
    assert list(predictions.labels) == [0, 0, 1, 0, 1]
    assert not len(predictions.relabelled({}).ids)


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
    scores = [[0.5, 0.3, 0.2], [0.7, 0.2, 0.1]]
    answer = predict(Echo(), faces_with(scores, ['sad', 'sad']))
    assert list(answer.ids) == ['a', 'b']
    assert list(answer.labels) == [2, 2]
    assert list(answer.decisions) == [2, 0]
    np.testing.assert_array_equal(answer.probabilities, np.array(scores, np.float32))
    assert answer.confidences[0] == pytest.approx(0.2)


def test_expressions_count_as_their_emotions_and_blendshapes_stay_with_their_picture() -> None:
    faces = faces_with([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], ['fear', 'happy', 'disgust'])
    answer = predict(Echo(), faces)
    assert list(answer.labels) == [1, 0, 1]
    assert list(answer.decisions) == [0, 1, 2]
    np.testing.assert_array_equal(answer.blendshapes, faces.blendshapes)


def test_pictures_without_a_face_count_in_n_alone() -> None:
    faces = replace(faces_with([[1.0, 0.0, 0.0]] * 3, ['happy'] * 3), detected=np.array([True, False, True]))
    answer = predict(Echo(), faces)
    assert list(answer.ids) == ['a', 'c']
    metrics = answer.metrics(len(faces))
    assert (metrics.n, metrics.n_detected, metrics.accuracy) == (3, 2, 1.0)


def test_without_a_face_there_is_nothing_to_predict() -> None:
    nobody = replace(faces_with([[0.0] * 3] * 2, ['sad'] * 2), detected=np.zeros(2, np.bool_))
    with pytest.raises(
        DatasetError, match='no face in any of the 2 pictures: give pictures that show a face from the front'
    ):
        predict(Echo(), nobody)


def test_faces_without_what_the_model_reads_are_refused() -> None:
    bare = FaceDataset.of_blendshapes(['a'], np.array([0]), np.zeros((1, 52), np.float32))
    with pytest.raises(FrameError, match="face 'a' comes without the landmark geometry"):
        predict(load_classifier(find_model('blendfer')), bare)
