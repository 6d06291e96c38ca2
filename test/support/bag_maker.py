"""Bags as robots record them, small ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

from blendfer_ros.bags.frames import choose_topic, read_frames
from blendfer_ros.bags.reading import Bag, typestore
from blendfer_ros.bags.salvage import BagMessage
from blendfer_ros.bags.upgrade import upgrader
from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.classification.estimator import EmotionEstimator
from blendfer_ros.core.assets import find_model, find_recording
from blendfer_ros.core.estimate import EmotionEstimate
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.stamps import NS_PER_S

BLENDSHAPES = 'blendfer_ros/msg/BlendshapesArray'
IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED_IMAGE = 'sensor_msgs/msg/CompressedImage'
FIRST_NS = NS_PER_S
TYPES = typestore()


def shipped_messages() -> list[BagMessage]:
    """20 s of blendshapes, 12 a second, in today's definition."""
    bag = Bag(find_recording('sad_to_happy'))
    messages = list(bag.messages(['/blendshapes']))
    upgrade = upgrader(bag, messages[0].topic)
    return [replace(message, cdr=upgrade(message.cdr)) for message in messages]


def write_bag(
    path: Path,
    messages: Iterable[tuple[int, bytes]],
    kind: str = BLENDSHAPES,
    topic: str = '/blendshapes',
    plugin: StoragePlugin = StoragePlugin.MCAP,
    compression: tuple[CompressionMode, CompressionFormat] | None = None,
) -> Path:
    """A rosbag2 folder of messages: when each was recorded [ns], and its bytes."""
    writer = Writer(path, version=9, storage_plugin=plugin)
    if compression:
        writer.set_compression(*compression)
    with writer:
        connection = writer.add_connection(topic, kind, typestore=TYPES)
        for recorded_ns, cdr in messages:
            writer.write(connection, recorded_ns, cdr)
    return path


def blendshapes_bag(path: Path, **how: Any) -> Path:
    """The shipped recording as a bag of another kind."""
    return write_bag(path, ((message.recorded_ns, message.cdr) for message in shipped_messages()), **how)


def restamped(stamps_s: Iterable[float], recorded_s: Iterable[float] | None = None) -> list[tuple[int, bytes]]:
    """The shipped messages in turn, taken and recorded at these times [s]."""
    stamps_s = list(stamps_s)
    given = []
    for message, stamp_s, at_s in zip(shipped_messages(), stamps_s, recorded_s or stamps_s, strict=False):
        content = TYPES.deserialize_cdr(message.cdr, BLENDSHAPES)
        content.header.stamp = _time(round(stamp_s * NS_PER_S))
        given.append((round(at_s * NS_PER_S), bytes(TYPES.serialize_cdr(content, BLENDSHAPES))))
    return given


def image_messages(frames: Iterable[RgbImage], rate_hz: float, kind: str = IMAGE) -> list[tuple[int, bytes]]:
    """RGB frames as camera messages of `kind`."""
    given = []
    for i, rgb in enumerate(frames):
        stamp_ns = FIRST_NS + round(i * NS_PER_S / rate_hz)
        header = TYPES.types['std_msgs/msg/Header'](stamp=_time(stamp_ns), frame_id='camera')
        if kind == COMPRESSED_IMAGE:
            png = cv2.imencode('.png', cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1].reshape(-1)
            message = TYPES.types[kind](header=header, format='png', data=png)
        else:
            height, width = rgb.shape[:2]
            message = TYPES.types[kind](
                header=header,
                height=height,
                width=width,
                encoding='rgb8',
                is_bigendian=0,
                step=3 * width,
                data=np.ascontiguousarray(rgb).reshape(-1),
            )
        given.append((stamp_ns, bytes(TYPES.serialize_cdr(message, kind))))
    return given


def observed(bag: Path, bundle: Path | None = None) -> list[tuple[int, tuple[EmotionEstimate, ...]]]:
    """The stamp of each image [ns], and what is answered offline about everybody in it."""
    opened, estimator = Bag(bag), EmotionEstimator(load_classifier(find_model()))
    frames = [found for found in read_frames(opened, choose_topic(opened), bundle) if found.frame]
    return [(found.frame.stamp_ns, estimator.observe(found.frame, found.recorded_ns)) for found in frames]


def storage_file(bag: Path) -> Path:
    """The only one of a bag."""
    (file,) = (path for path in bag.iterdir() if path.name != 'metadata.yaml')
    return file


def _time(stamp_ns: int) -> Any:
    sec, nanosec = divmod(stamp_ns, NS_PER_S)
    return TYPES.types['builtin_interfaces/msg/Time'](sec=sec, nanosec=nanosec)
