"""`emotion/event` and `emotion/event_json`, for any dialogue manager."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from std_msgs.msg import String

from blendfer_ros.dialogue.events import DialogueEvent
from blendfer_ros.dialogue.wording import as_json
from blendfer_ros.msg import EmotionEvent
from blendfer_ros.nodes.conversions import event_to_message
from blendfer_ros.nodes.managed_node import ManagedNode
from blendfer_ros.nodes.qos import LATCHED


class TopicAdapter:
    """Publishes events; whoever subscribes late gets the last, which is what still holds."""

    # Whether anybody listens is for the listeners to say.
    problem = ''

    def __init__(self, node: ManagedNode) -> None:
        self._node = node
        self._event = node.create_publisher(EmotionEvent, 'emotion/event', LATCHED)
        self._json = node.create_publisher(String, 'emotion/event_json', LATCHED)

    def send(self, event: DialogueEvent) -> None:
        """Publish it in both forms."""
        self._event.publish(event_to_message(event))
        self._json.publish(String(data=as_json(event)))

    def close(self) -> None:
        """Withdraw the topics."""
        self._node.destroy_publisher(self._event)
        self._node.destroy_publisher(self._json)


def prepare(node: ManagedNode) -> Callable[[], TopicAdapter]:
    """Needs nothing."""
    return partial(TopicAdapter, node)
