"""Face → the vector of numbers a model is fed."""

from __future__ import annotations

from typing import Final

import numpy as np

from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.errors import FrameError, SkipReason
from blendfer_ros.core.face import Face, FloatArray
from blendfer_ros.core.landmarks import GEOMETRY_SIZE

# What a classifier may be fed, and how many numbers that is.
BLENDSHAPES_ONLY: Final = 'blendshapes'
BLENDSHAPES_AND_GEOMETRY: Final = 'blendshapes+geometry'
FEATURE_SETS: Final[dict[str, int]] = {
    BLENDSHAPES_ONLY: len(BLENDSHAPE_NAMES),
    BLENDSHAPES_AND_GEOMETRY: len(BLENDSHAPE_NAMES) + GEOMETRY_SIZE,
}


def join_features(blendshapes: FloatArray, geometry: FloatArray, feature_set: str) -> FloatArray:
    """Lay scores and geometry end to end.

    Args:
        blendshapes: (…, 52).
        geometry: (…, GEOMETRY_SIZE).
        feature_set: a key of `FEATURE_SETS`.

    Returns:
        (…, FEATURE_SETS[feature_set]).
    """
    if feature_set == BLENDSHAPES_ONLY:
        return blendshapes
    return np.concatenate([blendshapes, geometry], axis=-1)


def feature_vector(face: Face, feature_set: str) -> FloatArray:
    """The features of one face, (FEATURE_SETS[feature_set],) float32.

    Raises:
        FrameError: the face lacks the landmark geometry asked for.
    """
    if feature_set != BLENDSHAPES_ONLY and not face.geometry.size:
        text = f'face {face.face_id!r} comes without the landmark geometry this model needs'
        raise FrameError(SkipReason.MISSING_GEOMETRY, text)
    return join_features(face.blendshapes, face.geometry, feature_set)
