"""Blendshape recordings: bags with the numbers of every face and the pixels of none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import cv2
import numpy as np
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys.store import Typestore
from tqdm import tqdm

from blendfer_ros.bags.frames import BLENDSHAPES, DECODERS, BagFrame, choose_topic, read_frames
from blendfer_ros.bags.reading import Bag, typestore
from blendfer_ros.core.assets import find_expressions
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.core.face import FaceFrame
from blendfer_ros.core.face_messages import face_to_fields
from blendfer_ros.core.files import make_folder
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.perception.perceiver import FacePerceiver
from blendfer_ros.perception.video import VideoSource, damage_of_video, open_source

TOPIC: Final = '/blendshapes'
FRAME_ID: Final = 'camera'
BAG_VERSION: Final = 9


@dataclass(frozen=True)
class Recorded:
    """What has become of a source.

    n_images: how many are in the recording. n_read: of how many. n_skipped: how many could not be used.
    damage: where the source is damaged; empty where it is not. The recording has what is before.
    """

    n_images: int
    n_read: int
    n_skipped: int
    damage: str = ''


def record_video(source: str, bag: Path, bundle: Path, every: int = 1) -> Recorded:
    """Run FaceLandmarker over a video file or folder and write what it finds as a rosbag2 folder (MCAP).

    Stamps count from 1 s, because a stamp of 0 means "unknown" to ROS. All images are looked at, for
    MediaPipe follows a face from one to the next; one in `every` is written. The bag is written whole or not
    at all, whether by an error or by Ctrl-C.

    Raises:
        DatasetError: the bag exists already. SourceError: the video cannot be read.
    """
    with closing(open_source(source)) as video:
        recorded = _write(bag, _video_frames(video, bundle), every, video.n_images)
        damage = damage_of_video(source, recorded.n_read, video.n_images)
    return replace(recorded, damage=damage)


def record_bag(source: Path, bag: Path, bundle: Path, every: int = 1, topic: str = '') -> Recorded:
    """Run FaceLandmarker over the images of a bag, as `record_video` does; times and frame are those of the images.

    Raises:
        DatasetError: the bag exists already; the source cannot be read, or has no such topic of images.
    """
    images = Bag(source)
    chosen = choose_topic(images, topic, tuple(DECODERS))
    recorded = _write(bag, read_frames(images, chosen, bundle), every, images.n_messages(chosen))
    return replace(recorded, damage=f'{source}: {images.damage}' if images.damage else '')


def _video_frames(video: VideoSource, bundle: Path) -> Iterator[BagFrame]:
    with closing(FacePerceiver(bundle, expressions=find_expressions())) as perceiver:
        n = 0
        while (bgr := video.read()) is not None:
            stamp_ns = NS_PER_S + round(n * NS_PER_S / video.rate_hz)
            rgb = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
            yield BagFrame(stamp_ns, perceiver.perceive(rgb, stamp_ns), frame_id=FRAME_ID)
            n += 1


def _write(bag: Path, frames: Iterator[BagFrame], every: int, n_expected: int | None) -> Recorded:
    if bag.exists():
        raise DatasetError(f'cannot write {bag}: it exists already, and recordings are not overwritten')
    make_folder(bag.parent)
    types = typestore()
    n_images = n_skipped = n_read = 0
    with TemporaryDirectory(dir=bag.parent, prefix=f'.{bag.name}.') as folder:
        part = Path(folder, bag.name)
        writer = Writer(part, version=BAG_VERSION, storage_plugin=StoragePlugin.MCAP)
        # Chunk by chunk, which every reader of MCAP understands; of whole messages or files, not every one does.
        writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
        with writer:
            connection = writer.add_connection(TOPIC, BLENDSHAPES, typestore=types)
            for n, found in enumerate(tqdm(frames, unit='img', desc='recording', total=n_expected)):
                n_read += 1
                if found.frame is None:
                    n_skipped += 1
                elif n % every == 0:
                    writer.write(connection, found.recorded_ns, _serialise(types, found.frame, found.frame_id))
                    n_images += 1
        if not n_images:
            raise DatasetError(f'{bag} is not written: no image could be used')
        part.rename(bag)
    return Recorded(n_images, n_read, n_skipped)


def _serialise(types: Typestore, frame: FaceFrame, frame_id: str) -> bytes:
    t = types.types
    stamp = t['builtin_interfaces/msg/Time'](sec=frame.stamp_ns // NS_PER_S, nanosec=frame.stamp_ns % NS_PER_S)
    message = t[BLENDSHAPES](
        header=t['std_msgs/msg/Header'](stamp=stamp, frame_id=frame_id),
        image_width=frame.width_px,
        image_height=frame.height_px,
        faces=[t['blendfer_ros/msg/Blendshapes'](**face_to_fields(face)) for face in frame.faces],
    )
    return bytes(types.serialize_cdr(message, BLENDSHAPES))
