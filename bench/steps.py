"""What single steps towards a cheap image give, each against what it replaced: `python bench/steps.py`.

Receiving: CPU time of a process with two lifecycle nodes that takes raw images and does nothing with them, with rclpy's
executor in Python or in C++. Results: CPU time of FaceLandmarker on one face, its results read in place or by
MediaPipe's objects, taking turns image by image. Decoding: CPU time of a JPEG of 4K, all of it made smaller afterwards
or a part of it from the start. Hop: CPU time of a call in a thread of its own, which may hang. Memory is measured by
`memory.py`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Final

import cv2
import numpy as np
import rclpy
from frames import read_bgr
from live import SMALLER_PX, camera, change_domain
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode
from sensor_msgs.msg import Image

from blendfer_ros.core.assets import find_asset, find_bundle
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.images import bgr_to_rgb, decode_picture, reduced
from blendfer_ros.core.worker import Worker
from blendfer_ros.nodes.process import make_executor
from blendfer_ros.nodes.qos import NEWEST_BEST_EFFORT
from blendfer_ros.perception.face_landmarker import FaceLandmarker
from blendfer_ros.perception.lean_imports import lean_imports
from blendfer_ros.perception.mediapipe_results import from_objects, result_reader

WARM_UP: Final = 30
PYTHON, CPP = 'executor in Python', 'executor in C++'
MS_PER_S: Final = 1000.0


def main() -> int:
    """Measure and print all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--clip', default=str(find_asset('data/clips/woman_sad_to_happy.mp4') or ''))
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--images', type=int, default=200)
    parser.add_argument('--receive', metavar='EXECUTOR', help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.clip:
        parser.error('no clip: name a video with a face by --clip')
    if arguments.receive:
        print(json.dumps(receive(arguments.receive, arguments.images)))
        return 0
    costs_ms: dict[str, list[float]] = {PYTHON: [], CPP: []}
    for _ in range(arguments.rounds):
        for executor, of_rounds in costs_ms.items():
            of_rounds.append(_received(executor, arguments))
    for executor, of_rounds in costs_ms.items():
        print(f'receiving, {executor:<43} {np.median(of_rounds):6.2f} ms an image')
    for how, cost_ms in results(arguments.clip, arguments.images).items():
        print(f'FaceLandmarker, {how:<38} {cost_ms:6.2f} ms an image')
    for how, cost_ms in decoding(arguments.clip, arguments.images).items():
        print(f'a JPEG of 3840x2160, {how:<33} {cost_ms:6.2f} ms an image')
    print(f'{"a call in a thread of its own":<54} {hop(arguments.images):6.3f} ms')
    return 0


def receive(executor_name: str, n_images: int) -> float:
    """CPU time of this process for one image [ms], over `n_images` after the first WARM_UP."""
    rclpy.init()
    executor = make_executor() if executor_name == CPP else SingleThreadedExecutor()
    nodes = [LifecycleNode(f'bench_receiver_{i}') for i in range(2)]
    cpu_s: list[float] = []
    nodes[0].create_subscription(Image, 'image', lambda _image: cpu_s.append(time.process_time()), NEWEST_BEST_EFFORT)
    for node in nodes:
        executor.add_node(node)
    while len(cpu_s) < WARM_UP + n_images:
        executor.spin_once(timeout_sec=1.0)
    return (cpu_s[-1] - cpu_s[WARM_UP - 1]) * MS_PER_S / n_images


def results(clip: str, n_images: int) -> dict[str, float]:
    """Median CPU time of one image [ms] by how its results are read."""
    with lean_imports():
        import mediapipe

    frames = [bgr_to_rgb(bgr) for bgr in read_bgr(clip, 640, 480)]
    costs_ms: dict[str, list[float]] = {'results as objects': [], 'results read in place': []}
    with FaceLandmarker(find_bundle()) as landmarker:
        task = landmarker._task  # noqa: SLF001, both ways of reading its results are held against each other
        in_place = result_reader(task)
        for i in range(2 * (WARM_UP + n_images)):
            how = tuple(costs_ms)[i % 2]
            image = mediapipe.Image(mediapipe.ImageFormat.SRGB, frames[i // 2 % len(frames)])
            began_s = time.process_time()
            _ = in_place(image, i) if i % 2 else from_objects(task.detect_for_video(image, i))
            costs_ms[how].append((time.process_time() - began_s) * MS_PER_S)
    return {how: float(np.median(of_images[WARM_UP:])) for how, of_images in costs_ms.items()}


def decoding(clip: str, n_images: int) -> dict[str, float]:
    """Median CPU time of a JPEG of 4K until it is no larger than nodes take it [ms]."""
    jpegs = [np.asarray(cv2.imencode('.jpg', bgr)[1], np.uint8) for bgr in read_bgr(clip, 3840, 2160)[:10]]
    ways: dict[str, Callable[[RgbImage], object]] = {
        'all of it, then made smaller': lambda jpeg: reduced(decode_picture(jpeg), SMALLER_PX),
        'a part of it': lambda jpeg: decode_picture(jpeg, SMALLER_PX),
    }
    costs_ms: dict[str, list[float]] = {how: [] for how in ways}
    for i in range(n_images):
        for how, decode in ways.items():
            costs_ms[how].append(_cpu_ms(partial(decode, jpegs[i % len(jpegs)])))
    return {how: float(np.median(of_images)) for how, of_images in costs_ms.items()}


def hop(n_calls: int) -> float:
    """Median CPU time of a call in a `Worker` that does nothing [ms]."""
    worker: Worker[None] = Worker('nobody')
    costs_ms = [_cpu_ms(lambda: worker.call(lambda: None, 1.0)) for _ in range(WARM_UP + n_calls)]
    worker.close()
    return float(np.median(costs_ms[WARM_UP:]))


def _cpu_ms(action: Callable[[], object]) -> float:
    began_s = time.process_time()
    action()
    return (time.process_time() - began_s) * MS_PER_S


def _received(executor: str, arguments: argparse.Namespace) -> float:
    change_domain()
    command = [sys.executable, __file__, '--receive', executor, '--images', str(arguments.images)]
    with camera(arguments.clip, '--images', '1000000'):
        done = subprocess.run(command, env=dict(os.environ), stdout=subprocess.PIPE, check=True, timeout=300.0)
    return float(json.loads(done.stdout))


if __name__ == '__main__':
    sys.exit(main())
