"""Blendshape recordings: bags with the numbers of every face and the pixels of none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from rosbags.interfaces import Connection
from rosbags.rosbag2 import Reader, StoragePlugin, Writer
from rosbags.rosbag2.errors import ReaderError, WriterError
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore
from tqdm import tqdm

from blendfer_ros.assets import find_message_definitions
from blendfer_ros.contract import NS_PER_S
from blendfer_ros.errors import DatasetError
from blendfer_ros.face import FaceFrame
from blendfer_ros.perception.perceiver import FacePerceiver
from blendfer_ros.perception.video import VideoSource, open_source

TOPIC: Final = '/blendshapes'
MESSAGE_TYPE: Final = 'blendfer_ros/msg/BlendshapesArray'
FRAME_ID: Final = 'camera'
BAG_VERSION: Final = 9


@dataclass(frozen=True)
class RecordedMessage:
    """One BlendshapesArray as it went over the wire.

    recorded_ns: when it was recorded [ns]. cdr: the message, serialised.
    """

    recorded_ns: int
    cdr: bytes


def record_video(source: str, bag: Path, bundle: Path, every: int = 1) -> int:
    """Run FaceLandmarker over a video file or folder and write what it finds as a rosbag2 folder (MCAP).

    Stamps count from 1 s, because a stamp of 0 means "unknown" to ROS. All images are looked at, for
    MediaPipe follows a face from one to the next; one in `every` is written.

    Returns:
        How many messages were written.

    Raises:
        DatasetError: the bag exists already. SourceError: the video cannot be read.
    """
    video = open_source(source)
    perceiver = FacePerceiver(bundle)
    types = typestore()
    try:
        with Writer(bag, version=BAG_VERSION, storage_plugin=StoragePlugin.MCAP) as writer:
            connection = writer.add_connection(TOPIC, MESSAGE_TYPE, typestore=types)
            return _record(video, perceiver, types, writer, connection, every)
    except WriterError as error:
        raise DatasetError(f'cannot write {bag}: {error}') from error
    finally:
        perceiver.close()
        video.close()


def read_recording(bag: Path) -> Iterator[RecordedMessage]:
    """The `blendshapes` messages of a bag in order; raises DatasetError when it has none or is damaged."""
    try:
        with Reader(bag) as reader:
            connections = [c for c in reader.connections if c.msgtype == MESSAGE_TYPE]
            if not connections:
                raise DatasetError(f'{bag} has no topic of type {MESSAGE_TYPE}')
            for _, recorded_ns, cdr in reader.messages(connections):
                yield RecordedMessage(recorded_ns, bytes(cdr))
    except (ReaderError, OSError) as error:
        raise DatasetError(f'{bag} cannot be read as a rosbag2: {error}') from error


def typestore() -> Typestore:
    """Message types for rosbags: ROS 2's own and ours."""
    store = get_typestore(Stores.ROS2_JAZZY)
    for path in sorted(find_message_definitions().glob('*.msg')):
        store.register(get_types_from_msg(path.read_text(), f'blendfer_ros/msg/{path.stem}'))
    return store


def _record(
    video: VideoSource,
    perceiver: FacePerceiver,
    types: Typestore,
    writer: Writer,
    connection: Connection,
    every: int,
) -> int:
    count = 0
    with tqdm(unit='img', desc='recording') as progress:
        while (bgr := video.read()) is not None:
            stamp_ns = NS_PER_S + round(progress.n * NS_PER_S / video.rate_hz)
            rgb = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
            frame = perceiver.perceive(rgb, stamp_ns)
            if progress.n % every == 0:
                writer.write(connection, stamp_ns, _serialise(types, frame))
                count += 1
            progress.update()
    return count


def _serialise(types: Typestore, frame: FaceFrame) -> bytes:
    t = types.types
    stamp = t['builtin_interfaces/msg/Time'](sec=frame.stamp_ns // NS_PER_S, nanosec=frame.stamp_ns % NS_PER_S)
    message = t[MESSAGE_TYPE](
        header=t['std_msgs/msg/Header'](stamp=stamp, frame_id=FRAME_ID),
        image_width=frame.width_px,
        image_height=frame.height_px,
        faces=[t['blendfer_ros/msg/Blendshapes'](**face.message_fields()) for face in frame.faces],
    )
    return bytes(types.serialize_cdr(message, MESSAGE_TYPE))
