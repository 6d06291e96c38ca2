"""Bad input: one throttled warning that names the cause, the node lives, and the next good image is processed."""

from __future__ import annotations

import array
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from builtin_interfaces.msg import Time
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header
from support.ros_process import NodeProcess, Peer

from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.landmarks import GEOMETRY_SIZE
from blendfer_ros.core.stamps import time_to_ns
from blendfer_ros.msg import Blendshapes, BlendshapesArray, EmotionArray
from blendfer_ros.nodes.conversions import bgr_to_message, ns_to_time
from blendfer_ros.nodes.qos import RELIABLE

START_NS = 1_000 * 10**9
FRAME_NS = 33_333_333

Change = Callable[[Image], None]


class Camera:
    """Publishes good and bad images to a landmarker and waits for what comes of them."""

    def __init__(self, peer: Peer, message_type: Any, topic: str, answers: list[Any], node: NodeProcess) -> None:
        self.peer = peer
        self.node = node
        self._answers = answers
        self._publisher = peer.node.create_publisher(message_type, topic, qos_profile_sensor_data)
        self.stamp_ns = START_NS
        peer.spin_until(lambda: self._publisher.get_subscription_count())

    def next_stamp(self) -> Time:
        self.stamp_ns += FRAME_NS
        return ns_to_time(self.stamp_ns)

    def send(self, message: Any) -> None:
        self._publisher.publish(message)

    def answer_to(self, make: Callable[[], Any]) -> Any:
        """What the node publishes about a message; sent again it has a new stamp, for repeated ones are refused."""
        sent: set[int] = set()

        def send() -> None:
            message = make()
            sent.add(time_to_ns(message.header.stamp))
            self.send(message)

        return self.peer.deliver(
            send, lambda: next((answer for answer in self._answers if time_to_ns(answer.header.stamp) in sent), None)
        )


@pytest.fixture(scope='module')
def camera(bundle: object, peer: Peer, start: Callable[..., NodeProcess]) -> Camera:
    return landmarker_camera('bad', peer, start)


def landmarker_camera(namespace: str, peer: Peer, start: Callable[..., NodeProcess]) -> Camera:
    answers = peer.collect(BlendshapesArray, f'{namespace}/blendshapes', qos_profile_sensor_data)
    node = start('face_landmarker_node', namespace=namespace)
    node.wait_for_line(f'waiting for images on /{namespace}/image')
    return Camera(peer, Image, f'{namespace}/image', answers, node)


def good_image(camera: Camera, rgb: RgbImage) -> Image:
    return bgr_to_message(np.ascontiguousarray(rgb[..., ::-1]), camera.next_stamp(), 'camera')


def unknown_encoding(image: Image) -> None:
    image.encoding = 'bayer_rggb12'


def truncated(image: Image) -> None:
    image.data = image.data[:1000]


def zero_size(image: Image) -> None:
    image.width = image.height = image.step = 0
    image.data = array.array('B')


def wrong_step(image: Image) -> None:
    image.step = image.width


def odd_width(image: Image) -> None:
    image.encoding, image.width = 'yuv422', 639


def repeated_stamp(image: Image) -> None:
    image.header.stamp = ns_to_time(time_to_ns(image.header.stamp) - FRAME_NS)


def late_stamp(image: Image) -> None:
    image.header.stamp = ns_to_time(time_to_ns(image.header.stamp) - 3 * FRAME_NS)


@pytest.mark.parametrize(
    ('spoil', 'cause'),
    [
        (unknown_encoding, "unknown encoding 'bayer_rggb12'"),
        (truncated, 'truncated: 1000 bytes'),
        (zero_size, 'image of size 0x0 holds no pixels'),
        (wrong_step, 'step 640 is less than the 1920 bytes'),
        (repeated_stamp, 'repeats the last one'),
        (late_stamp, 'is out of order'),
    ],
)
def test_a_bad_image_is_skipped_with_its_cause_and_the_next_good_one_is_processed(
    spoil: Change, cause: str, camera: Camera, face_frames: list[RgbImage]
) -> None:
    camera.answer_to(lambda: good_image(camera, face_frames[0]))
    bad = good_image(camera, face_frames[1])
    spoil(bad)
    camera.send(bad)
    assert 'image skipped' in camera.node.wait_for_line(cause)
    assert len(camera.answer_to(lambda: good_image(camera, face_frames[2])).faces) == 1
    assert camera.node.is_alive


