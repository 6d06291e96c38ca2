"""What the training tests learn from."""

from __future__ import annotations

import pytest
from support.made_up_faces import made_up_faces

from blendfer_ros.datasets.pictures import Role
from blendfer_ros.training.faces import TrainingFaces


@pytest.fixture(scope='session')
def faces() -> TrainingFaces:
    """Enough of each split to learn from in a second."""
    return TrainingFaces(
        training=made_up_faces(Role.TRAIN, 600, 1),
        validation=made_up_faces(Role.VALIDATION, 200, 2),
        validation_name='PublicTest',
        copies={'rotated': made_up_faces(Role.TRAIN, 600, 1)},
    )
