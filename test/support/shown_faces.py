"""A face to show to the classifier, and a way to show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rclpy.qos import qos_profile_sensor_data
from rclpy.serialization import deserialize_message
from support.ros_process import Peer

from blendfer_ros.bags.reading import Bag
from blendfer_ros.bags.upgrade import upgrader
from blendfer_ros.core.assets import find_recording
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.msg import Blendshapes, BlendshapesArray
from blendfer_ros.nodes.conversions import ns_to_time


def sad_face() -> Blendshapes:
    """The first face of the shipped recording."""
    return recorded_face('first')


def recorded_face(which: str) -> Blendshapes:
    """The `first` face of the shipped recording, which is sad, or the `last`, which is happy."""
    bag = Bag(find_recording('sad_to_happy'))
    messages = list(bag.messages(['/blendshapes']))
    cdr = upgrader(bag, messages[0].topic)(messages[0 if which == 'first' else -1].cdr)
    return deserialize_message(cdr, BlendshapesArray).faces[0]


@contextmanager
def shown(peer: Peer, namespace: str, faces: list[Blendshapes]) -> Iterator[None]:
    """Show the same faces, ten images for each second of their stamps, while the peer spins."""

    def make() -> BlendshapesArray:
        return BlendshapesArray(image_width=640, image_height=360, faces=faces)

    with published(peer, f'{namespace}/blendshapes' if namespace else 'blendshapes', make, period_s=0.02):
        yield


@contextmanager
def published(peer: Peer, topic: str, make: Callable[[], Any], period_s: float) -> Iterator[None]:
    """Publish what `make` makes every `period_s`, its stamps 0.1 s apart, while the peer spins."""
    publisher = peer.node.create_publisher(type(make()), topic, qos_profile_sensor_data)
    stamp_ns = NS_PER_S

    def publish() -> None:
        nonlocal stamp_ns
        stamp_ns += NS_PER_S // 10
        message = make()
        message.header.stamp = ns_to_time(stamp_ns)
        publisher.publish(message)

    timer = peer.node.create_timer(period_s, publish)
    try:
        yield
    finally:
        peer.node.destroy_timer(timer)
        peer.node.destroy_publisher(publisher)
