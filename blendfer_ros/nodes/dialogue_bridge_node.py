"""`emotion` → a dialogue manager, through the adapter chosen by parameter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rclpy.subscription import Subscription
from std_msgs.msg import Bool

from blendfer_ros.core.errors import FrameError, ParameterError
from blendfer_ros.dialogue.events import EventGate, GateOptions
from blendfer_ros.dialogue.wording import as_json
from blendfer_ros.msg import Emotion
from blendfer_ros.nodes.adapters import chatbot, http_server, intent, topic
from blendfer_ros.nodes.adapters.adapter import Adapter, Prepare
from blendfer_ros.nodes.conversions import message_to_sighting
from blendfer_ros.nodes.diagnostics import ERROR, OK, WARN, Health
from blendfer_ros.nodes.managed_node import ManagedNode, run
from blendfer_ros.nodes.qos import RELIABLE, SENSOR_DATA
from blendfer_ros.parameters.table import DIALOGUE_BRIDGE

ADAPTERS: Final[dict[str, Prepare]] = {
    'topic': topic.prepare,
    'chatbot': chatbot.prepare,
    'intent': intent.prepare,
    'http': http_server.prepare,
}


class DialogueBridgeNode(ManagedNode):
    """Tells a dialogue manager the few things about the person in front of the robot that it should know."""

    PARAMETERS = DIALOGUE_BRIDGE

    _gate: EventGate
    _adapter: Adapter
    _emotion: Subscription
    _speaking: Subscription

    def __init__(self) -> None:
        super().__init__('dialogue_bridge_node')

    def configure(self) -> None:
        name = self.value('adapter')
        if name not in ADAPTERS:
            raise ParameterError(f'adapter is {name!r}, expected one of {", ".join(ADAPTERS)}')
        self._make_adapter: Callable[[], Adapter] = ADAPTERS[name](self)

    def activate(self) -> None:
        self._gate = EventGate(self._gate_options())
        self._adapter = self._make_adapter()
        self._last_event = ''
        self._emotion = self.create_subscription(Emotion, 'emotion', self._on_emotion, RELIABLE)
        # Best effort, which also takes from publishers that are reliable.
        self._speaking = self.create_subscription(Bool, 'speaking', self._on_speaking, SENSOR_DATA)
        self.get_logger().info(f'telling {self.value("adapter")} of changes on {self._emotion.topic_name}')

    def health(self) -> Health:
        values = {'Adapter': self.value('adapter'), 'Last event': self._last_event}
        if not self.count_publishers(self._emotion.topic_name):
            return Health(ERROR, f'nobody publishes on {self._emotion.topic_name}', values)
        if self._adapter.problem:
            return Health(WARN, self._adapter.problem, values)
        return Health(OK, f'telling {self.value("adapter")}', values)

    def retune(self) -> None:
        if self._active:
            self._gate.options = self._gate_options()

    def deactivate(self) -> None:
        self.destroy_subscription(self._speaking)
        self.destroy_subscription(self._emotion)
        self._adapter.close()

    def _gate_options(self) -> GateOptions:
        return GateOptions(self.value('stable_s'), self.value('quiet_s'), self.value('min_interval_s'))

    def _on_emotion(self, message: Emotion) -> None:
        now_ns = self.now_ns()
        if not self.count_publishers(self._speaking.topic_name):
            # Whoever said that somebody speaks has gone, and will not say when they have finished.
            self._gate.hear(now_ns, is_speaking=False)
        try:
            sighting = message_to_sighting(message)
        except FrameError as error:
            self.warn(error.reason, f'emotion skipped: {error}')
            return
        event = self._gate.see(sighting, now_ns)
        if event is not None:
            self._last_event = as_json(event)
            self._adapter.send(event)

    def _on_speaking(self, message: Bool) -> None:
        self._gate.hear(self.now_ns(), is_speaking=message.data)


def main() -> int:
    """Entry point of `ros2 run blendfer_ros dialogue_bridge_node`."""
    return run(DialogueBridgeNode)
