"""`calibrate_neutral` answers when a resting face is learnt, and from then on that face is unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from std_srvs.srv import Trigger
from support.ros_process import NodeProcess, Peer
from support.shown_faces import sad_face, shown

from blendfer_ros.msg import Emotion
from blendfer_ros.nodes.qos import RELIABLE


def calibrate(peer: Peer, namespace: str) -> Any:
    return peer.call(Trigger, f'/{namespace}/emotion_classifier_node/calibrate_neutral', Trigger.Request())


def test_a_face_that_rests_sad_is_unknown_once_it_is_learnt(peer: Peer, start: Callable[..., NodeProcess]) -> None:
    face = sad_face()
    start('emotion_classifier_node', namespace='rest')
    emotion = peer.collect(Emotion, 'rest/emotion', RELIABLE)
    with shown(peer, 'rest', [face]):
        peer.spin_until(lambda: emotion and emotion[-1].emotion == 'sad')
        answer = calibrate(peer, 'rest')
        assert answer.success
        assert answer.message == f'{face.face_id}: resting face learnt'
        peer.spin_until(lambda: emotion[-1].emotion == 'unknown' and emotion[-1].quality == Emotion.GOOD)


def test_with_nobody_in_view_there_is_nothing_to_learn(peer: Peer, start: Callable[..., NodeProcess]) -> None:
    start('emotion_classifier_node', namespace='empty')
    emotion = peer.collect(Emotion, 'empty/emotion', RELIABLE)
    with shown(peer, 'empty', []):
        peer.spin_until(lambda: emotion and emotion[-1].state == Emotion.NO_FACE)
        answer = calibrate(peer, 'empty')
    assert (answer.success, answer.message) == (False, 'nobody is in view')
