"""/diagnostics names the cause."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CompressedImage, Image
from support.ros_process import NodeProcess, Peer
from support.shown_faces import published, sad_face, shown

from blendfer_ros.core.assets import find_model, sha256_of
from blendfer_ros.nodes.conversions import bgr_to_message, ns_to_time

BLACK = np.zeros((120, 160, 3), np.uint8)


@pytest.fixture(scope='module')
def said(peer: Peer) -> list[DiagnosticStatus]:
    """What /diagnostics has said, newest last."""
    statuses: list[DiagnosticStatus] = []
    peer.node.create_subscription(
        DiagnosticArray, '/diagnostics', lambda message: statuses.extend(message.status), QoSProfile(depth=10)
    )
    return statuses


def wait_for(peer: Peer, said: list[DiagnosticStatus], node: str, level: bytes, text: str) -> dict[str, str]:
    """The values of the next status of `node` with this level and text."""
    said.clear()

    def found() -> list[DiagnosticStatus]:
        return [s for s in said if s.name == f'{node}: stream' and s.level == level and text in s.message]

    (status, *_) = peer.spin_until(found)
    return {pair.key: pair.value for pair in status.values}


def test_the_landmarker_says_why_there_are_no_faces(
    bundle: Path, peer: Peer, start: Callable[..., NodeProcess], said: list[DiagnosticStatus]
) -> None:
    start('face_landmarker_node', namespace='eyes', bundle=bundle)
    node = '/eyes/face_landmarker_node'
    error = DiagnosticStatus.ERROR
    wait_for(peer, said, node, error, 'nobody publishes on /eyes/image')
    with published(peer, '/eyes/image', CompressedImage, 0.05):
        wait_for(
            peer, said, node, error, 'published as sensor_msgs/msg/CompressedImage, expected sensor_msgs/msg/Image'
        )
    with published(peer, '/eyes/image', lambda: Image(encoding='bayer', height=1, width=1), 0.05):
        wait_for(peer, said, node, error, 'no image can be used: ')
    with published(peer, '/eyes/image', lambda: bgr_to_message(BLACK, ns_to_time(0), 'head'), 0.05):
        # Their stamps are of 1970.
        values = wait_for(peer, said, node, DiagnosticStatus.WARN, 's behind the clock of this machine')
    assert float(values['Actual frequency (Hz)']) > 0.0
    assert float(values['Processing time, 95th percentile (ms)']) > 0.0
    assert float(values['Peak memory (MB)']) > 50.0
    assert values['Faces'] == '0'


def test_the_classifier_names_its_model_and_what_it_lacks(
    peer: Peer, start: Callable[..., NodeProcess], said: list[DiagnosticStatus]
) -> None:
    start('emotion_classifier_node', namespace='mind')
    node = '/mind/emotion_classifier_node'
    values = wait_for(peer, said, node, DiagnosticStatus.ERROR, 'no blendshapes: nobody publishes on /mind/blendshapes')
    assert (values['Model'], values['Model SHA-256']) == ('blendfer', sha256_of(find_model()))
    with shown(peer, 'mind', [sad_face()]):
        values = wait_for(peer, said, node, DiagnosticStatus.OK, 'faces in view')
    assert values['Faces'] == '1'
