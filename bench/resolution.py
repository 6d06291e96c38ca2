"""How far FaceLandmarker's numbers, and a model's answers, move with the size at which a face is seen.

Each picture of a folder is shown with its face 48, 96, 192 and 400 pixels wide (or as wide as it is), and compared with
the widest. FER2013, from which the models learn, has faces of about 40 pixels; a robot's camera has wider ones.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from tqdm import tqdm

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.classification.classifier import Classifier
from blendfer_ros.classification.features import PARTS
from blendfer_ros.core.assets import DEFAULT_MODEL, find_bundle, find_model
from blendfer_ros.core.errors import BlendferError
from blendfer_ros.core.face import Face
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.probabilities import decide
from blendfer_ros.datasets.folders import read_folders
from blendfer_ros.perception.parallel import detect_all
from blendfer_ros.perception.stills import Attempt, still_attempts

FACE_WIDTHS_PX: Final = (48, 96, 192, 400)


@dataclass(frozen=True)
class SizedPicture:
    """A picture to be shown at `scale` of its size."""

    rgb: RgbImage
    scale: float = 1.0

    def attempts(self) -> Iterator[Attempt]:
        """What to show FaceLandmarker in turn."""
        height_px, width_px = (max(1, round(side * self.scale)) for side in self.rgb.shape[:2])
        sized = cv2.resize(self.rgb, (width_px, height_px), interpolation=cv2.INTER_AREA)
        return still_attempts(np.asarray(sized, np.uint8))


def main() -> int:
    """Measure and print; the exit code: 0 done, 1 refused with a sentence."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder', type=Path, help='pictures of faces in sub-folders')
    parser.add_argument('--model', nargs='+', default=[DEFAULT_MODEL], help='models whose answers are compared')
    arguments = parser.parse_args()
    try:
        run(arguments.folder, [load_classifier(find_model(name)) for name in arguments.model])
    except BlendferError as error:
        print(f'resolution: {error}', file=sys.stderr)
        return 1
    return 0


def run(folder: Path, classifiers: list[Classifier]) -> None:
    """Print a row for each size: differences in standard deviations between the pictures, and changed answers."""
    bundle = find_bundle()
    pictures = [sample.picture.load() for sample in tqdm(read_folders(folder).samples, unit='img', desc='reading')]
    seen = list(detect_all([SizedPicture(rgb) for rgb in pictures], bundle, 'FaceLandmarker, full size'))
    found = [(rgb, face) for rgb, face in zip(pictures, seen, strict=True) if isinstance(face, Face)]
    sized: dict[int, list[Face | None]] = {}
    for width_px in FACE_WIDTHS_PX:
        shown = [SizedPicture(rgb, width_px / (face.region.width * rgb.shape[1])) for rgb, face in found]
        detected = detect_all(shown, bundle, f'FaceLandmarker, faces of {width_px} px')
        sized[width_px] = [face if isinstance(face, Face) else None for face in detected]
    rows = [i for i in range(len(found)) if all(faces[i] is not None for faces in sized.values())]
    chosen = {width_px: [face for i in rows if (face := faces[i]) is not None] for width_px, faces in sized.items()}
    names = [classifier.card.name for classifier in classifiers]
    print(f'{len(rows)} of {len(pictures)} pictures, compared with faces of {FACE_WIDTHS_PX[-1]} px')
    print('face px', *(f'{name:>12}' for name in PARTS), *(f'{f"{name} changes":>30}' for name in names))
    widest = chosen[FACE_WIDTHS_PX[-1]]
    for width_px, faces in chosen.items():
        moved = [f'{_moved(name, faces, widest):12.2f}' for name in PARTS]
        changes = [f'{100 * _changed(classifier, faces, widest):28.1f} %' for classifier in classifiers]
        print(f'{width_px:7d}', *moved, *changes)


def _moved(part: str, faces: list[Face], widest: list[Face]) -> float:
    """Root mean square difference of the numbers of a part, in their standard deviations over the widest faces."""
    now, then = (np.array([PARTS[part].of(face) for face in those]) for those in (faces, widest))
    spread = then.std(axis=0)
    moves = spread > np.median(spread) / 10
    return float(np.sqrt(np.mean(((now - then)[:, moves] / spread[moves]) ** 2)))


def _changed(classifier: Classifier, faces: list[Face], widest: list[Face]) -> float:
    """Share of the faces to which the answer is another one."""
    now, then = (
        decide(np.array([classifier.predict(face) for face in those]), classifier.card.decision_weights)
        for those in (faces, widest)
    )
    return float(np.mean(now != then))


if __name__ == '__main__':
    sys.exit(main())
