"""Face → the vector of numbers a model is fed, from parts that a feature set names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.errors import FrameError, ModelError, SkipReason
from blendfer_ros.core.expressions import EXPRESSION_NAMES
from blendfer_ros.core.face import Face, FloatArray
from blendfer_ros.core.landmarks import GEOMETRY_SIZE


@dataclass(frozen=True)
class FeaturePart:
    """Some of the numbers known of a face.

    of: gives them, (size,) float32, or an empty array where the face comes without them. what: for people.
    """

    size: int
    of: Callable[[Face], FloatArray]
    what: str


# By name; data sets of faces have a column of the same name for each.
PARTS: Final[dict[str, FeaturePart]] = {
    'blendshapes': FeaturePart(len(BLENDSHAPE_NAMES), lambda face: face.blendshapes, 'blendshapes'),
    'geometry': FeaturePart(GEOMETRY_SIZE, lambda face: face.geometry, 'landmark geometry'),
    'expressions': FeaturePart(len(EXPRESSION_NAMES), lambda face: face.expression_scores, 'expression scores'),
}

# A feature set is the names of its parts, in order.
SEPARATOR: Final = '+'
BLENDSHAPES_ONLY: Final = 'blendshapes'
BLENDSHAPES_AND_GEOMETRY: Final = 'blendshapes+geometry'
# Those that models can be trained on.
EXPRESSIONS_ONLY: Final = 'expressions'
ALL_FEATURES: Final = 'blendshapes+geometry+expressions'
FEATURE_SETS: Final = (BLENDSHAPES_ONLY, BLENDSHAPES_AND_GEOMETRY, EXPRESSIONS_ONLY, ALL_FEATURES)


def parts_of(feature_set: str) -> tuple[str, ...]:
    """The names of its parts; raises ModelError when one is not known."""
    names = tuple(feature_set.split(SEPARATOR))
    for name in names:
        if name not in PARTS:
            raise ModelError(
                f'feature_set is {feature_set!r}, expected parts of {", ".join(PARTS)} joined by {SEPARATOR}'
            )
    return names


def reads_expressions(feature_set: str) -> bool:
    """Whether it has expression scores in it; raises ModelError like `parts_of`."""
    return EXPRESSIONS_ONLY in parts_of(feature_set)


def size_of(feature_set: str) -> int:
    """How many numbers it has; raises ModelError like `parts_of`."""
    return sum(PARTS[name].size for name in parts_of(feature_set))


class FeatureReader:
    """Reads the numbers of a feature set off faces."""

    def __init__(self, feature_set: str) -> None:
        """Raises ModelError like `parts_of`."""
        self._parts = [PARTS[name] for name in parts_of(feature_set)]
        self._size = sum(part.size for part in self._parts)

    def check(self, face: Face) -> None:
        """Raise FrameError when the face comes without a part."""
        for part in self._parts:
            if not part.of(face).size:
                text = f'face {face.face_id!r} comes without the {part.what} this model needs'
                raise FrameError(SkipReason.MISSING_FEATURES, text)

    def read(self, faces: Sequence[Face]) -> FloatArray:
        """The features of each face, (n, size_of(feature_set)) float32; raises FrameError like `check`."""
        numbers = [part.of(face) for face in faces for part in self._parts]
        features = np.concatenate(numbers) if numbers else np.zeros(0, np.float32)
        if features.size != len(faces) * self._size:
            for face in faces:
                self.check(face)
        return features.reshape(-1, self._size)
