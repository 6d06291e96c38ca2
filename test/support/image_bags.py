"""Bags with the images of a video."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rosbags.interfaces import Qos, QosDurability, QosHistory, QosLiveliness, QosReliability, QosTime
from rosbags.rosbag2 import StoragePlugin, Writer

from blendfer_ros.bags.reading import typestore
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.perception.video import open_source

TOPIC = '/camera/image_raw'
FRAME_ID = 'head'
START_NS = 1_700_000_000 * NS_PER_S
# What a message takes from the camera to whoever recorded it [ns].
DELAY_NS = 7_000_000
# A driver that resends what is lost.
RELIABLE = Qos(
    history=QosHistory.KEEP_LAST,
    depth=3,
    reliability=QosReliability.RELIABLE,
    durability=QosDurability.VOLATILE,
    deadline=QosTime(0, 0),
    lifespan=QosTime(0, 0),
    liveliness=QosLiveliness.AUTOMATIC,
    liveliness_lease_duration=QosTime(0, 0),
    avoid_ros_namespace_conventions=False,
)


def write_image_bag(
    bag: Path, video: Path, n_images: int, size_px: tuple[int, int], *, compressed: bool = False
) -> list[int]:
    """The first images of a video as a bag in MCAP; the stamps [ns]."""
    types = typestore()
    t = types.types
    kind = 'sensor_msgs/msg/CompressedImage' if compressed else 'sensor_msgs/msg/Image'
    source = open_source(str(video))
    stamps_ns = [START_NS + round(n * NS_PER_S / source.rate_hz) for n in range(n_images)]
    with Writer(bag, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        topic = f'{TOPIC}/compressed' if compressed else TOPIC
        connection = writer.add_connection(topic, kind, typestore=types, offered_qos_profiles=[RELIABLE])
        for stamp_ns in stamps_ns:
            bgr = source.read()
            assert bgr is not None
            stamp = t['builtin_interfaces/msg/Time'](sec=stamp_ns // NS_PER_S, nanosec=stamp_ns % NS_PER_S)
            header = t['std_msgs/msg/Header'](stamp=stamp, frame_id=FRAME_ID)
            small = cv2.resize(np.asarray(bgr), size_px, interpolation=cv2.INTER_AREA)
            fields: dict[str, Any]
            if compressed:
                fields = {'format': 'jpeg', 'data': cv2.imencode('.jpg', small)[1].reshape(-1)}
            else:
                width_px, height_px = size_px
                fields = {'width': width_px, 'height': height_px, 'step': 3 * width_px, 'encoding': 'bgr8'}
                fields |= {'is_bigendian': 0, 'data': small.reshape(-1)}
            message = t[kind](header=header, **fields)
            writer.write(connection, stamp_ns + DELAY_NS, types.serialize_cdr(message, kind))
    source.close()
    return stamps_ns