def test_the_same_fault_again_is_not_told_at_every_image(
    bundle: object, peer: Peer, start: Callable[..., NodeProcess], face_frames: list[RgbImage]
) -> None:
    # A node of its own, which has warned of nothing yet.
    camera = landmarker_camera('again', peer, start)
    for _ in range(20):
        bad = good_image(camera, face_frames[0])
        bad.encoding = 'rgb565'
        camera.send(bad)
        camera.answer_to(lambda: good_image(camera, face_frames[1]))
    camera.node.wait_for_line("unknown encoding 'rgb565'")
    last = good_image(camera, face_frames[0])
    odd_width(last)
    camera.send(last)
    camera.node.wait_for_line('width 639 is odd')
    assert sum("'rgb565'" in line for line in camera.node.lines) < 5


def test_a_corrupt_jpeg_is_skipped_and_the_next_good_one_is_processed(
    bundle: object, peer: Peer, start: Callable[..., NodeProcess], face_frames: list[RgbImage]
) -> None:
    answers = peer.collect(BlendshapesArray, 'jpeg/blendshapes', qos_profile_sensor_data)
    node = start('face_landmarker_node', namespace='jpeg', compressed=True)
    node.wait_for_line('waiting for images on /jpeg/image/compressed')
    camera = Camera(peer, CompressedImage, 'jpeg/image/compressed', answers, node)
    jpeg = cv2.imencode('.jpg', face_frames[0][..., ::-1])[1].tobytes()

    def message(data: bytes) -> CompressedImage:
        return CompressedImage(header=Header(stamp=camera.next_stamp()), format='jpeg', data=array.array('B', data))

    camera.answer_to(lambda: message(jpeg))
    camera.send(message(b'\xff\xd8\xff\xe0 not a picture'))
    node.wait_for_line('cannot decode 18 bytes of compressed image')
    assert len(camera.answer_to(lambda: message(jpeg)).faces) == 1


def nan_scores(face: Blendshapes) -> None:
    face.scores[3] = float('nan')


def wrong_geometry(face: Blendshapes) -> None:
    face.geometry = array.array('f', [1.0, 2.0])


def no_geometry(face: Blendshapes) -> None:
    face.geometry = array.array('f')


@pytest.fixture(scope='module')
def recorder(peer: Peer, start: Callable[..., NodeProcess]) -> Camera:
    answers = peer.collect(EmotionArray, 'classifier/emotions', RELIABLE)
    node = start('emotion_classifier_node', namespace='classifier')
    node.wait_for_line('model blendfer')
    return Camera(peer, BlendshapesArray, 'classifier/blendshapes', answers, node)


@pytest.mark.parametrize(
    ('spoil', 'cause'),
    [
        (nan_scores, 'not finite numbers'),
        (wrong_geometry, r'expected geometry of shape (0,) or (276,), got (2,)'),
        (no_geometry, 'without the landmark geometry'),
    ],
)
def test_bad_blendshapes_are_skipped_and_the_next_good_ones_classified(
    spoil: Callable[[Blendshapes], None], cause: str, recorder: Camera
) -> None:
    def message() -> BlendshapesArray:
        geometry = array.array('f', [0.0] * GEOMETRY_SIZE)
        face = Blendshapes(face_id='face_1', geometry=geometry, x_max=0.5, y_max=0.5)
        return BlendshapesArray(header=Header(stamp=recorder.next_stamp()), faces=[face])

    recorder.answer_to(message)
    bad = message()
    spoil(bad.faces[0])
    recorder.send(bad)
    assert 'blendshapes skipped' in recorder.node.wait_for_line(cause)
    assert len(recorder.answer_to(message).emotions) == 1
