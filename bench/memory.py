"""What a process holds for single decisions about memory: `python bench/memory.py`.

Each case is a process of its own, started again for each round; a line gives the median of its resident memory, of how
long it took, and what it holds beyond the case named behind it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

N_IMAGES: Final = 150


def numpy() -> None:
    """What everything else here needs."""
    import numpy  # noqa: F401, importing it is the case


def opencv() -> None:
    """Which a classifier of its own does without."""
    import cv2  # noqa: F401


def mediapipe_whole() -> None:
    """With all that it imports where TensorFlow is not installed."""
    sys.modules['tensorflow'] = None  # type: ignore[assignment]
    from mediapipe.tasks.python import vision  # noqa: F401


def mediapipe_lean() -> None:
    """Without what is not used."""
    from blendfer_ros.perception.lean_imports import lean_imports

    with lean_imports():
        from mediapipe.tasks.python import vision  # noqa: F401


def _follow_a_clip(*, far: bool = False, shared_heaps: bool = True) -> None:
    from frames import read_bgr

    from blendfer_ros.core.assets import find_asset, find_bundle, find_expressions
    from blendfer_ros.core.images import bgr_to_rgb
    from blendfer_ros.core.memory import give_back_freed
    from blendfer_ros.nodes.process import share_heaps
    from blendfer_ros.perception.far_faces import FarFaceOptions
    from blendfer_ros.perception.perceiver import FacePerceiver

    if shared_heaps:
        share_heaps()
    far_options = FarFaceOptions(tiles_per_image=2 if far else 0)
    perceiver = FacePerceiver(find_bundle(), far_options=far_options, expressions=find_expressions())
    frames = [bgr_to_rgb(bgr) for bgr in read_bgr(str(find_asset('data/clips/woman_sad_to_happy.mp4')), 640, 480)]
    for i in range(N_IMAGES):
        # What is black shows nobody, and is looked at by the second FaceLandmarker, part by part.
        perceiver.perceive(frames[i] * 0 if far and i % 2 else frames[i], i * 33_000_000)
    frames.clear()
    give_back_freed()


def landmarker() -> None:
    """Perception of a clip."""
    _follow_a_clip()


def landmarker_and_far() -> None:
    """The same, with a second FaceLandmarker for far faces."""
    _follow_a_clip(far=True)


def landmarker_own_heaps() -> None:
    """The same with one, each thread having a heap of its own."""
    _follow_a_clip(shared_heaps=False)


# Each with the case that it goes beyond.
CASES: Final[dict[Callable[[], None], Callable[[], None] | None]] = {
    numpy: None,
    opencv: numpy,
    mediapipe_lean: numpy,
    mediapipe_whole: mediapipe_lean,
    landmarker: mediapipe_lean,
    landmarker_and_far: landmarker,
    landmarker_own_heaps: landmarker,
}


def main() -> int:
    """Measure and print all cases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--case', help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case:
        print(json.dumps(_measured(next(case for case in CASES if case.__name__ == arguments.case))))
        return 0
    found: dict[Callable[[], None], list[tuple[float, float]]] = {case: [] for case in CASES}
    for _ in range(arguments.rounds):
        for case, of_rounds in found.items():
            command = [sys.executable, __file__, '--case', case.__name__]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
            of_rounds.append(json.loads(done.stdout.splitlines()[-1]))
    held_mb = {case: median(mb for mb, _ in of_rounds) for case, of_rounds in found.items()}
    for case, less in CASES.items():
        beyond = f'{held_mb[case] - held_mb[less]:+6.1f} MB than {less.__name__}' if less else ''
        took_s = median(s for _, s in found[case])
        print(f'{case.__name__:<22} {held_mb[case]:6.1f} MB  {took_s:5.2f} s  {beyond}')
    return 0


def _measured(case: Callable[[], None]) -> tuple[float, float]:
    """Resident memory of this process [MB] after a case, and how long it took [s]."""
    began_s = time.monotonic()
    case()
    took_s = time.monotonic() - began_s
    status = dict(line.split(':', 1) for line in Path('/proc/self/status').read_text().splitlines())
    return int(status['VmRSS'].split()[0]) / 1024, took_s


if __name__ == '__main__':
    sys.exit(main())
