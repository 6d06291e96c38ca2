"""Face → the vector of numbers a model is fed."""

from __future__ import annotations

import numpy as np

from blendfer_ros.contract import BLENDSHAPES_ONLY
from blendfer_ros.errors import FrameError
from blendfer_ros.face import Face, FloatArray


def join_features(blendshapes: FloatArray, geometry: FloatArray, feature_set: str) -> FloatArray:
    """Lay scores and geometry end to end.

    Args:
        blendshapes: (…, 52).
        geometry: (…, GEOMETRY_SIZE).
        feature_set: a key of `contract.FEATURE_SETS`.

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
        raise FrameError(f'face {face.face_id!r} comes without the landmark geometry this model needs')
    return join_features(face.blendshapes, face.geometry, feature_set)
