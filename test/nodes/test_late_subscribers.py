"""Whoever joins late learns the emotion soon, and the last change at once."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.event_handler import SubscriptionEventCallbacks
from support.ros_process import NodeProcess, Peer

from blendfer_ros.msg import Emotion
from blendfer_ros.nodes.qos import LATCHED, RELIABLE


def test_a_late_subscriber_gets_the_emotion_within_one_period(peer: Peer, start: Callable[..., NodeProcess]) -> None:
    """Counted in messages that an early subscriber gets meanwhile, so a slow machine does not matter."""
    start('emotion_classifier_node', publish_rate=4.0)
    early = peer.collect(Emotion, 'emotion', RELIABLE)
    peer.spin_until(lambda: len(early) >= 3)
    late: list[Emotion] = []
    early_when_matched: list[int] = []
    peer.node.create_subscription(
        Emotion,
        'emotion',
        late.append,
        RELIABLE,
        event_callbacks=SubscriptionEventCallbacks(matched=lambda _: early_when_matched.append(len(early))),
    )
    peer.spin_until(lambda: late and early_when_matched)
    # One message may have been on its way to the early one already.
    assert len(early) - early_when_matched[0] <= 2


def test_the_last_change_is_latched(peer: Peer, start: Callable[..., NodeProcess]) -> None:
    start('emotion_classifier_node', namespace='latched')
    emotion = peer.collect(Emotion, 'latched/emotion', RELIABLE)
    peer.spin_until(lambda: len(emotion) >= 5)
    changed = peer.collect(Emotion, 'latched/emotion/changed', LATCHED)
    (message,) = peer.spin_until(lambda: changed)
    assert (message.state, message.emotion) == (Emotion.STALE, 'unknown')
