"""Two models: one for faces with all that it reads, the other for those that come without."""

from __future__ import annotations

from collections.abc import Sequence

from blendfer_ros.classification.card import ModelCard
from blendfer_ros.classification.classifier import Classifier, predict_by_each
from blendfer_ros.core.errors import FrameError
from blendfer_ros.core.face import Face, FloatArray


class WithFallback:
    """Answers by the first model wherever that can, otherwise by the second; its card is the first one's."""

    def __init__(self, first: Classifier, second: Classifier) -> None:
        self._first = first
        self._second = second

    @property
    def card(self) -> ModelCard:
        """See `Classifier`."""
        return self._first.card

    def check(self, face: Face) -> None:
        """See `Classifier`."""
        self.answering(face).check(face)

    def predict(self, face: Face) -> FloatArray:
        """See `Classifier`."""
        return self.answering(face).predict(face)

    def predict_many(self, faces: Sequence[Face]) -> FloatArray:
        """See `Classifier`."""
        return predict_by_each([self.answering(face) for face in faces], faces)

    def answering(self, face: Face) -> Classifier:
        """See `Classifier`."""
        try:
            self._first.check(face)
        except FrameError:
            return self._second.answering(face)
        return self._first

    def start(self) -> Classifier:
        """See `Classifier`; of a face it is to be asked about, start what is `answering`."""
        return self._first.start()
