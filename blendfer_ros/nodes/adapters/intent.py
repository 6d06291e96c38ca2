"""`/intents`, as ROS4HRI's mission controllers listen to."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from blendfer_ros.dialogue.events import DialogueEvent
from blendfer_ros.dialogue.wording import json_fields
from blendfer_ros.nodes.adapters.adapter import installed
from blendfer_ros.nodes.managed_node import ManagedNode
from blendfer_ros.nodes.qos import RELIABLE

DEFAULT_PRIORITY: Final = 128


class IntentAdapter:
    """Publishes each event as an intent of its own name, such as `__intent_emotion_changed__`."""

    # Whether anybody listens is for the listeners to say.
    problem = ''

    def __init__(self, node: ManagedNode, intent_type: Any) -> None:
        self._node = node
        self._type = intent_type
        self._publisher = node.create_publisher(intent_type, '/intents', RELIABLE)

    def send(self, event: DialogueEvent) -> None:
        """Publish it."""
        self._publisher.publish(event_to_intent(event, self._type))

    def close(self) -> None:
        """Withdraw the topic."""
        self._node.destroy_publisher(self._publisher)


def event_to_intent(event: DialogueEvent, intent_type: Any) -> Any:
    """The event as an Intent message."""
    data = {'object': event.emotion, 'other_data': json_fields(event)}
    return intent_type(
        intent=f'__intent_{event.kind}__',
        data=json.dumps(data),
        # A face is not a person who has been recognised: that would be ROS4HRI's person id.
        source=intent_type.UNKNOWN_AGENT,
        modality=intent_type.MODALITY_OTHER,
        priority=DEFAULT_PRIORITY,
        confidence=event.confidence,
    )


def prepare(node: ManagedNode) -> Callable[[], IntentAdapter]:
    """Needs the package hri_actions_msgs."""
    return partial(IntentAdapter, node, installed('hri_actions_msgs', 'msg', 'Intent'))
