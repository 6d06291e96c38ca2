"""Nodes work only while somebody wants what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.ros_process import NodeProcess, Peer

from blendfer_ros.msg import BlendshapesArray, Emotion
from blendfer_ros.nodes.qos import RELIABLE, SENSOR_DATA


def subscribers(peer: Peer, topic: str) -> int:
    return int(peer.node.count_subscribers(topic))


@pytest.mark.parametrize('executables', [['emotion_pipeline'], ['face_landmarker_node', 'emotion_classifier_node']])
def test_images_are_taken_while_somebody_listens_to_emotion(
    executables: list[str], bundle: Path, peer: Peer, start: Callable[..., NodeProcess]
) -> None:
    namespace = f'wanted_{len(executables)}'
    for name in executables:
        start(name, namespace=namespace, **({} if 'classifier' in name else {'bundle': bundle}))
    peer.spin_until(lambda: peer.node.count_publishers(f'/{namespace}/emotion'))
    assert not subscribers(peer, f'/{namespace}/image')
    listening = peer.node.create_subscription(Emotion, f'{namespace}/emotion', lambda _message: None, RELIABLE)
    peer.spin_until(lambda: subscribers(peer, f'/{namespace}/image') == 1)
    peer.node.destroy_subscription(listening)
    peer.spin_until(lambda: not subscribers(peer, f'/{namespace}/image'))


def test_who_listens_to_blendshapes_alone_has_them(
    bundle: Path, clips: Path, peer: Peer, start: Callable[..., NodeProcess]
) -> None:
    start('emotion_pipeline', namespace='numbers', bundle=bundle)
    blendshapes = peer.collect(BlendshapesArray, 'numbers/blendshapes', SENSOR_DATA)
    start('video_source_node', namespace='numbers', source=clips / 'neutral_to_happy.mp4', loop=True)
    assert peer.spin_until(lambda: [message for message in blendshapes if message.faces])


def test_a_node_that_is_not_lazy_always_works(bundle: Path, peer: Peer, start: Callable[..., NodeProcess]) -> None:
    start('emotion_pipeline', namespace='diligent', bundle=bundle, lazy=False)
    peer.spin_until(lambda: subscribers(peer, '/diligent/image') == 1)
