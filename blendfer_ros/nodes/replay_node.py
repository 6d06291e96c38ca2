"""A bag → its topics, as they were recorded: the nodes without camera, FaceLandmarker or `ros2 bag`."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import rclpy
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.lifecycle import LifecyclePublisher
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from rclpy.timer import Timer
from rosbags.interfaces import QosDurability, QosReliability
from rosgraph_msgs.msg import Clock as ClockMessage

from blendfer_ros.bags.frames import ANSWERABLE
from blendfer_ros.bags.playback import AcknowledgedPlayback, Playback, RecordedPlayback, topics_to_play
from blendfer_ros.bags.reading import Bag
from blendfer_ros.bags.salvage import Topic
from blendfer_ros.bags.upgrade import upgrader
from blendfer_ros.core.assets import find_recording
from blendfer_ros.core.errors import FrameError, ParameterError
from blendfer_ros.core.stamps import NS_PER_S, time_to_ns
from blendfer_ros.msg import EmotionArray
from blendfer_ros.nodes.conversions import ns_to_time
from blendfer_ros.nodes.managed_node import CLOCK_TOPIC, ManagedNode, run
from blendfer_ros.nodes.qos import NEWEST_BEST_EFFORT, RELIABLE, SENSOR_DATA
from blendfer_ros.parameters.table import ACKNOWLEDGED, RECORDED, REPLAY

TICK_S: Final = 0.01
# DDS tells a publisher of a subscriber before that one is ready for it, and nobody when it is.
SETTLE_NS: Final = NS_PER_S // 2


class ReplayNode(ManagedNode):
    """Publishes the messages of a bag once and exits: byte for byte, but for those of ours of an older definition."""

    PARAMETERS = REPLAY

    _bag: Bag
    _playback: Playback
    _timer: Timer
    _answers: Subscription

    def __init__(self) -> None:
        super().__init__('replay_node')

    def configure(self) -> None:
        self._bag = Bag(find_recording(self.value('bag')))
        topics = topics_to_play(self._bag, self.value('topics'))
        self._outputs: dict[str, LifecyclePublisher] = {}
        self._upgrades = {topic.name: upgrader(self._bag, topic) for topic in topics}
        for topic in topics:
            if reason := self._why_not(topic):
                self.get_logger().warning(f'{topic.name} is left out: {reason}')
            else:
                self._outputs[topic.name] = self.create_lifecycle_publisher(
                    _message_class(topic.message_type), topic.name, _qos(topic)
                )
        faces = [self._outputs[topic.name] for topic in topics if topic.message_type in ANSWERABLE]
        self._watched = faces or list(self._outputs.values())
        self._clock_output = self.create_lifecycle_publisher(ClockMessage, CLOCK_TOPIC, NEWEST_BEST_EFFORT)

    def check(self, values: Mapping[str, Any]) -> None:
        if values['pace'] not in (RECORDED, ACKNOWLEDGED):
            raise ParameterError(f'pace {values["pace"]!r} is neither {RECORDED} nor {ACKNOWLEDGED}')

    def activate(self) -> None:
        messages = self._bag.messages(self._outputs)
        if self.value('pace') == RECORDED:
            self._playback = RecordedPlayback(messages, self.value('rate'))
        else:
            self._playback = AcknowledgedPlayback(messages, self.value('acknowledge_timeout_s'))
        self._n_answerers = 0
        self._answers = self.create_subscription(
            EmotionArray,
            'emotions',
            self._on_answer,
            RELIABLE,
            event_callbacks=SubscriptionEventCallbacks(matched=self._on_answerers),
        )
        self._start_ns: int | None = None
        self._waiting_for = ''
        self._timer = self.every(TICK_S, self._publish_due)

    def deactivate(self) -> None:
        self.destroy_timer(self._timer)
        self.destroy_subscription(self._answers)

    def cleanup(self) -> None:
        for publisher in (*self._outputs.values(), self._clock_output):
            self.destroy_lifecycle_publisher(publisher)

    def _on_answerers(self, matched: Any) -> None:
        self._n_answerers = matched.current_count

    def _on_answer(self, message: EmotionArray) -> None:
        # A stamp that is no time answers to nothing.
        with suppress(FrameError):
            self._playback.answer(time_to_ns(message.header.stamp))
        self._publish_due()

    def _publish_due(self) -> None:
        now_ns = self.steady_ns()
        if not self._may_start(now_ns):
            return
        for message in self._playback.due(now_ns):
            self._tell_time(message.recorded_ns)
            try:
                self._outputs[message.topic.name].publish(self._upgrades[message.topic.name](message.cdr))
            except FrameError as error:
                self.warn(error.reason, f'left out: {error}')
        self._tell_time(self._playback.recorded_ns(now_ns))
        if self._playback.is_over:
            self._finish()

    def _may_start(self, now_ns: int) -> bool:
        if self._start_ns is None:
            reason = self._waits_for()
            if reason:
                if reason != self._waiting_for:
                    self._waiting_for = reason
                    self.get_logger().info(f'waiting for {reason}')
                return False
            # At the pace of the answers what is lost is sent again.
            self._start_ns = now_ns + (SETTLE_NS if self.value('pace') == RECORDED else 0)
        return now_ns >= self._start_ns

    def _waits_for(self) -> str:
        """What must be there before the first message goes out; empty when it is."""
        wanted = self.value('wait_for_subscribers')
        if self.value('pace') == ACKNOWLEDGED:
            wanted = max(wanted, 1)
            if not self._n_answerers:
                return f'somebody to answer on {self._answers.topic_name}'
        found = sum(publisher.get_subscription_count() for publisher in self._watched)
        topics = ', '.join(publisher.topic_name for publisher in self._watched)
        return f'{wanted} subscribers on {topics}, there are {found}' if found < wanted else ''

    def _tell_time(self, recorded_ns: int | None) -> None:
        if self.value('clock') and recorded_ns is not None:
            self._clock_output.publish(ClockMessage(clock=ns_to_time(recorded_ns)))

    def _why_not(self, topic: Topic) -> str:
        """Why a topic cannot be played; empty when it can."""
        name = self.resolve_topic_name(topic.name)
        if self.value('clock') and name == CLOCK_TOPIC:
            return 'this node sets the clock'
        if self.value('pace') == ACKNOWLEDGED and name == self.resolve_topic_name('emotions'):
            return 'those who answer do so on it'
        if _message_class(topic.message_type) is None:
            return f'its type {topic.message_type} is not installed'
        return ''

    def _finish(self) -> None:
        if self._bag.damage:
            self.get_logger().error(f'{self.value("bag")}: {self._bag.damage}')
        played = self._playback
        unanswered = f', {played.n_unanswered} of them unanswered' if self.value('pace') == ACKNOWLEDGED else ''
        self.get_logger().info(f'{self.value("bag")} has ended: {played.n_played} messages published{unanswered}')
        rclpy.try_shutdown()


def _message_class(message_type: str) -> Any:
    """The class of a message type such as `sensor_msgs/msg/Image`; None when its package is not installed."""
    package, _, name = message_type.partition('/msg/')
    try:
        return getattr(importlib.import_module(f'{package}.msg'), name)
    except (ImportError, AttributeError):
        return None


def _qos(topic: Topic) -> QoSProfile:
    """What those offered who published it; where they differ, what all of them did."""
    offered = topic.offered_qos
    if not offered:
        # As `ros2 bag play`, except that nobody offers images reliably.
        return SENSOR_DATA if topic.message_type in ANSWERABLE else RELIABLE
    reliable = all(qos.reliability == QosReliability.RELIABLE for qos in offered)
    latched = all(qos.durability == QosDurability.TRANSIENT_LOCAL for qos in offered)
    return QoSProfile(
        # A bag has 0 where it could not tell.
        depth=max(qos.depth for qos in offered) or RELIABLE.depth,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
    )


def main() -> int:
    """Entry point of `ros2 run blendfer_ros replay_node`."""
    return run(ReplayNode)
