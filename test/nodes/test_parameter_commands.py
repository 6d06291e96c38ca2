"""Parameter files are taken by a running node: what we ship, and what `ros2 param dump` gave.

`ros2 param load` of Kilted asks rclpy's loader twice, the second time without naming the node, and so takes files with
a `/**` section alone, whatever node they are for; the loader itself takes all.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from rclpy.parameter_client import AsyncParameterClient
from support.launching import NEEDS_ROS2
from support.ros_process import NodeProcess, Peer

from blendfer_ros.core.assets import find_config
from blendfer_ros.parameters.table import EMOTION_CLASSIFIER

NODE = '/emotion_classifier_node'


@pytest.fixture(scope='module')
def classifier(start: Callable[..., NodeProcess]) -> NodeProcess:
    node = start('emotion_classifier_node')
    node.wait_for_line('model blendfer')
    return node


def load(peer: Peer, file: Path) -> list[tuple[bool, str]]:
    client = AsyncParameterClient(peer.node, NODE)
    peer.spin_until(client.services_are_ready)
    future = client.load_parameter_file(str(file), use_wildcard=True)
    peer.spin_until(future.done)
    return [(result.successful, result.reason) for result in future.result().results]


def test_the_shipped_file_is_taken(classifier: NodeProcess, peer: Peer) -> None:
    assert load(peer, find_config('emotion.yaml')) == [(True, '')] * len(EMOTION_CLASSIFIER)


@NEEDS_ROS2
def test_a_node_takes_its_own_dump(classifier: NodeProcess, peer: Peer, tmp_path: Path) -> None:
    dump = tmp_path / 'dump.yaml'
    said = subprocess.run(['ros2', 'param', 'dump', NODE, '--timeout', '30'], capture_output=True, check=True)
    dump.write_bytes(said.stdout)
    results = load(peer, dump)
    assert len(results) > len(EMOTION_CLASSIFIER)
    assert set(results) == {(True, '')}


@NEEDS_ROS2
def test_ros2_param_load_says_of_each_parameter_whether_it_was_taken(classifier: NodeProcess, tmp_path: Path) -> None:
    file = tmp_path / 'params.yaml'
    file.write_text('/**: {ros__parameters: {model: blendfer, bundle_is_not_ours: 1, publish_rate: 20.0}}\n')
    command = ['ros2', 'param', 'load', NODE, str(file), '--timeout', '30']
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said.stdout.splitlines() == ['Set parameter model successful', 'Set parameter publish_rate successful']
    assert 'bundle_is_not_ours' in said.stderr


def test_what_would_change_and_may_not_is_still_refused(classifier: NodeProcess, peer: Peer, tmp_path: Path) -> None:
    file = tmp_path / 'other.yaml'
    file.write_text('emotion_classifier_node: {ros__parameters: {model: other}}\n')
    ((successful, reason),) = load(peer, file)
    assert not successful
    assert 'read when the node is configured' in reason
