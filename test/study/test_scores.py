"""Scores of predictions, and the times of a model, by hand."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from blendfer_ros.core.face import Face
from blendfer_ros.datasets.faces import FaceDataset
from blendfer_ros.evaluation.stills.predictions import Predictions
from blendfer_ros.study.scores import N_TIMED, N_WARM_UP, score, time_inference


def test_a_score_counts_pictures_without_a_face_in_n_alone(predictions: Predictions, faces: FaceDataset) -> None:
    measured = score(predictions, len(faces))
    assert (measured.metrics.n, measured.metrics.n_detected) == (7, 5)
    assert set(measured.as_json()) > {'accuracy', 'accuracy_most_sure_80', 'log_loss'}
    assert 'predictions' not in measured.as_json()
    assert measured == replace(measured, predictions=predictions.worst(1))


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
