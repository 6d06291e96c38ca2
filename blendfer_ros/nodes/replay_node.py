"""A blendshape recording → `blendshapes`, with its recorded timing: the classifier without camera or FaceLandmarker."""

from __future__ import annotations

from collections.abc import Iterator

import rclpy
from rclpy.qos import qos_profile_sensor_data
from rclpy.timer import Timer

from blendfer_ros.assets import find_recording
from blendfer_ros.evaluation.recording import RecordedMessage, read_recording
from blendfer_ros.msg import BlendshapesArray
from blendfer_ros.nodes import parameters
from blendfer_ros.nodes.managed_node import ManagedNode, run

TICK_S = 0.01


class RecordingPlayerNode(ManagedNode):
    """Publishes a recording once, message for message as it was recorded, and exits."""

    PARAMETERS = parameters.RECORDING_PLAYER

    _messages: Iterator[RecordedMessage]
    _next: RecordedMessage | None
    _timer: Timer

    def __init__(self) -> None:
        super().__init__('recording_player_node')

    def configure(self) -> None:
        self._publisher = self.create_lifecycle_publisher(BlendshapesArray, 'blendshapes', qos_profile_sensor_data)

    def activate(self) -> None:
        self._messages = read_recording(find_recording(self.value('recording')))
        self._next = next(self._messages, None)
        self._offset_ns: int | None = None
        self._timer = self.create_timer(TICK_S, self._publish_due)

    def deactivate(self) -> None:
        self.destroy_timer(self._timer)

    def cleanup(self) -> None:
        self.destroy_lifecycle_publisher(self._publisher)

    def _publish_due(self) -> None:
        now_ns = self.now_ns()
        if self._offset_ns is None:
            if self._publisher.get_subscription_count() < self.value('wait_for_subscribers'):
                return
            self._offset_ns = now_ns - (self._next.recorded_ns if self._next else 0)
        while self._next is not None and self._next.recorded_ns + self._offset_ns <= now_ns:
            self._publisher.publish(self._next.cdr)
            self._next = next(self._messages, None)
        if self._next is None:
            self.get_logger().info(f'{self.value("recording")} has ended')
            rclpy.try_shutdown()


def main() -> int:
    """Entry point of `ros2 run blendfer_ros recording_player_node`."""
    return run(RecordingPlayerNode)
