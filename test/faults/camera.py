"""A camera that does as it is told, as a process: `python camera.py FRAMES.npy`.

Each line of its input is a JSON object of `Settings` to change; of its output, the stamp of an image and when it was
sent, by the monotonic clock that all processes of a machine share [ns]. It ends when its input does.
"""

from __future__ import annotations

import array
import itertools
import json
import queue
import sys
import threading
import time
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np
import rclpy
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.nodes.conversions import ns_to_time

CLOCK_STEP_S: Final = 0.01
# How far apart the stamps of a camera are that counts backwards.
BACKWARDS_NS: Final = NS_PER_S // 20
# A bag that loops starts on a day in 2023.
BAG_START_NS: Final = 1_700_000_000 * NS_PER_S
WALL_GREY: Final = 150
TO_ENCODING: Final = {
    'bgr8': lambda bgr: bgr,
    'rgb8': lambda bgr: bgr[..., ::-1],
    'mono8': lambda bgr: cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)[..., None],
    # In these bytes nobody can read an image.
    'bayer_rggb12': lambda bgr: bgr,
}


@dataclass(frozen=True)
class Settings:
    """How images are, and when they come.

    stamps: `now`, by the clock of the machine and `offset_s`; `zero`; `frozen`, the time when that was set;
        `backwards`; `boot`, seconds since the machine started; `bag`, the time of a bag that begins anew every `bag_s`,
        which is also told on /clock unless `clock_stands`.
    empty: a wall with nobody before it.
    tiles: so many times the picture beside and above itself, each small.
    shape: `image`, `compressed`, or `truncated`, an image that is said to be larger than it is.
    """

    rate_hz: float = 20.0
    width_px: int = 640
    height_px: int = 480
    encoding: str = 'bgr8'
    frame_id: str = 'camera'
    stamps: str = 'now'
    offset_s: float = 0.0
    bag_s: float = 4.0
    clock_stands: bool = False
    empty: bool = False
    tiles: int = 1
    shape: str = 'image'
    reliable: bool = False
    topic: str = 'image'


class Camera:
    """Publishes the frames in turn."""

    def __init__(self, frames: np.ndarray) -> None:
        self._frames = frames
        self._node = rclpy.create_node('camera')
        self._clock = self._node.create_publisher(Clock, '/clock', 1)
        self._publisher: Any = None
        self.settings = Settings()
        self._change(self.settings)

    def change(self, changes: dict[str, Any]) -> None:
        self._change(replace(self.settings, **changes))

    def _change(self, new: Settings) -> None:
        old, self.settings = self.settings, new
        offered = (new.topic, new.reliable, new.shape == 'compressed')
        if self._publisher is None or offered != (old.topic, old.reliable, old.shape == 'compressed'):
            self._offer(new)
        self._began_ns = time.monotonic_ns()
        self._changed_ns = self._node.get_clock().now().nanoseconds
        self._sent = 0
        self._made: dict[int, Image | CompressedImage] = {}

    def _offer(self, settings: Settings) -> None:
        if self._publisher is not None:
            self._node.destroy_publisher(self._publisher)
        kind = CompressedImage if settings.shape == 'compressed' else Image
        reliability = ReliabilityPolicy.RELIABLE if settings.reliable else ReliabilityPolicy.BEST_EFFORT
        self._publisher = self._node.create_publisher(
            kind, settings.topic, QoSProfile(depth=5, reliability=reliability)
        )

    def show(self, number: int) -> int:
        """Publish a frame; its stamp [ns]."""
        index = number % len(self._frames)
        if index not in self._made:
            self._made[index] = self._message(self._frames[index])
        stamp_ns = self._stamp_ns()
        self._made[index].header = Header(stamp=ns_to_time(stamp_ns), frame_id=self.settings.frame_id)
        self._publisher.publish(self._made[index])
        self._sent += 1
        return stamp_ns

    def tell_the_time(self) -> None:
        if self.settings.stamps == 'bag' and not self.settings.clock_stands:
            self._clock.publish(Clock(clock=ns_to_time(self._stamp_ns())))

    def _stamp_ns(self) -> int:
        settings = self.settings
        passed_ns = time.monotonic_ns() - self._began_ns
        if settings.stamps == 'now':
            return self._node.get_clock().now().nanoseconds + round(settings.offset_s * NS_PER_S)
        return {
            'zero': 0,
            'frozen': self._changed_ns,
            'backwards': self._changed_ns - self._sent * BACKWARDS_NS,
            'boot': time.clock_gettime_ns(time.CLOCK_BOOTTIME),
            'bag': BAG_START_NS + passed_ns % round(settings.bag_s * NS_PER_S),
        }[settings.stamps]

    def _message(self, bgr: np.ndarray) -> Image | CompressedImage:
        settings, tiles = self.settings, self.settings.tiles
        small = cv2.resize(bgr, (settings.width_px // tiles, settings.height_px // tiles))
        picture = np.tile(np.full_like(small, WALL_GREY) if settings.empty else small, (tiles, tiles, 1))
        if settings.shape == 'compressed':
            return CompressedImage(format='jpeg', data=array.array('B', cv2.imencode('.jpg', picture)[1].tobytes()))
        pixels = np.ascontiguousarray(TO_ENCODING[settings.encoding](picture))
        height_px, width_px, channels = pixels.shape
        return Image(
            height=height_px * (2 if settings.shape == 'truncated' else 1),
            width=width_px,
            encoding=settings.encoding,
            step=width_px * channels,
            data=array.array('B', pixels.tobytes()),
        )


def commands() -> queue.Queue[dict[str, Any] | None]:
    """What comes on the input, line by line; None at its end."""
    found: queue.Queue[dict[str, Any] | None] = queue.Queue()

    def read() -> None:
        for line in sys.stdin:
            found.put(json.loads(line))
        found.put(None)

    threading.Thread(target=read, daemon=True).start()
    return found


def main() -> None:
    rclpy.init()
    camera, waiting = Camera(np.load(sys.argv[1], mmap_mode='r')), commands()
    next_image_s = next_clock_s = time.monotonic()
    for number in itertools.count():
        while True:
            now_s = time.monotonic()
            due_s = next_image_s if camera.settings.rate_hz else now_s + CLOCK_STEP_S
            if now_s >= next_clock_s:
                camera.tell_the_time()
                next_clock_s = max(next_clock_s + CLOCK_STEP_S, now_s)
            if now_s >= due_s:
                break
            try:
                changes = waiting.get(timeout=min(due_s, next_clock_s) - now_s)
            except queue.Empty:
                continue
            if changes is None:
                rclpy.shutdown()
                return
            camera.change(changes)
        sent_ns = time.monotonic_ns()
        print(camera.show(number), sent_ns, flush=True)
        # What was missed is not made up for.
        next_image_s = max(next_image_s + 1.0 / camera.settings.rate_hz, now_s)


if __name__ == '__main__':
    main()
