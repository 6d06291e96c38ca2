"""A quantised LSTM that is carried on from image to image: what it has seen of a person colours what it says next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar, Final

import numpy as np

from blendfer_ros.classification.backends.features import FeaturesCard, FeaturesClassifier
from blendfer_ros.core.face import FloatArray
from blendfer_ros.core.tflite import TfliteFile

RECURRENT: Final = 'recurrent'


@dataclass(frozen=True, kw_only=True)
class RecurrentCard(FeaturesCard):
    """The card of a model that reads one feature vector after the other."""

    backend: str = RECURRENT


class RecurrentClassifier(FeaturesClassifier):
    """As loaded it takes each face for the first of a sequence; what `start` gives goes on with one person."""

    CARD: ClassVar = RecurrentCard

    def __init__(self, path: Path, card: RecurrentCard, network: TfliteFile | None = None) -> None:
        """As `FeaturesClassifier`; with a `network` that is loaded, it goes on where that is."""
        super().__init__(path, card, network)
        self._follows = network is not None
        self._start = partial(RecurrentClassifier, path, card)

    def start(self) -> RecurrentClassifier:
        """One with a state of its own."""
        return self._start(self._network.another())

    def _run(self, inputs: FloatArray) -> FloatArray:
        return self._network.run(inputs, go_on=self._follows)

    def _run_many(self, inputs: FloatArray) -> FloatArray:
        """One after the other, where each follows from the one before."""
        return np.concatenate([self._run(row) for row in inputs]) if self._follows else super()._run_many(inputs)
