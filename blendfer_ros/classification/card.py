"""The model card: the JSON beside a `.tflite` file that says what the file expects and how good it is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.errors import ModelError, check_name, shown
from blendfer_ros.core.files import write_text

CARD_FORMAT: Final = 2
# What is far from both can be multiplied and divided in 32 bits.
MAX_NUMBER: Final = 1e9
MIN_POSITIVE: Final = 1e-9


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """What every model expects and promises; each backend's card says more.

    backend: what runs the file, a key of `classification.backends.BACKENDS`.
    temperature: the network's log-probabilities are divided by it, so that confidence is calibrated.
    decision_weights: the emotion is the one whose weighted probability is largest, in the order of `emotions`.
    training, metrics: where the model comes from and how it did; for people, not for code.
    """

    name: str
    sha256: str
    backend: str
    temperature: float
    decision_weights: tuple[float, ...]
    training: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    emotions: tuple[str, ...] = EMOTIONS
    format: int = CARD_FORMAT

    def __post_init__(self) -> None:
        self._expect('format', self.format, CARD_FORMAT)
        for name in ('name', 'sha256'):
            check_name(name, getattr(self, name))
        self._expect('emotions', self.emotions, EMOTIONS)
        self._expect('length of decision_weights', len(self.decision_weights), len(EMOTIONS))
        self._expect_positive('temperature', (self.temperature,))
        self._expect_positive('decision_weights', self.decision_weights)

    @property
    def n_inputs(self) -> int:
        """How many numbers the network reads of one face."""
        raise NotImplementedError

    @staticmethod
    def _expect(name: str, found: object, expected: object) -> None:
        if found != expected:
            raise ModelError(f'{name} is {shown(found)}, expected {shown(expected)}')

    @staticmethod
    def _expect_positive(name: str, numbers: tuple[float, ...]) -> None:
        if not all(number > MIN_POSITIVE for number in numbers):
            raise ModelError(f'{name} has a value that is not above 0')
        ModelCard._expect_finite(name, numbers)

    @staticmethod
    def _expect_finite(name: str, numbers: tuple[float, ...]) -> None:
        if not all(isinstance(number, (int, float)) and abs(number) <= MAX_NUMBER for number in numbers):
            raise ModelError(f'{name} has a value that is no number up to {MAX_NUMBER:g}')

    def write(self, path: Path) -> None:
        """Write the card as JSON, whole or not at all; raises BlendferError when it cannot be written."""
        write_text(path, json.dumps(asdict(self), indent=1) + '\n')
