"""The quantised LSTM: feature vector → calibrated probabilities of the three emotions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from blendfer_ros.classification.card import ModelCard, read_card
from blendfer_ros.core.assets import sha256_of
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.errors import ModelError
from blendfer_ros.core.face import FloatArray

# Keeps logarithms of probabilities finite; a 32-bit softmax cannot say anything smaller with meaning.
MIN_PROBABILITY = 1e-6


class EmotionModel:
    """A `.tflite` file that has been held against its card."""

    def __init__(self, path: Path) -> None:
        """Load `NAME.tflite` and `NAME.json` beside it.

        Raises:
            ModelError: file or card is missing or damaged, or they do not belong together.
        """
        self.card = read_card(path.with_suffix('.json'))
        self._check_hash(path, self.card)
        self._interpreter = _load_interpreter(path)
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]
        _check_tensor(path, 'input', self._input, self.card.input_shape)
        _check_tensor(path, 'output', self._output, (1, len(EMOTIONS)))
        self._chosen = np.array(self.card.chosen_features)
        self._mean = np.array(self.card.mean, np.float32)
        self._std = np.array(self.card.std, np.float32)

    @staticmethod
    def _check_hash(path: Path, card: ModelCard) -> None:
        if not path.is_file():
            raise ModelError(f'no model at {path}')
        found = sha256_of(path)
        if found != card.sha256:
            raise ModelError(
                f'{path} has sha256 {found[:12]}…, its card says {card.sha256[:12]}…: '
                'they are not from the same training'
            )

    def predict(self, features: FloatArray) -> FloatArray:
        """Probabilities of `core.emotions.EMOTIONS`.

        Args:
            features: (n,) as `feature_vector` gives them for the card's feature set.

        Returns:
            (3,) float32, calibrated, sum 1.
        """
        clip = self.card.clip
        normalised = np.clip((features[self._chosen] - self._mean) / self._std, -clip, clip)
        # TFLite's LSTM keeps its state between calls; without this, one face would colour the next.
        self._interpreter.reset_all_variables()
        self._interpreter.set_tensor(self._input['index'], normalised.reshape(self.card.input_shape))
        self._interpreter.invoke()
        return calibrate(self._interpreter.get_tensor(self._output['index'])[0], self.card.temperature)


def calibrate(probabilities: FloatArray, temperature: float) -> FloatArray:
    """Temperature scaling (Guo et al. 2017, arXiv:1706.04599) of (…, 3) probabilities."""
    logits = np.log(np.maximum(probabilities, MIN_PROBABILITY)) / temperature
    scaled = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(scaled / scaled.sum(axis=-1, keepdims=True), np.float32)


def decide(probabilities: FloatArray, decision_weights: tuple[float, ...]) -> npt.NDArray[np.int64]:
    """Index into `core.emotions.EMOTIONS` of the emotion with the largest weighted probability, of (…, 3)."""
    weighted = probabilities * np.array(decision_weights)
    return np.asarray(np.argmax(weighted, axis=-1), np.int64)


def _load_interpreter(path: Path) -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        try:
            from tflite_runtime.interpreter import Interpreter
        except ImportError as error:
            raise ModelError(
                'neither ai-edge-litert nor tflite-runtime is installed: pip install one of them'
            ) from error
    try:
        # A content buffer rather than a path: it is read now, and cannot change under the interpreter.
        interpreter = Interpreter(model_content=path.read_bytes(), num_threads=1)
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError) as error:
        raise ModelError(f'TFLite cannot load {path}: {error}') from error
    return interpreter


def _check_tensor(path: Path, role: str, details: dict[str, Any], expected: tuple[int, ...]) -> None:
    shape = tuple(int(size) for size in details['shape'])
    if shape != expected:
        raise ModelError(f'{path} has {role} shape {shape}, its card says {expected}')
    if details['dtype'] is not np.float32:
        raise ModelError(f'{path} has {role} type {details["dtype"].__name__}, expected float32')
