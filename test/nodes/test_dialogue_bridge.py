"""Changes of `emotion` become events, at the right time, and whoever does not take them delays nobody."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from std_msgs.msg import Bool, String
from support.dialogue_server import DialogueServer
from support.ros_process import NodeProcess, Peer
from support.shown_faces import sad_face, shown
from support.told_emotions import repeated_emotion, settle

from blendfer_ros.core.stamps import time_to_ns
from blendfer_ros.msg import Emotion, EmotionEvent
from blendfer_ros.nodes.qos import LATCHED, RELIABLE

# Every change is told at once.
EAGER = {'stable_s': 0.0, 'quiet_s': 0.0, 'min_interval_s': 0.0}


@pytest.fixture
def server() -> Iterator[DialogueServer]:
    server = DialogueServer()
    yield server
    server.close()


def emotions_of(events: list[EmotionEvent]) -> list[str]:
    return [event.emotion for event in events]


def test_an_event_is_published_as_a_message_and_as_json_and_latched(
    peer: Peer, start: Callable[..., NodeProcess]
) -> None:
    events = peer.collect(EmotionEvent, 'told/emotion/event', LATCHED)
    texts = peer.collect(String, 'told/emotion/event_json', LATCHED)
    start('dialogue_bridge_node', namespace='told', **EAGER)
    with repeated_emotion(peer, 'told') as show:
        show('happy')
        peer.spin_until(lambda: len(events) == 1 and len(texts) == 1)
        show('sad', confidence=0.5)
        event = peer.spin_until(lambda: len(events) == 2 and len(texts) == 2 and events[1])
        late = peer.collect(EmotionEvent, 'told/emotion/event', LATCHED)
        peer.spin_until(lambda: late)
    assert [e.kind for e in events] == [EmotionEvent.PERSON_ARRIVED, EmotionEvent.EMOTION_CHANGED]
    assert (event.face_id, event.emotion, event.previous_emotion, event.confidence) == ('face_1', 'sad', 'happy', 0.5)
    assert event.header.frame_id == 'head'
    assert time_to_ns(event.since) == time_to_ns(event.header.stamp)
    assert late == [event]
    text = json.loads(texts[1].data)
    assert (text['kind'], text['emotion'], text['stamp_s']) == ('emotion_changed', 'sad', event.header.stamp.sec)


def test_while_somebody_speaks_nothing_is_told_until_their_detector_says_or_has_gone(
    peer: Peer, start: Callable[..., NodeProcess]
) -> None:
    events = peer.collect(EmotionEvent, 'speech/emotion/event', LATCHED)
    start('dialogue_bridge_node', namespace='speech', **EAGER)
    speaking = peer.node.create_publisher(Bool, 'speech/speaking', RELIABLE)
    peer.spin_until(speaking.get_subscription_count)
    with repeated_emotion(peer, 'speech') as show:
        show('happy')
        peer.spin_until(lambda: emotions_of(events) == ['happy'])
        for emotion_meanwhile, emotion_after in (('sad', 'unknown'), ('happy', 'sad')):
            speaking.publish(Bool(data=True))
            settle(peer, 'speech')
            show(emotion_meanwhile)
            settle(peer, 'speech')
            show(emotion_after)
            settle(peer, 'speech')
            if emotion_after == 'unknown':
                speaking.publish(Bool(data=False))
            else:
                peer.node.destroy_publisher(speaking)
            peer.spin_until(lambda expected=emotion_after: emotions_of(events)[-1] == expected)
    assert emotions_of(events) == ['happy', 'unknown', 'sad']


def test_how_often_may_be_changed_while_it_runs(peer: Peer, start: Callable[..., NodeProcess]) -> None:
    events = peer.collect(EmotionEvent, 'often/emotion/event', LATCHED)
    start('dialogue_bridge_node', namespace='often', stable_s=0.0, min_interval_s=3600.0)
    with repeated_emotion(peer, 'often') as show:
        show('happy')
        peer.spin_until(lambda: events)
        show('sad')
        settle(peer, 'often')
        show('unknown')
        settle(peer, 'often')
        request = SetParameters.Request(parameters=[Parameter('min_interval_s', value=0.0).to_parameter_msg()])
        assert peer.call(SetParameters, '/often/dialogue_bridge_node/set_parameters', request).results[0].successful
        peer.spin_until(lambda: len(events) > 1)
    assert emotions_of(events) == ['happy', 'unknown']


def test_a_slow_dialogue_server_delays_neither_emotion_nor_the_bridge(
    peer: Peer, start: Callable[..., NodeProcess], server: DialogueServer
) -> None:
    server.hold()
    emotion = peer.collect(Emotion, 'slow/emotion', RELIABLE)
    start('emotion_classifier_node', namespace='slow')
    start('dialogue_bridge_node', namespace='slow', adapter='http', http_url=server.url, http_timeout_s=60.0, **EAGER)
    with shown(peer, 'slow', [sad_face()]):
        peer.spin_until(lambda: server.bodies)
        before = len(emotion)
        peer.spin_until(lambda: len(emotion) >= before + 20)
        settle(peer, 'slow')
    assert len(server.bodies) == 1
    # Ended by the fixture on Ctrl-C, with the request still unanswered.


def test_what_a_slow_dialogue_server_missed_is_not_made_up_for_but_for_the_newest(
    peer: Peer, start: Callable[..., NodeProcess], server: DialogueServer
) -> None:
    server.hold()
    start('dialogue_bridge_node', namespace='newest', adapter='http', http_url=server.url, http_timeout_s=60.0, **EAGER)
    with repeated_emotion(peer, 'newest') as show:
        show('happy')
        peer.spin_until(lambda: server.bodies)
        for emotion in ('sad', 'happy', 'unknown', 'sad'):
            show(emotion)
            settle(peer, 'newest')
        server.release()
        peer.spin_until(lambda: len(server.bodies) == 2)
    first, second = server.bodies
    assert (first['kind'], first['emotion']) == ('person_arrived', 'happy')
    assert (second['kind'], second['emotion'], second['previous_emotion']) == ('emotion_changed', 'sad', 'unknown')


def test_deactivated_it_lets_a_dead_server_be_and_activated_again_it_tells_anew(
    peer: Peer, start: Callable[..., NodeProcess]
) -> None:
    gone = DialogueServer()
    gone.close()
    diagnostics = peer.collect(DiagnosticArray, '/diagnostics', RELIABLE)
    bridge = start('dialogue_bridge_node', namespace='dead', adapter='http', http_url=gone.url, http_retries=0, **EAGER)

    def health() -> tuple[bytes, str] | None:
        """What the bridge last said of itself."""
        statuses = [array.status[0] for array in diagnostics if array.status[0].name.startswith('/dead/')]
        return (statuses[-1].level, statuses[-1].message) if statuses else None

    def change(transition: int) -> Any:
        request = ChangeState.Request(transition=Transition(id=transition))
        return peer.call(ChangeState, '/dead/dialogue_bridge_node/change_state', request).success

    peer.spin_until(lambda: health() == (DiagnosticStatus.ERROR, 'nobody publishes on /dead/emotion'))
    with repeated_emotion(peer, 'dead') as show:
        peer.spin_until(lambda: health() == (DiagnosticStatus.OK, 'telling http'))
        show('happy')
        assert 'Connection refused' in bridge.wait_for_line('events are lost until it answers')
        level, message = peer.spin_until(lambda: health() if gone.url in (health() or ('', ''))[1] else None)
        assert level == DiagnosticStatus.WARN
        assert 'Connection refused' in message
        assert change(Transition.TRANSITION_DEACTIVATE)
        peer.spin_until(lambda: not peer.node.count_subscribers('/dead/emotion'))
        back = DialogueServer(gone.port)
        try:
            assert change(Transition.TRANSITION_ACTIVATE)
            peer.spin_until(lambda: back.bodies)
        finally:
            back.close()
        assert back.bodies[0]['kind'] == 'person_arrived'


@pytest.mark.parametrize(
    ('parameters', 'cause'),
    [
        ({'adapter': 'telepathy'}, "adapter is 'telepathy', expected one of topic, chatbot, intent, http"),
        ({'adapter': 'http'}, "http_url is '', expected something like http://localhost:5005/path"),
        ({'adapter': 'http', 'http_url': 'localhost'}, "http_url is 'localhost', expected something like"),
        ({'adapter': 'http', 'http_url': 'http://h', 'http_body': 'raza'}, "http_body is 'raza', neither generic nor"),
    ],
)
def test_what_it_cannot_work_with_it_refuses_to_be_configured_with(
    parameters: dict, cause: str, start: Callable[..., NodeProcess]
) -> None:
    bridge = start('dialogue_bridge_node', namespace='refused', **parameters)
    assert f'cannot configure: {cause}' in bridge.wait_for_line('cannot configure')
    assert bridge.is_alive


@pytest.mark.parametrize(('adapter', 'package'), [('chatbot', 'chatbot_msgs'), ('intent', 'hri_actions_msgs')])
def test_an_adapter_whose_package_is_missing_refuses_and_names_it(
    adapter: str, package: str, start: Callable[..., NodeProcess]
) -> None:
    if importlib.util.find_spec(package):
        pytest.skip(f'{package} is installed')
    bridge = start('dialogue_bridge_node', namespace='missing', adapter=adapter)
    line = bridge.wait_for_line('cannot configure')
    assert f'this adapter needs the package {package}, which is not installed: build it from https://' in line
    assert bridge.is_alive


def test_a_body_by_template_reaches_the_server(
    peer: Peer, start: Callable[..., NodeProcess], server: DialogueServer, tmp_path: Path
) -> None:
    template = tmp_path / 'body.json'
    template.write_text('{"sender": "$face_id", "message": "/mood", "metadata": {"mood": "$emotion"}}')
    url = server.url
    start('dialogue_bridge_node', namespace='template', adapter='http', http_url=url, http_body=template, **EAGER)
    with repeated_emotion(peer, 'template') as show:
        show('sad')
        peer.spin_until(lambda: server.bodies)
    assert server.bodies == [{'sender': 'face_1', 'message': '/mood', 'metadata': {'mood': 'sad'}}]
    assert server.paths == ['/events?token=1']
