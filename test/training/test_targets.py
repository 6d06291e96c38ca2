"""What is to be learnt of each face: its label, the votes, or half of each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.made_up_faces import made_up_pictures

from blendfer_ros.core.errors import DatasetError
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.fer2013 import EXPRESSIONS
from blendfer_ros.datasets.ferplus import COLUMNS, FerPlus
from blendfer_ros.datasets.pictures import Role
from blendfer_ros.training.recipe import Recipe
from blendfer_ros.training.targets import with_targets

HAPPY, SAD, NEUTRAL = (EXPRESSIONS.index(name) for name in ('happy', 'sad', 'neutral'))


def ballot(**counts: int) -> tuple[int, ...]:
    return tuple(counts.get(column, 0) for column in COLUMNS)


@pytest.fixture
def faces() -> FaceDataset:
    """Two that were voted on, one that nobody took for an expression, and one of somebody's own."""
    pictures = made_up_pictures([HAPPY, SAD, SAD, NEUTRAL], Role.TRAIN, ['joy', 'torn', 'nothing', 'own'])
    return FaceDataset.empty(pictures)


@pytest.fixture
def votes() -> FerPlus:
    return FerPlus(
        {'joy': ballot(happiness=10), 'torn': ballot(sadness=5, neutral=3, unknown=2), 'nothing': ballot(NF=10)}
    )


def test_labels_are_certain(faces: FaceDataset) -> None:
    learnt, targets = with_targets(faces, Recipe(targets='fer2013'), None)
    assert len(learnt) == 4
    np.testing.assert_array_equal(targets, np.eye(7)[faces.labels])


@pytest.mark.parametrize(('targets', 'share'), [('ferplus', 0.0), ('mixture', 0.5)])
def test_votes_count_as_they_were_shared_out(targets: str, share: float, faces: FaceDataset, votes: FerPlus) -> None:
    learnt, wanted = with_targets(faces, Recipe(targets=targets), votes)
    assert list(learnt.sample_ids) == ['joy', 'torn', 'own']
    torn = np.zeros(7)
    torn[[SAD, NEUTRAL]] = share + (1.0 - share) * 0.625, (1.0 - share) * 0.375
    np.testing.assert_allclose(wanted, [np.eye(7)[HAPPY], torn, np.eye(7)[NEUTRAL]], atol=1e-6)
    np.testing.assert_allclose(wanted.sum(axis=1), 1.0, atol=1e-6)


def test_targets_of_emotions_are_sums_of_those_of_expressions(faces: FaceDataset, votes: FerPlus) -> None:
    _, wanted = with_targets(faces, Recipe(targets='ferplus', classes='emotions'), votes)
    np.testing.assert_allclose(wanted, [[1.0, 0.0, 0.0], [0.0, 0.375, 0.625], [0.0, 1.0, 0.0]], atol=1e-6)


def test_votes_that_are_wanted_and_not_given_are_refused(faces: FaceDataset) -> None:
    with pytest.raises(DatasetError, match='targets mixture need the votes of FER\\+: give them with --ferplus'):
        with_targets(faces, Recipe(targets='mixture'), None)


def test_the_faces_themselves_are_left_alone(faces: FaceDataset, votes: FerPlus) -> None:
    before = replace(faces, labels=faces.labels.copy())
    with_targets(faces, Recipe(targets='ferplus'), votes)
    np.testing.assert_array_equal(faces.labels, before.labels)
