"""A chatbot of PAL's chatbot_msgs: events become context of its dialogues that nobody uttered."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from action_msgs.msg import GoalStatus, GoalStatusArray
from rclpy.task import Future

from blendfer_ros.core.errors import DependencyError
from blendfer_ros.dialogue.events import DialogueEvent
from blendfer_ros.dialogue.wording import as_sentence
from blendfer_ros.nodes.adapters.adapter import installed
from blendfer_ros.nodes.managed_node import ManagedNode
from blendfer_ros.nodes.qos import LATCHED

OPEN: Final = (GoalStatus.STATUS_ACCEPTED, GoalStatus.STATUS_EXECUTING)
NEEDED_FIELDS: Final = {'dialogue_id', 'user_id', 'input', 'response_expected'}


class ChatbotAdapter:
    """Adds each event to every open dialogue, and the last one to a dialogue when it opens.

    A dialogue is a goal of the chatbot's action `start_dialogue`, and its id the goal's, which the action's status
    topic tells everybody; so whoever opens dialogues need not know of us.
    """

    def __init__(self, node: ManagedNode, service_type: Any) -> None:
        self._node = node
        self._request_type = service_type.Request
        self._dialogues: dict[bytes, Any] = {}
        self._last: DialogueEvent | None = None
        self._pending: set[Future] = set()
        chatbot = node.value('chatbot').rstrip('/')
        self._client = node.create_client(service_type, f'{chatbot}/dialogue_interaction')
        self._subscription = node.create_subscription(
            GoalStatusArray, f'{chatbot}/start_dialogue/_action/status', self._on_statuses, LATCHED
        )

    @property
    def problem(self) -> str:
        """Whether there is a chatbot."""
        return '' if self._client.service_is_ready() else f'nobody offers {self._client.srv_name}'

    def send(self, event: DialogueEvent) -> None:
        """Add it to the dialogues that are open; what the chatbot has not answered by now it need not answer."""
        self._forget_pending()
        self._last = event
        for dialogue_id in self._dialogues.values():
            self._add(event, dialogue_id)

    def close(self) -> None:
        """Listen to the chatbot no more."""
        self._forget_pending()
        self._node.destroy_subscription(self._subscription)
        self._node.destroy_client(self._client)

    def _on_statuses(self, message: GoalStatusArray) -> None:
        before = self._dialogues
        ids = [status.goal_info.goal_id for status in message.status_list if status.status in OPEN]
        self._dialogues = {bytes(dialogue_id.uuid): dialogue_id for dialogue_id in ids}
        for key in self._dialogues.keys() - before.keys():
            if self._last is not None:
                self._add(self._last, self._dialogues[key])

    def _add(self, event: DialogueEvent, dialogue_id: Any) -> None:
        if self.problem:
            self._node.warn('no chatbot', f'{self.problem}: a dialogue goes on without {event.kind}')
            return
        request = self._request_type(
            dialogue_id=dialogue_id,
            user_id=self._request_type.SYSTEM_USER_ID,
            input=as_sentence(event),
            response_expected=False,
        )
        future = self._client.call_async(request)
        future.add_done_callback(self._on_answer)
        self._pending.add(future)

    def _on_answer(self, future: Future) -> None:
        self._pending.discard(future)
        if problem := future.result().error_msg:
            self._node.warn('refused', f'{self._client.srv_name} refused an event: {problem}')

    def _forget_pending(self) -> None:
        for future in self._pending:
            self._client.remove_pending_request(future)
        self._pending.clear()


def prepare(node: ManagedNode) -> Callable[[], ChatbotAdapter]:
    """Needs the package chatbot_msgs, in a version whose dialogues take context."""
    service_type = installed('chatbot_msgs', 'srv', 'DialogueInteraction')
    if missing := NEEDED_FIELDS - service_type.Request.get_fields_and_field_types().keys():
        raise DependencyError(
            'DialogueInteraction of the installed chatbot_msgs has no '
            f'{", ".join(sorted(missing))}: this adapter needs version 3 of the package'
        )
    return partial(ChatbotAdapter, node, service_type)
