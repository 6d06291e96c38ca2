"""Scores of predictions, and the times of a model, by hand."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from support.made_up_faces import made_up_pictures

from blendfer_ros.core.errors import DatasetError
from blendfer_ros.core.face import Face
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.fer2013 import EXPRESSIONS
from blendfer_ros.datasets.ferplus import COLUMNS, FerPlus
from blendfer_ros.datasets.pictures import Role
from blendfer_ros.evaluation.stills.predictions import Predictions
from blendfer_ros.study.scores import N_TIMED, N_WARM_UP, score, time_inference, voted_score


def ballot(**counts: int) -> tuple[int, ...]:
    return tuple(counts.get(column, 0) for column in COLUMNS)


def test_a_score_counts_pictures_without_a_face_in_n_alone(predictions: Predictions, faces: FaceDataset) -> None:
    measured = score(predictions, len(faces))
    assert (measured.metrics.n, measured.metrics.n_detected) == (7, 5)
    assert set(measured.as_json()) > {'accuracy', 'accuracy_most_sure_80', 'log_loss'}
    assert 'predictions' not in measured.as_json()
    assert measured == replace(measured, predictions=predictions.worst(1))


def test_votes_take_the_place_of_labels_and_a_picture_without_a_majority_is_left_out(predictions: Predictions) -> None:
    ids = [*predictions.ids, 'no face']
    pictures = made_up_pictures([EXPRESSIONS.index('happy')] * len(ids), Role.TEST, ids)
    votes = {
        'right': ballot(happiness=10),
        'unsure': ballot(neutral=6, happiness=4),
        'also right': ballot(neutral=5, sadness=5),
        'sure': ballot(sadness=9, neutral=1),
        'as unsure': ballot(NF=10),
        'no face': ballot(happiness=10),
    }
    of_labels = score(predictions, len(ids))
    voted = voted_score(of_labels, pictures, FerPlus(votes))
    assert list(voted.predictions.ids) == ['right', 'unsure', 'sure']
    assert (voted.metrics.n, voted.metrics.n_detected) == (4, 3)
    # What was wrong by the label is right by the votes.
    assert voted.metrics.confusion == ((1, 0, 0), (0, 1, 0), (0, 0, 1))
    assert voted.recall == (1.0, 1.0, 1.0)
    assert of_labels.metrics.accuracy == 0.4


def test_votes_on_other_pictures_are_refused(predictions: Predictions) -> None:
    pictures = made_up_pictures([0] * 5, Role.TEST, predictions.ids)
    with pytest.raises(DatasetError, match='FER\\+ has no majority for any of these pictures'):
        voted_score(score(predictions, 5), pictures, FerPlus({'somebody else': ballot(happiness=10)}))


def test_each_inference_is_timed_and_the_warm_up_left_out(make_face: Callable[..., Face]) -> None:
    class Slow:
        def __init__(self) -> None:
            self.shown: list[str] = []

        def predict(self, face: Face) -> None:
            self.shown.append(face.face_id)

    classifier: Any = Slow()
    ticks = itertools.count(step=250_000)
    times_ms = time_inference(classifier, [make_face('a'), make_face('b')], clock_ns=lambda: next(ticks))
    assert times_ms.shape == (N_TIMED,)
    assert set(times_ms) == {0.25}
    assert len(classifier.shown) == N_WARM_UP + N_TIMED
    assert classifier.shown[:3] == ['a', 'b', 'a']
