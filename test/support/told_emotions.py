"""The classifier's part, played by a test: `emotion`, repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lifecycle_msgs.srv import GetState
from support.ros_process import Peer

from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.msg import Emotion
from blendfer_ros.nodes.conversions import ns_to_time
from blendfer_ros.nodes.qos import RELIABLE

Show = Callable[..., None]


@contextmanager
def repeated_emotion(peer: Peer, namespace: str) -> Iterator[Show]:
    """What is shown last is repeated fifty times a second, while the peer spins, with stamps that rise by a second."""
    publisher = peer.node.create_publisher(Emotion, f'{namespace}/emotion', RELIABLE)
    fields: dict = {'state': Emotion.STALE, 'emotion': 'unknown'}
    stamp_ns = 0

    def repeat() -> None:
        nonlocal stamp_ns
        stamp_ns += NS_PER_S
        message = Emotion(**fields)
        message.header.stamp = ns_to_time(stamp_ns)
        message.header.frame_id = 'head'
        publisher.publish(message)

    def show(emotion: str, face_id: str = 'face_1', confidence: float = 0.75) -> None:
        fields.update(state=Emotion.TRACKING, quality=Emotion.GOOD)
        fields.update(emotion=emotion, face_id=face_id, confidence=confidence)
        repeat()

    timer = peer.node.create_timer(0.02, repeat)
    try:
        peer.spin_until(publisher.get_subscription_count)
        yield show
    finally:
        peer.node.destroy_timer(timer)
        peer.node.destroy_publisher(publisher)


def settle(peer: Peer, namespace: str) -> None:
    """Wait until the bridge has taken in what was sent to it: it hears topics before it answers services."""
    for _ in range(3):
        peer.call(GetState, f'/{namespace}/dialogue_bridge_node/get_state', GetState.Request())
