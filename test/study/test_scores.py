"""Scores of predictions, and the times of a model, by hand."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from blendfer_ros.datasets.faces import FaceDataset
from blendfer_ros.evaluation.stills.predictions import Predictions
from blendfer_ros.metrics.calibration import accuracy_of_most_sure, coverage_accuracy
from blendfer_ros.study.scores import N_TIMED, N_WARM_UP, score, time_inference


def test_the_most_sure_are_counted_first(predictions: Predictions) -> None:
    # By confidence: sure (wrong), also right, right, unsure (wrong), as unsure (wrong).
    np.testing.assert_allclose(coverage_accuracy(predictions), [0, 1 / 2, 2 / 3, 2 / 4, 2 / 5])
    assert accuracy_of_most_sure(predictions, 0.8) == pytest.approx(0.5)
    assert accuracy_of_most_sure(predictions, 0.0) == 0.0


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_the_most_sure_of_all_are_all(right: list[bool]) -> None:
    m = len(right)
    rng = np.random.default_rng(m)
    everything = Predictions(
        ids=np.array([str(i) for i in range(m)]),
        labels=np.zeros(m, np.int64),
        decisions=np.where(right, 0, 1),
        probabilities=rng.dirichlet((1, 1, 1), m).astype(np.float32),
        blendshapes=np.zeros((m, 52), np.float32),
    )
    assert accuracy_of_most_sure(everything, 1.0) == pytest.approx(np.mean(right))


def test_a_score_counts_pictures_without_a_face_in_n_alone(predictions: Predictions, faces: FaceDataset) -> None:
    measured = score(predictions, faces)
    assert (measured.metrics.n, measured.metrics.n_detected) == (7, 5)
    assert set(measured.as_json()) > {'accuracy', 'accuracy_most_sure_80', 'log_loss'}
    assert 'predictions' not in measured.as_json()
    assert measured == replace(measured, predictions=predictions.worst(1))


def test_each_inference_is_timed_and_the_warm_up_left_out() -> None:
    class Slow:
        def __init__(self) -> None:
            self.fed: list[float] = []

        def predict(self, features: np.ndarray) -> None:
            self.fed.append(float(features[0]))

    model: Any = Slow()
    ticks = itertools.count(step=250_000)
    times_ms = time_inference(model, np.array([[1.0], [2.0]], np.float32), clock_ns=lambda: next(ticks))
    assert times_ms.shape == (N_TIMED,)
    assert set(times_ms) == {0.25}
    assert len(model.fed) == N_WARM_UP + N_TIMED
    assert model.fed[:3] == [1.0, 2.0, 1.0]
