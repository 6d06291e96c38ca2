"""The reading of faces can be switched off and on, and `emotion` says which it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from std_msgs.msg import Bool
from std_srvs.srv import SetBool
from support.ros_process import NodeProcess, Peer

from blendfer_ros.msg import Emotion
from blendfer_ros.nodes.qos import LATCHED, RELIABLE

CLIP = 'neutral_to_happy.mp4'


def newest_is(messages: list[Emotion], state: int) -> Callable[[], bool]:
    return lambda: bool(messages) and messages[-1].state == state


@pytest.mark.parametrize(
    ('executables', 'switch'),
    [
        (['emotion_pipeline'], 'face_landmarker_node'),
        (['face_landmarker_node', 'emotion_classifier_node'], 'face_landmarker_node'),
        (['cnn_lstm_node'], 'cnn_lstm_node'),
    ],
)
def test_switched_off_nothing_is_looked_at_and_emotion_says_so(
    executables: list[str], switch: str, bundle: Path, clips: Path, peer: Peer, start: Callable[..., NodeProcess]
) -> None:
    namespace = f'switched_{executables[0]}_{len(executables)}'
    for name in executables:
        start(name, namespace=namespace, **({} if 'classifier' in name else {'bundle': bundle}))
    emotion = peer.collect(Emotion, f'{namespace}/emotion', RELIABLE)
    start('video_source_node', namespace=namespace, source=clips / CLIP, loop=True)
    peer.spin_until(newest_is(emotion, Emotion.TRACKING))

    answer = peer.call(SetBool, f'/{namespace}/{switch}/enable', SetBool.Request(data=False))
    assert answer.success
    assert answer.message == 'the reading of faces is off'
    peer.spin_until(newest_is(emotion, Emotion.DISABLED))
    peer.spin_until(lambda: not peer.node.count_subscribers(f'/{namespace}/image'))
    since = len(emotion)
    peer.spin_until(lambda: len(emotion) > since + 10)
    assert {(m.state, m.face_id, m.emotion, m.confidence) for m in emotion[since:]} == {
        (Emotion.DISABLED, '', Emotion.UNKNOWN, 0.0)
    }

    assert peer.call(SetBool, f'/{namespace}/{switch}/enable', SetBool.Request(data=True)).success
    peer.spin_until(newest_is(emotion, Emotion.TRACKING))
    states = [message.state for message in emotion[since:]]
    assert Emotion.TRACKING not in states[: states.index(Emotion.STALE)]


def test_the_parameter_is_the_same_switch_and_whoever_comes_late_learns_of_it(
    bundle: Path, peer: Peer, start: Callable[..., NodeProcess]
) -> None:
    start('face_landmarker_node', namespace='parameter', bundle=bundle, enabled=False)
    told = peer.collect(Bool, 'parameter/face_reading', LATCHED)
    peer.spin_until(lambda: told and not told[-1].data)
    start('emotion_classifier_node', namespace='parameter')
    emotion = peer.collect(Emotion, 'parameter/emotion', RELIABLE)
    peer.spin_until(newest_is(emotion, Emotion.DISABLED))
    value = ParameterValue(type=ParameterType.PARAMETER_BOOL, bool_value=True)
    request = SetParameters.Request(parameters=[Parameter(name='enabled', value=value)])
    assert peer.call(SetParameters, '/parameter/face_landmarker_node/set_parameters', request).results[0].successful
    peer.spin_until(lambda: told[-1].data)
    peer.spin_until(newest_is(emotion, Emotion.STALE))
