"""A quantised network (TFLite) that reads the numbers known of one face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

import numpy as np

from blendfer_ros.classification.card import ModelCard
from blendfer_ros.classification.features import FeatureReader, reads_expressions, size_of
from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.errors import FrameError, ModelError, SkipReason, check_name, one_line, shown
from blendfer_ros.core.face import Face, FloatArray
from blendfer_ros.core.landmarks import GEOMETRY_LANDMARKS
from blendfer_ros.core.probabilities import calibrate
from blendfer_ros.core.tflite import TfliteFile

FEATURES: Final = 'features'


@dataclass(frozen=True, kw_only=True)
class FeaturesCard(ModelCard):
    """The card of a model that reads a feature vector.

    feature_set: as `features.parts_of` takes it.
    chosen_features: which entries of the feature vector the network is fed, in this order.
    input_shape: (1, time steps, values per step), filled row by row from them.
    mean, std, clip: they enter the network as clamp((x - mean) / std, -clip, clip).
    expression_model: which network's expression scores it reads, see `Face`; empty: none.
    fallback: the name of the model beside it that answers where there are no such scores; empty: none does.
    """

    backend: str = FEATURES
    feature_set: str
    chosen_features: tuple[int, ...]
    input_shape: tuple[int, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    clip: float
    blendshapes: tuple[str, ...] = BLENDSHAPE_NAMES
    geometry_landmarks: tuple[int, ...] = GEOMETRY_LANDMARKS
    expression_model: str = ''
    fallback: str = ''

    def __post_init__(self) -> None:
        super().__post_init__()
        self._expect('blendshapes', self.blendshapes, BLENDSHAPE_NAMES)
        self._expect('geometry_landmarks', self.geometry_landmarks, GEOMETRY_LANDMARKS)
        size = len(self.chosen_features)
        available = range(size_of(self.feature_set))
        if not size or not all(isinstance(i, int) and i in available for i in self.chosen_features):
            raise ModelError(f'chosen_features are not indices from 0 to {len(available) - 1}')
        if not all(type(length) is int for length in self.input_shape):
            raise ModelError(f'input_shape is {shown(self.input_shape)}, expected whole numbers')
        if len(self.input_shape) != 3 or self.input_shape[0] != 1 or self.input_shape[1] * self.input_shape[2] != size:
            raise ModelError(f'input_shape is {self.input_shape}, expected (1, steps, values) of {size} values in all')
        self._expect('length of mean', len(self.mean), size)
        self._expect('length of std', len(self.std), size)
        self._expect_finite('mean', self.mean)
        self._expect_positive('std', self.std)
        self._expect_positive('clip', (self.clip,))
        for name in ('fallback', 'expression_model'):
            check_name(name, getattr(self, name) or 'none')
        if reads_expressions(self.feature_set) != bool(self.expression_model):
            raise ModelError(f'feature_set is {self.feature_set}, and expression_model is {self.expression_model!r}')

    @property
    def n_inputs(self) -> int:
        """How many of the features the network is fed."""
        return len(self.chosen_features)


class FeaturesClassifier:
    """Reads one face at a time; an LSTM reads its features in steps."""

    CARD: ClassVar = FeaturesCard

    def __init__(self, path: Path, card: FeaturesCard, network: TfliteFile | None = None) -> None:
        """Load a file, unless that has been done; raises ModelError when it is damaged, or not what its card says."""
        self.card = card
        self._network = network or TfliteFile(path, card.sha256, card.input_shape, (1, len(EMOTIONS)))
        self._features = FeatureReader(card.feature_set)
        self._chosen = np.array(card.chosen_features)
        self._mean = np.array(card.mean, np.float32)
        self._std = np.array(card.std, np.float32)

    def check(self, face: Face) -> None:
        """See `Classifier`."""
        self._features.check(face)
        if self.card.expression_model not in ('', face.expression_model):
            found = one_line(face.expression_model)
            text = f'the expression scores are from {found}, and not from {self.card.expression_model}'
            raise FrameError(SkipReason.FOREIGN_SCORES, text)

    def predict(self, face: Face) -> FloatArray:
        """See `Classifier`."""
        return calibrate(self._run(self._inputs([face]))[0], self.card.temperature)

    def predict_many(self, faces: Sequence[Face]) -> FloatArray:
        """See `Classifier`."""
        return calibrate(self._run_many(self._inputs(faces)), self.card.temperature)

    def _inputs(self, faces: Sequence[Face]) -> FloatArray:
        """What the network is fed of each face, (n, n_inputs)."""
        features, clip = self._features.read(faces), self.card.clip
        return np.asarray(np.clip((features[:, self._chosen] - self._mean) / self._std, -clip, clip), np.float32)

    def _run(self, inputs: FloatArray) -> FloatArray:
        return self._network.run(inputs)

    def _run_many(self, inputs: FloatArray) -> FloatArray:
        return self._network.run_many(inputs)

    def answering(self, _face: Face) -> FeaturesClassifier:
        """Itself."""
        return self

    def start(self) -> FeaturesClassifier:
        """Itself: every face is read for itself."""
        return self
