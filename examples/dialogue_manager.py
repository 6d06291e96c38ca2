#!/usr/bin/env python3
"""The smallest dialogue manager: hears what `dialogue_bridge_node` tells and says something fitting.

    ros2 launch blendfer_ros emotion.launch.py dialogue_adapter:=topic
    ros2 run blendfer_ros dialogue_manager

`make demo` runs it to show the whole loop, from the camera to what the robot says. Yours would hand the event to its
dialogue engine where this one looks it up in a table.
"""

from __future__ import annotations

import sys

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from blendfer_ros.msg import EmotionEvent

# As `emotion/event` offers: who starts late still hears the last event.
QOS = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)

ANSWERS = {
    (EmotionEvent.PERSON_ARRIVED, EmotionEvent.HAPPY): 'Hello! You are in a good mood.',
    (EmotionEvent.PERSON_ARRIVED, EmotionEvent.SAD): 'Hello. Is everything all right?',
    (EmotionEvent.PERSON_ARRIVED, EmotionEvent.UNKNOWN): 'Hello!',
    (EmotionEvent.EMOTION_CHANGED, EmotionEvent.HAPPY): 'Glad to see you smile!',
    (EmotionEvent.EMOTION_CHANGED, EmotionEvent.SAD): 'Did I say something wrong?',
    (EmotionEvent.PERSON_LEFT, EmotionEvent.UNKNOWN): 'Goodbye!',
}


class DialogueManager(Node):
    """Says something when there is something to say."""

    def __init__(self) -> None:
        super().__init__('dialogue_manager')
        self.create_subscription(EmotionEvent, 'emotion/event', self._on_event, QOS)

    def _on_event(self, event: EmotionEvent) -> None:
        answer = ANSWERS.get((event.kind, event.emotion))
        if answer:
            print(f'          robot: {answer}  ({event.kind}, {event.emotion}, {event.face_id})', flush=True)


def main() -> int:
    """Listen until Ctrl-C."""
    rclpy.init()
    node = DialogueManager()
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
    return 0


if __name__ == '__main__':
    sys.exit(main())
