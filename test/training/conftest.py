"""What the training tests learn from."""

from __future__ import annotations

import pytest
from support.made_up_faces import made_up_faces

from blendfer_ros.training.train import Faces


@pytest.fixture(scope='session')
def faces() -> Faces:
    """Enough of each split to learn from in a second."""
    return Faces(
        training=made_up_faces('Training', 600, 1),
        turned=made_up_faces('Training', 600, 1),
        public_test=made_up_faces('PublicTest', 200, 2),
    )
