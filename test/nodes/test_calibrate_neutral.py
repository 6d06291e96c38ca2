"""`calibrate_neutral` answers when a resting face is learnt, and from then on that face is unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from rclpy.qos import qos_profile_sensor_data
from rclpy.serialization import deserialize_message
from ros_process import NodeProcess, Peer
from std_srvs.srv import Trigger

from blendfer_ros.assets import find_recording
from blendfer_ros.contract import NS_PER_S
from blendfer_ros.evaluation.recording import read_recording
from blendfer_ros.msg import Blendshapes, BlendshapesArray, Emotion
from blendfer_ros.nodes.conversions import ns_to_time
from blendfer_ros.nodes.emotion_classifier_node import REPEATED


@pytest.fixture(scope='module')
def sad_face() -> Blendshapes:
    """The first face of the shipped recording."""
    message = next(read_recording(find_recording('sad_to_happy')))
    return deserialize_message(message.cdr, BlendshapesArray).faces[0]


@contextmanager
def shown(peer: Peer, namespace: str, faces: list[Blendshapes]) -> Iterator[None]:
    """Show the same faces, ten images for each second of their stamps, while the peer spins."""
    publisher = peer.node.create_publisher(BlendshapesArray, f'{namespace}/blendshapes', qos_profile_sensor_data)
    stamp_ns = NS_PER_S

    def show() -> None:
        nonlocal stamp_ns
        stamp_ns += NS_PER_S // 10
        message = BlendshapesArray(image_width=640, image_height=360, faces=faces)
        message.header.stamp = ns_to_time(stamp_ns)
        publisher.publish(message)

    timer = peer.node.create_timer(0.02, show)
    try:
        yield
    finally:
        peer.node.destroy_timer(timer)
        peer.node.destroy_publisher(publisher)


def calibrate(peer: Peer, namespace: str) -> Any:
    return peer.call(Trigger, f'/{namespace}/emotion_classifier_node/calibrate_neutral', Trigger.Request())


def test_a_face_that_rests_sad_is_unknown_once_it_is_learnt(
    peer: Peer, start: Callable[..., NodeProcess], sad_face: Blendshapes
) -> None:
    start('emotion_classifier_node', namespace='rest')
    emotion = peer.collect(Emotion, 'rest/emotion', REPEATED)
    with shown(peer, 'rest', [sad_face]):
        peer.spin_until(lambda: emotion and emotion[-1].emotion == 'sad')
        answer = calibrate(peer, 'rest')
        assert answer.success
        assert answer.message == f'{sad_face.face_id}: resting face learnt'
        peer.spin_until(lambda: emotion[-1].emotion == 'unknown' and emotion[-1].quality == Emotion.GOOD)


def test_with_nobody_in_view_there_is_nothing_to_learn(peer: Peer, start: Callable[..., NodeProcess]) -> None:
    start('emotion_classifier_node', namespace='empty')
    emotion = peer.collect(Emotion, 'empty/emotion', REPEATED)
    with shown(peer, 'empty', []):
        peer.spin_until(lambda: emotion and emotion[-1].state == Emotion.NO_FACE)
        answer = calibrate(peer, 'empty')
    assert (answer.success, answer.message) == (False, 'nobody is in view')
