"""The model card: the JSON beside a `.tflite` file that says what the file expects and how good it is."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from blendfer_ros.classification.features import FEATURE_SETS
from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.errors import ModelError
from blendfer_ros.core.files import write_text
from blendfer_ros.core.landmarks import GEOMETRY_LANDMARKS

CARD_FORMAT: Final = 2


@dataclass(frozen=True)
class ModelCard:
    """What a model expects and promises.

    chosen_features: which entries of the feature vector the network is fed, in this order.
    input_shape: (1, steps, values per step), filled row by row from them.
    mean, std, clip: they enter the network as clamp((x - mean) / std, -clip, clip).
    temperature: the network's log-probabilities are divided by it, so that confidence is calibrated.
    decision_weights: the emotion is the one whose weighted probability is largest, in the order of `emotions`.
    training, metrics: where the model comes from and how it did; for people, not for code.
    """

    name: str
    sha256: str
    feature_set: str
    chosen_features: tuple[int, ...]
    input_shape: tuple[int, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    clip: float
    temperature: float
    decision_weights: tuple[float, ...]
    training: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    emotions: tuple[str, ...] = EMOTIONS
    blendshapes: tuple[str, ...] = BLENDSHAPE_NAMES
    geometry_landmarks: tuple[int, ...] = GEOMETRY_LANDMARKS
    format: int = CARD_FORMAT

    def __post_init__(self) -> None:
        self._expect('format', self.format, CARD_FORMAT)
        self._expect('emotions', self.emotions, EMOTIONS)
        self._expect('blendshapes', self.blendshapes, BLENDSHAPE_NAMES)
        self._expect('geometry_landmarks', self.geometry_landmarks, GEOMETRY_LANDMARKS)
        if self.feature_set not in FEATURE_SETS:
            raise ModelError(f'feature_set is {self.feature_set!r}, expected one of {", ".join(FEATURE_SETS)}')
        size = len(self.chosen_features)
        available = range(FEATURE_SETS[self.feature_set])
        if not size or not all(isinstance(i, int) and i in available for i in self.chosen_features):
            raise ModelError(f'chosen_features are not indices from 0 to {len(available) - 1}')
        if len(self.input_shape) != 3 or self.input_shape[0] != 1 or self.input_shape[1] * self.input_shape[2] != size:
            raise ModelError(f'input_shape is {self.input_shape}, expected (1, steps, values) of {size} values in all')
        self._expect('length of mean', len(self.mean), size)
        self._expect('length of std', len(self.std), size)
        self._expect('length of decision_weights', len(self.decision_weights), len(EMOTIONS))
        for name, numbers in (
            ('std', self.std),
            ('clip', (self.clip,)),
            ('temperature', (self.temperature,)),
            ('decision_weights', self.decision_weights),
        ):
            if not all(number > 0.0 for number in numbers):
                raise ModelError(f'{name} has a value that is not above 0')

    @staticmethod
    def _expect(name: str, found: object, expected: object) -> None:
        if found != expected:
            raise ModelError(f'{name} is {_short(found)}, expected {_short(expected)}')

    def write(self, path: Path) -> None:
        """Write the card as JSON, whole or not at all; raises BlendferError when it cannot be written."""
        write_text(path, json.dumps(asdict(self), indent=1) + '\n')


def read_card(path: Path) -> ModelCard:
    """Read and check a card; raises ModelError in one sentence that names the file and what differs."""
    try:
        content: dict[str, Any] = json.loads(path.read_text())
        fields: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in content.items()}
        return ModelCard(**fields)
    except FileNotFoundError as error:
        raise ModelError(f'model card {path} is missing') from error
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(f'model card {path} cannot be read: {error}') from error
    except ModelError as error:
        raise ModelError(f'model card {path}: {error}') from error


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else f'{text[:77]}...'
