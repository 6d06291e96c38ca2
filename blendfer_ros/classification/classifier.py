"""What the estimator asks: faces in, probabilities out, whatever is behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from blendfer_ros.classification.card import ModelCard
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.face import Face, FloatArray


class Classifier(Protocol):
    """A loaded model that has been held against its card."""

    @property
    def card(self) -> ModelCard:
        """What it expects and promises."""

    def check(self, face: Face) -> None:
        """Raise FrameError when a face comes without what this model reads."""

    def predict(self, face: Face) -> FloatArray:
        """Calibrated probabilities of a face, (len(EMOTIONS),) float32 that sum to 1; errors as `check`."""

    def predict_many(self, faces: Sequence[Face]) -> FloatArray:
        """Those of several faces, (n, len(EMOTIONS)), the same as by `predict` of each in turn; sooner."""

    def answering(self, face: Face) -> Classifier:
        """Which one answers about a face: itself, or another where it comes without what this one reads."""

    def start(self) -> Classifier:
        """One to be asked about a single person, image by image; itself where every face is read for itself."""


def predict_by_each(models: Sequence[Classifier], faces: Sequence[Face]) -> FloatArray:
    """The probabilities of each face by the model beside it, (n, len(EMOTIONS)); each model is asked once."""
    probabilities = np.zeros((len(faces), len(EMOTIONS)), np.float32)
    rows_of: dict[int, list[int]] = {}
    for row, model in enumerate(models):
        rows_of.setdefault(id(model), []).append(row)
    for rows in rows_of.values():
        probabilities[rows] = models[rows[0]].predict_many([faces[row] for row in rows])
    return probabilities
