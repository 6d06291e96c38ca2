"""What may be changed while a node runs changes what it says; the rest is refused, and why."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rcl_interfaces.srv import DescribeParameters, SetParameters
from rclpy.parameter import Parameter
from support.ros_process import NodeProcess, Peer
from support.shown_faces import sad_face, shown

from blendfer_ros.msg import Emotion
from blendfer_ros.nodes.qos import RELIABLE

NODE = '/live/emotion_classifier_node'


def change(peer: Peer, **values: object) -> list[tuple[bool, str]]:
    parameters = [Parameter(name, value=value).to_parameter_msg() for name, value in values.items()]
    answer = peer.call(SetParameters, f'{NODE}/set_parameters', SetParameters.Request(parameters=parameters))
    return [(result.successful, result.reason) for result in answer.results]


@pytest.fixture(scope='module')
def emotion(peer: Peer, start: Callable[..., NodeProcess]) -> list[Emotion]:
    start('emotion_classifier_node', namespace='live')
    emotion = peer.collect(Emotion, 'live/emotion', RELIABLE)
    peer.spin_until(lambda: emotion)
    return emotion


def test_a_threshold_changes_what_is_said_of_the_same_face(peer: Peer, emotion: list[Emotion]) -> None:
    with shown(peer, 'live', [sad_face()]):
        peer.spin_until(lambda: emotion[-1].emotion == 'sad')
        assert change(peer, min_confidence=1.0) == [(True, '')]
        peer.spin_until(lambda: emotion[-1].emotion == 'unknown' and emotion[-1].quality == Emotion.GOOD)
        assert change(peer, min_face_px=4000.0) == [(True, '')]
        peer.spin_until(lambda: emotion[-1].quality == Emotion.TOO_SMALL)


def test_the_rate_changes(peer: Peer, emotion: list[Emotion]) -> None:
    assert change(peer, publish_rate=0.1) == [(True, '')]
    assert change(peer, publish_rate=50.0) == [(True, '')]
    before = len(emotion)
    # At the old rate this would take minutes.
    peer.spin_until(lambda: len(emotion) >= before + 20)


@pytest.mark.parametrize(
    ('values', 'cause'),
    [
        ({'model': 'other'}, 'model: read when the node is configured'),
        ({'primary': 'loudest'}, 'expected one of prominent, nearest, longest_seen, given'),
        ({'primary': 'given'}, 'primary_face_id is empty'),
        ({'min_confidence': 2.0}, 'min_confidence'),
        ({'min_confidence': 'high'}, 'Wrong parameter type'),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(
    peer: Peer, emotion: list[Emotion], values: dict, cause: str
) -> None:
    ((successful, reason),) = change(peer, **values)
    assert not successful
    assert cause in reason


def test_parameters_say_when_they_may_be_changed(peer: Peer, emotion: list[Emotion]) -> None:
    request = DescribeParameters.Request(names=['model', 'stale_after_s'])
    model, stale_after_s = peer.call(DescribeParameters, f'{NODE}/describe_parameters', request).descriptors
    assert model.additional_constraints == 'read when the node is configured'
    assert stale_after_s.additional_constraints == 'unit: s; can be changed while the node runs'
