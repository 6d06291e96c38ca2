"""Blendshapes without expression scores are answered by the fallback, and that is told once each time it begins."""

from __future__ import annotations

import array
from collections.abc import Callable
from pathlib import Path

import pytest
from support.ros_process import NodeProcess, Peer
from support.scored_faces import NETWORK, log_scores
from support.shown_faces import sad_face, shown

from blendfer_ros.msg import Blendshapes, EmotionArray
from blendfer_ros.nodes.qos import RELIABLE

WITHOUT = 'faces come without expression scores that first reads: second answers'
BACK = 'expression scores are there: first answers'


def scored_face(network: str = NETWORK) -> Blendshapes:
    face = sad_face()
    face.expression_scores = array.array('f', log_scores(0.0, 0.9))
    face.expression_model = network
    return face


@pytest.mark.parametrize('network', ['', 'expressions-ffffffffffff'])
def test_the_fallback_is_told_when_it_begins_and_when_it_ends(
    network: str, falling_back_model: Path, peer: Peer, start: Callable[..., NodeProcess]
) -> None:
    namespace = 'foreign' if network else 'plain'
    answers = peer.collect(EmotionArray, f'{namespace}/emotions', RELIABLE)
    node = start('emotion_classifier_node', namespace=namespace, model=falling_back_model)
    node.wait_for_line('model first')
    unread = scored_face(network) if network else sad_face()
    for _ in range(2):
        with shown(peer, namespace, [unread]):
            peer.spin_until(lambda: node.has_line(WITHOUT))
            wanted = len(answers) + 20
            peer.spin_until(lambda wanted=wanted: len(answers) >= wanted)
        assert {each.face_id for answer in answers for each in answer.emotions} == {unread.face_id}
        assert sum(WITHOUT in line for line in node.lines) == 1
        assert '[WARN]' in next(line for line in node.lines if WITHOUT in line)
        with shown(peer, namespace, [scored_face()]):
            peer.spin_until(lambda: node.has_line(BACK))
        node.lines.clear()


def test_nothing_is_told_while_the_model_asked_for_answers(
    falling_back_model: Path, peer: Peer, start: Callable[..., NodeProcess]
) -> None:
    answers = peer.collect(EmotionArray, 'complete/emotions', RELIABLE)
    node = start('emotion_classifier_node', namespace='complete', model=falling_back_model)
    node.wait_for_line('model first')
    with shown(peer, 'complete', [scored_face()]):
        peer.spin_until(lambda: len(answers) > 20)
    assert len(answers[-1].emotions[0].expressions) == 7
    # What would have been told was told before this.
    with shown(peer, 'complete', [sad_face()]):
        peer.spin_until(lambda: node.has_line(WITHOUT))
    assert not any(BACK in line for line in node.lines)
