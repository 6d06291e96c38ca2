"""Asking a classifier about many images at once, before an estimator asks it about each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from blendfer_ros.classification.card import ModelCard
from blendfer_ros.classification.classifier import Classifier, predict_by_each
from blendfer_ros.core.errors import FrameError
from blendfer_ros.core.face import Face, FloatArray


class AskedAhead:
    """A classifier for recordings, whose next images are known: its answers are the same, and come sooner.

    `ask` is told of the faces that come next. Faces it was not told of, and models whose answers depend on earlier
    images, are asked about one at a time as ever.
    """

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._known: dict[int, tuple[Face, _Answering]] = {}
        self._probabilities: dict[int, FloatArray] = {}
        self._models: dict[int, _Answering] = {}

    @property
    def card(self) -> ModelCard:
        """See `Classifier`."""
        return self._classifier.card

    def ask(self, faces: Sequence[Face]) -> None:
        """Ask about these faces, in place of those of the last call."""
        self._known.clear()
        self._probabilities.clear()
        answering = [(face, model) for face in faces if (model := self._reading(face))]
        # The faces are kept, for an id is that of another object once they are gone.
        self._known.update((id(face), (face, model)) for face, model in answering)
        at_once = [(face, model.model) for face, model in answering if model.is_stateless]
        probabilities = predict_by_each([model for _, model in at_once], [face for face, _ in at_once])
        self._probabilities.update((id(face), row) for (face, _), row in zip(at_once, probabilities, strict=True))

    def check(self, face: Face) -> None:
        """See `Classifier`."""
        if id(face) not in self._known:
            self._classifier.check(face)

    def predict(self, face: Face) -> FloatArray:
        """See `Classifier`."""
        return self.answering(face).predict(face)

    def predict_many(self, faces: Sequence[Face]) -> FloatArray:
        """See `Classifier`."""
        return self._classifier.predict_many(faces)

    def answering(self, face: Face) -> Classifier:
        """See `Classifier`."""
        known = self._known.get(id(face))
        return known[1] if known else self._model(face)

    def start(self) -> Classifier:
        """See `Classifier`."""
        return self._classifier.start()

    def _reading(self, face: Face) -> _Answering | None:
        """What answers about a face; None where the estimator will be told by `check` why nothing does."""
        model = self._model(face)
        try:
            model.check(face)
        except FrameError:
            return None
        return model

    def _model(self, face: Face) -> _Answering:
        """What answers about a face; the same object each time, as it is where nobody asks ahead."""
        model = self._classifier.answering(face)
        if id(model) not in self._models:
            self._models[id(model)] = _Answering(model, self._probabilities)
        return self._models[id(model)]


class _Answering:
    """One of the models that answer. known: by a face's id."""

    def __init__(self, model: Classifier, known: Mapping[int, FloatArray]) -> None:
        self.model = model
        self.is_stateless = model.start() is model
        self._known = known

    @property
    def card(self) -> ModelCard:
        return self.model.card

    def check(self, face: Face) -> None:
        self.model.check(face)

    def predict(self, face: Face) -> FloatArray:
        known = self._known.get(id(face))
        return self.model.predict(face) if known is None else known

    def predict_many(self, faces: Sequence[Face]) -> FloatArray:
        return self.model.predict_many(faces)

    def answering(self, _face: Face) -> Classifier:
        return self

    def start(self) -> Classifier:
        return self if self.is_stateless else self.model.start()
