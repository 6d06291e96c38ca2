"""What nodes really use, by the graph of ROS, is what the policy allows: no less, and no more."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest
from support.ros_process import NodeProcess, Peer

from blendfer_ros.security.interfaces import NODES, PROCESSES, Interface
from blendfer_ros.security.policy import resolved


@pytest.fixture
def parameters(bundle: Path, clips: Path) -> dict[str, dict[str, object]]:
    """What an executable needs before it does anything."""
    return {
        'video_source_node': {'source': clips / 'neutral_to_happy.mp4', 'wait_for_subscribers': 9},
        'replay_node': {'bag': 'sad_to_happy', 'wait_for_subscribers': 9},
    }


def used_by(peer: Peer, node: str, namespace: str) -> Interface:
    """As a node has it in the graph."""
    of = peer.node
    asked = (
        of.get_publisher_names_and_types_by_node,
        of.get_subscriber_names_and_types_by_node,
        of.get_service_names_and_types_by_node,
        of.get_client_names_and_types_by_node,
    )
    return Interface(*(tuple(name for name, _ in ask(node, namespace)) for ask in asked))


def unexpected(found: Interface, allowed: Interface) -> set[str]:
    """What is used although the policy does not allow it; names that end in `*` allow all that begin so."""
    missing: set[str] = set()
    for names, may in zip(vars(found).values(), vars(allowed).values(), strict=True):
        beginnings = tuple(name.removesuffix('*') for name in may if name.endswith('*'))
        missing |= {name for name in names if name not in may and not (beginnings and name.startswith(beginnings))}
    return missing


def unused(found: Interface, always: Interface) -> set[str]:
    """What the policy says is always used, and is not."""
    return {
        name
        for names, must in zip(vars(found).values(), vars(always).values(), strict=True)
        for name in must
        if name not in names
    }


@pytest.mark.parametrize('executable', PROCESSES)
def test_a_node_uses_what_the_policy_allows_and_no_more(
    executable: str, parameters: dict[str, dict[str, object]], peer: Peer, start: Callable[..., NodeProcess]
) -> None:
    if executable == 'ros4hri_node' and importlib.util.find_spec('hri_msgs') is None:
        pytest.skip('needs the package hri_msgs')
    namespace = f'/policy/{executable}'
    start(executable, namespace=namespace[1:], **parameters.get(executable, {}))
    for node in PROCESSES[executable]:
        always = resolved(NODES[node].always, node, namespace)
        peer.spin_until(
            lambda node=node: (
                node in {name for name, ns in peer.node.get_node_names_and_namespaces() if ns == namespace}
            )
        )
        peer.spin_until(lambda node=node, always=always: not unused(used_by(peer, node, namespace), always), 20.0)
        # A subscription to images is there once the node is active, which is last.
        found = used_by(peer, node, namespace)
        assert unexpected(found, resolved(NODES[node].allowed, node, namespace)) == set()


def test_somebody_looking_at_annotated_makes_no_use_of_more_than_the_policy_allows(
    bundle: object, peer: Peer, start: Callable[..., NodeProcess], clips: Path
) -> None:
    from rclpy.qos import qos_profile_sensor_data
    from sensor_msgs.msg import Image

    start('emotion_pipeline', namespace='looked')
    seen = peer.collect(Image, 'looked/annotated', qos_profile_sensor_data)
    start('video_source_node', namespace='looked', source=clips / 'neutral_to_happy.mp4', loop=True)
    peer.spin_until(lambda: seen)
    used = used_by(peer, 'face_landmarker_node', '/looked')
    assert {'/looked/image', '/looked/emotions'} <= set(used.subscribes)
    allowed = resolved(NODES['face_landmarker_node'].allowed, 'face_landmarker_node', '/looked')
    assert unexpected(used, allowed) == set()
