"""The adapters that need packages of others, where those are installed."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.action import ActionClient, ActionServer
from support.ros_process import NodeProcess, Peer
from support.told_emotions import repeated_emotion

from blendfer_ros.nodes.qos import RELIABLE

EAGER = {'stable_s': 0.0, 'quiet_s': 0.0, 'min_interval_s': 0.0}


def test_an_intent_says_what_is_seen_of_somebody_unknown(peer: Peer, start: Callable[..., NodeProcess]) -> None:
    messages = pytest.importorskip('hri_actions_msgs.msg', reason='needs hri_actions_msgs')
    intents = peer.collect(messages.Intent, '/intents', RELIABLE)
    numbers = itertools.count()
    start('dialogue_bridge_node', namespace='intent', adapter='intent', **EAGER)
    peer.spin_until(lambda: peer.node.count_publishers('/intents'))
    with repeated_emotion(peer, 'intent') as show:
        # Somebody new again until it arrives, as who has just met may miss the first.
        peer.deliver(lambda: show('sad', face_id=f'face_{next(numbers)}'), lambda: intents)
        show('happy', face_id='face_x')
        intent = peer.spin_until(lambda: intents[-1] if 'face_x' in intents[-1].data else None)
    assert intent.intent == '__intent_person_arrived__'
    assert (intent.source, intent.modality) == (messages.Intent.UNKNOWN_AGENT, messages.Intent.MODALITY_OTHER)
    assert (intent.priority, intent.confidence) == (128, 0.75)
    data = json.loads(intent.data)
    assert data['object'] == 'happy'
    assert data['other_data']['face_id'] == 'face_x'


class Chatbot:
    """A chatbot with dialogues that last until they are ended, and what was added to them."""

    def __init__(self, peer: Peer, name: str) -> None:
        self.actions = pytest.importorskip('chatbot_msgs.action', reason='needs chatbot_msgs')
        self.services = pytest.importorskip('chatbot_msgs.srv', reason='needs chatbot_msgs')
        self.requests: list[Any] = []
        self.refusal = ''
        self._peer = peer
        self._handles: dict[bytes, Any] = {}
        self._server = ActionServer(
            peer.node,
            self.actions.Dialogue,
            f'{name}/start_dialogue',
            execute_callback=self._finish,
            handle_accepted_callback=lambda handle: self._handles.update({bytes(handle.goal_id.uuid): handle}),
        )
        self._service = peer.node.create_service(
            self.services.DialogueInteraction, f'{name}/dialogue_interaction', self._on_interaction
        )
        self._client = ActionClient(peer.node, self.actions.Dialogue, f'{name}/start_dialogue')

    def open_dialogue(self) -> bytes:
        """The id of a new dialogue."""
        self._peer.spin_until(self._client.server_is_ready)
        future = self._client.send_goal_async(self.actions.Dialogue.Goal())
        self._peer.spin_until(future.done)
        return bytes(future.result().goal_id.uuid)

    def end_dialogue(self, dialogue_id: bytes) -> None:
        self._handles[dialogue_id].execute()

    def close(self) -> None:
        self._client.destroy()
        self._server.destroy()
        self._peer.node.destroy_service(self._service)

    def _finish(self, handle: Any) -> Any:
        handle.succeed()
        return self.actions.Dialogue.Result()

    def _on_interaction(self, request: Any, response: Any) -> Any:
        self.requests.append(request)
        response.error_msg = self.refusal
        return response


def test_open_dialogues_of_a_chatbot_get_context_that_nobody_uttered(
    peer: Peer, start: Callable[..., NodeProcess]
) -> None:
    chatbot = Chatbot(peer, '/test_chatbot')
    requests = chatbot.requests
    diagnostics = peer.collect(DiagnosticArray, '/diagnostics', RELIABLE)
    bridge = start('dialogue_bridge_node', namespace='chat', adapter='chatbot', chatbot='/test_chatbot', **EAGER)
    with repeated_emotion(peer, 'chat') as show:
        # Well once it has found the chatbot.
        peer.spin_until(lambda: any(array.status[0].message == 'telling chatbot' for array in diagnostics))
        show('happy')
        first = chatbot.open_dialogue()
        # One that opens later hears what was told last.
        peer.spin_until(lambda: len(requests) == 1)
        show('sad')
        peer.spin_until(lambda: len(requests) == 2)
        second = chatbot.open_dialogue()
        peer.spin_until(lambda: len(requests) == 3)
        chatbot.end_dialogue(first)
        chatbot.refusal = 'not today'
        show('unknown')
        peer.spin_until(lambda: bytes(requests[-1].dialogue_id.uuid) == second and 'neither' in requests[-1].input)
        bridge.wait_for_line('/test_chatbot/dialogue_interaction refused an event: not today')
    chatbot.close()
    person = 'The person in front of you (face_1)'
    assert [(bytes(r.dialogue_id.uuid), r.input) for r in requests[:3]] == [
        (first, f'{person} has arrived and looks happy (confidence 0.75).'),
        (first, f'{person} now looks sad (confidence 0.75), no longer happy.'),
        (second, f'{person} now looks sad (confidence 0.75), no longer happy.'),
    ]
    assert {(r.user_id, r.response_expected) for r in requests} == {('__system__', False)}
