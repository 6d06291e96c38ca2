"""use_sim_time without /clock: the nodes go on saying how it is, and say that time stands still."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rosgraph_msgs.msg import Clock
from support.ros_process import NodeProcess, Peer

from blendfer_ros.msg import Emotion
from blendfer_ros.nodes.conversions import ns_to_time
from blendfer_ros.nodes.qos import RELIABLE

PROBLEM = 'use_sim_time is set, but time does not pass: '


def test_emotion_and_diagnostics_are_there_and_name_the_cause_until_time_passes(
    peer: Peer, start: Callable[..., NodeProcess]
) -> None:
    emotion = peer.collect(Emotion, 'timeless/emotion', RELIABLE)
    arrays = peer.collect(DiagnosticArray, '/diagnostics', RELIABLE)
    node = start('emotion_classifier_node', namespace='timeless', use_sim_time=True)

    def wait_for(text: str) -> None:
        arrays.clear()
        told = (DiagnosticStatus.ERROR, text)
        peer.spin_until(lambda: told in {(status.level, status.message) for array in arrays for status in array.status})

    peer.spin_until(lambda: len(emotion) > 5)
    assert {message.state for message in emotion} == {Emotion.STALE}
    wait_for(f'{PROBLEM}nobody publishes /clock')
    node.wait_for_line(f'{PROBLEM}nobody publishes /clock')
    clock = peer.node.create_publisher(Clock, '/clock', 1)
    wait_for(f'{PROBLEM}it stands still on /clock')
    now_ns = 10**9

    def tick() -> None:
        nonlocal now_ns
        now_ns += 10**7
        clock.publish(Clock(clock=ns_to_time(now_ns)))

    timer = peer.node.create_timer(0.01, tick)
    wait_for('no blendshapes: nobody publishes on /timeless/blendshapes')
    node.wait_for_line('time passes again')
    peer.node.destroy_timer(timer)
    peer.node.destroy_publisher(clock)


def test_a_node_that_is_not_active_says_so_and_why(
    peer: Peer, start: Callable[..., NodeProcess], tmp_path: Path
) -> None:
    arrays = peer.collect(DiagnosticArray, '/diagnostics', RELIABLE)
    start('emotion_classifier_node', namespace='idle', autostart=False)
    start('emotion_classifier_node', namespace='refused', model=tmp_path / 'none.tflite')

    def said(node: str) -> set[tuple[bytes, str]]:
        return {(s.level, s.message) for array in arrays for s in array.status if s.name.startswith(f'/{node}/')}

    peer.spin_until(lambda: said('idle') and said('refused'))
    assert said('idle') == {(DiagnosticStatus.OK, 'not configured')}
    assert said('refused') == {(DiagnosticStatus.ERROR, f'cannot configure: no model at {tmp_path}/none.tflite')}
