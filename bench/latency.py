"""How old is an emotion when another process gets it, and how many camera images are lost on the way?

Plays one clip at 640x480 and 30 images per second from a process of its own, through each variant in
turn: nodes in two processes or in one, with and without the Fast DDS profile for large images.
Prints a table, and JSON with --json. Absolute times are this machine's; compare within one run.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import rclpy
from ament_index_python.packages import get_package_prefix
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image

from blendfer_ros.core.assets import find_asset
from blendfer_ros.core.stamps import time_to_ns
from blendfer_ros.msg import BlendshapesArray, Emotion, EmotionArray
from blendfer_ros.nodes.conversions import bgr_to_message
from blendfer_ros.nodes.qos import RELIABLE
from blendfer_ros.nodes.transport import large_image_environment
from blendfer_ros.perception.video import open_source

WIDTH_PX, HEIGHT_PX, RATE_HZ = 640, 480, 30.0
WARM_UP_IMAGES = 30
CONNECT_TIMEOUT_S = 60.0

NODES = {'two processes': ['face_landmarker_node', 'emotion_classifier_node'], 'one process': ['emotion_pipeline']}
AGES = ('emotions_median_ms', 'emotions_p95_ms', 'emotion_median_ms', 'emotion_p95_ms')
WIDTHS = (9, 15, 6, 14, 6)
TRANSPORTS = {'large images': large_image_environment(), 'Fast DDS default': {}}


def main() -> int:
    """Measure every variant and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        '--clip', default=str(find_asset('data/clips/woman_sad_to_happy.mp4') or ''), help='video with a face'
    )
    parser.add_argument('--images', type=int, default=900, help='images per variant (%(default)s)')
    parser.add_argument('--json', type=Path, metavar='OUT', help='write the numbers to this file')
    parser.add_argument('--camera', action='store_true', help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.clip:
        parser.error('no clip: name a video with a face by --clip')
    if arguments.camera:
        play(arguments.clip, arguments.images)
        return 0
    print(f'{arguments.images} images, {WIDTH_PX}x{HEIGHT_PX} at {RATE_HZ:.0f} Hz; ages from camera stamp [ms]')
    titles = ('processed', 'emotions median', 'p95', 'emotion median', 'p95')
    print(
        f'{"nodes":<14} {"transport":<17}', *(f'{title:>{width}}' for title, width in zip(titles, WIDTHS, strict=True))
    )
    rows = []
    for (nodes, executables), (transport, environment) in itertools.product(NODES.items(), TRANSPORTS.items()):
        # A domain for each variant: what is left of the one before cannot be heard.
        os.environ['ROS_DOMAIN_ID'] = str(int(os.environ.get('ROS_DOMAIN_ID', '0')) % 100 + 1)
        row = {'nodes': nodes, 'transport': transport, **measure(executables, environment, arguments)}
        rows.append(row)
        cells = [f'{row["processed"]}/{row["sent"]}', *(f'{row[key]:.1f}' for key in AGES)]
        print(f'{nodes:<14} {transport:<17}', *(f'{c:>{w}}' for c, w in zip(cells, WIDTHS, strict=True)), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + '\n')
    return 0


def play(clip: str, images: int) -> None:
    """The camera: all images decoded beforehand, then published in time, stamped when sent."""
    video = open_source(clip)
    frames = []
    while (bgr := video.read()) is not None:
        frames.append(np.asarray(cv2.resize(bgr, (WIDTH_PX, HEIGHT_PX)), np.uint8))
    rclpy.init()
    node = rclpy.create_node('bench_camera')
    publisher = node.create_publisher(Image, 'image', qos_profile_sensor_data)
    messages = [bgr_to_message(bgr, node.get_clock().now().to_msg(), 'camera') for bgr in frames]
    deadline_s = time.monotonic() + CONNECT_TIMEOUT_S
    while not publisher.get_subscription_count() and time.monotonic() < deadline_s:
        time.sleep(0.05)
    start_s = time.monotonic()
    for i in range(WARM_UP_IMAGES + images):
        message = messages[i % len(messages)]
        message.header.frame_id = 'warm-up' if i < WARM_UP_IMAGES else 'camera'
        message.header.stamp = node.get_clock().now().to_msg()
        publisher.publish(message)
        time.sleep(max(0.0, start_s + (i + 1) / RATE_HZ - time.monotonic()))
    time.sleep(0.5)
    rclpy.shutdown()


def measure(executables: list[str], environment: dict[str, str], arguments: argparse.Namespace) -> dict[str, Any]:
    """One variant: everything in fresh processes, this one only listens."""
    camera = [sys.executable, __file__, '--camera', '--clip', arguments.clip, '--images', str(arguments.images)]
    folder = Path(get_package_prefix('blendfer_ros'), 'lib', 'blendfer_ros')
    nodes = [[str(folder / name), '--ros-args', '--log-level', 'warn'] for name in executables]
    ages: dict[str, list[float]] = {'emotion': [], 'emotions': []}
    processed = set()

    context = rclpy.Context()
    rclpy.init(context=context)
    listener = rclpy.create_node('bench_listener', context=context)
    executor = rclpy.executors.SingleThreadedExecutor(context=context)
    executor.add_node(listener)

    def note(topic: str, message: Any) -> None:
        if message.header.frame_id == 'camera':
            age_ns = listener.get_clock().now().nanoseconds - time_to_ns(message.header.stamp)
            ages[topic].append(age_ns / 1e6)

    def count(message: BlendshapesArray) -> None:
        if message.header.frame_id == 'camera':
            processed.add(time_to_ns(message.header.stamp))

    listener.create_subscription(BlendshapesArray, 'blendshapes', count, qos_profile_sensor_data)
    listener.create_subscription(EmotionArray, 'emotions', lambda m: note('emotions', m), RELIABLE)
    listener.create_subscription(Emotion, 'emotion', lambda m: note('emotion', m), RELIABLE)
    with running([*nodes, camera], environment) as processes:
        while processes[-1].poll() is None:
            executor.spin_once(timeout_sec=0.05)
    executor.shutdown()
    rclpy.shutdown(context=context)
    found = {
        f'{topic}_{name}_ms': float(np.percentile(values, q)) if values else float('nan')
        for topic, values in ages.items()
        for name, q in (('median', 50), ('p95', 95))
    }
    return {'sent': arguments.images, 'processed': len(processed), **found}


@contextlib.contextmanager
def running(commands: list[list[str]], environment: dict[str, str]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Each command as a process of its own, their chatter dropped; all are gone when the block is left."""
    processes = [
        subprocess.Popen(command, env={**os.environ, **environment}, stderr=subprocess.DEVNULL) for command in commands
    ]
    try:
        yield processes
    finally:
        for process in processes:
            process.send_signal(signal.SIGINT)
        for process in processes:
            process.wait()


if __name__ == '__main__':
    sys.exit(main())
