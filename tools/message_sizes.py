"""How large are our messages, and those they are made from, on the wire?

Serialises each as ROS 2 does and prints a table. Compressed images depend on what they show: they are frames of a clip,
scaled to each size. What is on disk is a recording as `blendfer record` makes it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

from blendfer_ros.bags.frames import BLENDSHAPES
from blendfer_ros.bags.reading import typestore
from blendfer_ros.core.assets import find_asset, find_bundle, find_expressions
from blendfer_ros.core.errors import BlendferError
from blendfer_ros.core.face import FaceFrame
from blendfer_ros.core.face_messages import face_to_fields
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.images import bgr_to_rgb
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.perception.perceiver import FacePerceiver
from blendfer_ros.perception.video import open_source

TYPES: Final = typestore()
SIZES_PX: Final = {'640x480': (640, 480), '1280x720': (1280, 720), '3840x2160': (3840, 2160)}
IMAGES_HZ: Final = 30.0
# `publish_rate` of emotion_classifier_node.
EMOTION_HZ: Final = 10.0
JPEG_QUALITIES: Final = (80, 95)
N_TIMED: Final = 9


@dataclass(frozen=True)
class Row:
    """What is sent, how many bytes on average, and how often."""

    what: str
    n_bytes: float
    rate_hz: float

    def __str__(self) -> str:
        mb_s = self.n_bytes * self.rate_hz / 1e6
        return f'| {self.what} | {self.n_bytes:,.0f} | {self.rate_hz:g} | {mb_s:.4g} | {mb_s * 3.6:.4g} |'


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code: 0 done, 1 refused with a sentence."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        '--clip', default=str(find_asset('data/clips/woman_sad_to_happy.mp4') or ''), help='video with a face'
    )
    parser.add_argument(
        '--frames', type=int, default=60, metavar='N', help='of it, over which is averaged (%(default)s)'
    )
    arguments = parser.parse_args(argv)
    if not arguments.clip:
        parser.error('no clip: name a video with a face by --clip')
    try:
        frames = frames_of(arguments.clip, arguments.frames)
        rows = [*image_rows(frames), *face_rows(perceived(frames)), *emotion_rows()]
    except (BlendferError, OSError) as error:
        print(f'message_sizes: {error}', file=sys.stderr)
        return 1
    print('| message | bytes | Hz | MB/s | GB/hour |\n|---|---|---|---|---|')
    print('\n'.join(map(str, rows)))
    print('\n| JPEG 80 | compressing ms | decompressing ms |\n|---|---|---|')
    for name, size in SIZES_PX.items():
        print('| {} | {:.1f} | {:.1f} |'.format(name, *jpeg_times_ms(cv2.resize(frames[0], size))))
    return 0


def frames_of(clip: str, n: int) -> list[RgbImage]:
    """The first `n` of a clip, RGB."""
    frames: list[RgbImage] = []
    with closing(open_source(clip)) as video:
        while len(frames) < n and (bgr := video.read()) is not None:
            frames.append(bgr_to_rgb(bgr))
    return frames


def image_rows(frames: Sequence[RgbImage]) -> list[Row]:
    """Raw and compressed, of each size."""
    rows = []
    for name, size in SIZES_PX.items():
        scaled = [cv2.resize(rgb, size, interpolation=cv2.INTER_CUBIC) for rgb in frames]
        rows.append(Row(f'`Image`, {name} rgb8', len(raw(scaled[0])), IMAGES_HZ))
        for quality in JPEG_QUALITIES:
            n_bytes = [len(compressed(rgb, quality)) for rgb in scaled]
            rows.append(Row(f'`CompressedImage`, {name}, JPEG {quality}', float(np.mean(n_bytes)), IMAGES_HZ))
    return rows


def raw(rgb: np.ndarray[Any, Any]) -> bytes:
    """A serialised `sensor_msgs/Image`."""
    height, width = rgb.shape[:2]
    return serialised(
        'sensor_msgs/msg/Image',
        header=header(),
        height=height,
        width=width,
        encoding='rgb8',
        is_bigendian=0,
        step=3 * width,
        data=rgb.reshape(-1),
    )


def compressed(rgb: np.ndarray[Any, Any], quality: int) -> bytes:
    """A serialised `sensor_msgs/CompressedImage`, as image_transport makes it."""
    data = cv2.imencode('.jpg', cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return serialised('sensor_msgs/msg/CompressedImage', header=header(), format='rgb8; jpeg', data=data.reshape(-1))


def jpeg_times_ms(rgb: np.ndarray[Any, Any]) -> tuple[float, float]:
    """How long it takes to compress an image and to decompress it, the median of some on one thread [ms]."""
    cv2.setNumThreads(1)
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITIES[0]]
    times_s = []
    for _ in range(N_TIMED):
        began_s = time.perf_counter()
        data = cv2.imencode('.jpg', rgb, quality)[1]
        compressed_s = time.perf_counter()
        cv2.imdecode(data, cv2.IMREAD_COLOR)
        times_s.append((compressed_s - began_s, time.perf_counter() - compressed_s))
    compressing_s, decompressing_s = np.median(times_s, axis=0)
    return 1e3 * float(compressing_s), 1e3 * float(decompressing_s)


def perceived(frames: Sequence[RgbImage]) -> list[FaceFrame]:
    """What is found in each frame."""
    with closing(FacePerceiver(find_bundle(), expressions=find_expressions())) as perceiver:
        return [perceiver.perceive(rgb, (i + 1) * NS_PER_S // 30) for i, rgb in enumerate(frames)]


def face_rows(frames: Sequence[FaceFrame]) -> list[Row]:
    """Blendshapes of nobody, of one face and of four, and of a recording on disk."""
    faces = [face for frame in frames for face in frame.faces]
    rows = []
    for n, what in ((0, 'nobody'), (1, 'one face'), (4, 'four faces')):
        # Of several, each is the clip's one face at another time, and none comes twice, which zstd would notice.
        of_images = [faces[i * n : (i + 1) * n] for i in range(len(faces) // max(n, 1))]
        rows.append(Row(f'`BlendshapesArray`, {what}', len(blendshapes(of_images[0])), IMAGES_HZ))
        rows.append(Row(f'the same on disk, {what}', on_disk(of_images), IMAGES_HZ))
    return rows


def blendshapes(faces: Sequence[Any]) -> bytes:
    """A serialised `BlendshapesArray`."""
    made = [TYPES.types['blendfer_ros/msg/Blendshapes'](**face_to_fields(face)) for face in faces]
    return serialised(BLENDSHAPES, header=header(), image_width=640, image_height=480, faces=made)


def on_disk(of_images: Sequence[Sequence[Any]]) -> float:
    """Bytes an image takes in a recording of these faces."""
    with tempfile.TemporaryDirectory() as folder:
        bag = Path(folder, 'bag')
        writer = Writer(bag, version=9, storage_plugin=StoragePlugin.MCAP)
        writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
        with writer:
            connection = writer.add_connection('/blendshapes', BLENDSHAPES, typestore=TYPES)
            for i, faces in enumerate(of_images):
                writer.write(connection, i, blendshapes(faces))
        return sum(file.stat().st_size for file in bag.iterdir()) / len(of_images)


def emotion_rows() -> list[Row]:
    """Answers, as the nodes publish them."""
    emotion = made_up_emotion()
    several = [
        len(serialised('blendfer_ros/msg/EmotionArray', header=header(), emotions=[emotion] * n)) for n in (1, 4)
    ]
    alone = len(bytes(TYPES.serialize_cdr(emotion, 'blendfer_ros/msg/Emotion')))
    return [
        Row('`Emotion` (`emotion`)', alone, EMOTION_HZ),
        Row('`EmotionArray` (`emotions`), one face', several[0], IMAGES_HZ),
        Row('`EmotionArray` (`emotions`), four faces', several[1], IMAGES_HZ),
    ]


def made_up_emotion() -> Any:
    """An `Emotion` with every field filled in."""
    name = 'blendfer_ros/msg/Emotion'
    values: dict[str, Any] = {}
    for field, (_, of) in TYPES.fielddefs[name][1]:
        kind = of if isinstance(of, str) else of[0]
        filled = {'face_id': 'face_1', 'emotion': 'unknown', 'quality': 'good', 'expressions': np.zeros(7, np.float32)}
        values[field] = header() if kind == 'std_msgs/msg/Header' else filled.get(field, '' if kind == 'string' else 0)
    return TYPES.types[name](**values)


def header() -> Any:
    """One with a frame's usual name."""
    stamp = TYPES.types['builtin_interfaces/msg/Time'](sec=1, nanosec=0)
    return TYPES.types['std_msgs/msg/Header'](stamp=stamp, frame_id='camera')


def serialised(name: str, **fields: Any) -> bytes:
    """A message as it goes over the wire, without the headers of RTPS and UDP."""
    return bytes(TYPES.serialize_cdr(TYPES.types[name](**fields), name))


if __name__ == '__main__':
    sys.exit(main())
