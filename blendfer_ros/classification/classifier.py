"""What the estimator asks: faces in, probabilities out, whatever is behind it."""

from __future__ import annotations

from typing import Protocol

from blendfer_ros.classification.card import ModelCard
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

    def answering(self, face: Face) -> Classifier:
        """Which one answers about a face: itself, or another where it comes without what this one reads."""

    def start(self) -> Classifier:
        """One to be asked about a single person, image by image; itself where every face is read for itself."""
