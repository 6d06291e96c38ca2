"""What FaceLandmarker finds, counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.fer2013 import EXPRESSIONS
from blendfer_ros.study.faces_overview import PAPER_LOST, blendshape_statistics, lost_faces


def test_lost_faces_are_counted_by_expression_beside_the_papers(faces: FaceDataset) -> None:
    lost = lost_faces(faces)
    assert [of.expression for of in lost] == list(EXPRESSIONS)
    assert [(of.lost, of.n) for of in lost] == [(0, 1)] * 6 + [(1, 1)]
    assert (lost[-1].paper_lost, lost[-1].share) == (261, 1.0)
    assert lost[-1].paper_share == pytest.approx(261 / 4965)


def test_the_paper_counts_the_whole_training_split() -> None:
    assert sum(n for _, n in PAPER_LOST.values()) == 28_709


def test_means_are_of_the_faces_of_an_emotion(faces: FaceDataset) -> None:
    statistics = blendshape_statistics(faces)
    np.testing.assert_array_equal(statistics.means[0], faces.blendshapes[EXPRESSIONS.index('happy')])
    unknown = [EXPRESSIONS.index(name) for name in ('angry', 'disgust', 'fear', 'surprise')]
    np.testing.assert_allclose(statistics.means[1], faces.blendshapes[unknown].mean(axis=0), rtol=1e-6)
    assert statistics.percentiles.shape == (5, 52)
    assert (np.diff(statistics.percentiles, axis=0) >= 0).all()
    assert list(statistics.as_json()) == list(BLENDSHAPE_NAMES)


def test_an_emotion_without_faces_has_means_of_zero(faces: FaceDataset) -> None:
    statistics = blendshape_statistics(replace(faces, labels=np.full(7, EXPRESSIONS.index('sad'))))
    assert not statistics.means[:2].any()
    assert statistics.means[2].any()


def test_the_most_different_blendshapes_come_first(faces: FaceDataset) -> None:
    faces.blendshapes[:] = 0.5
    faces.blendshapes[EXPRESSIONS.index('happy'), [44, 45]] = [0.75, 1.0]
    assert blendshape_statistics(faces).most_different(3) == [45, 44, 0]
