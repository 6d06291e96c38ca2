"""Launch arguments win, whatever parameters come first and wherever the launch file is included."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.launching import NEEDS_ROS2, launch, launch_parent, pid_of, ros2
from support.ros_process import NodeProcess, Peer

from blendfer_ros.msg import Emotion
from blendfer_ros.nodes.qos import RELIABLE

pytestmark = NEEDS_ROS2

ARGUMENTS = {'model': 'blendfer_blendshapes', 'compressed': 'true', 'namespace': 'sim', 'image_topic': '/eye/image'}


@pytest.fixture
def ended() -> Iterator[list[NodeProcess]]:
    """What is put here is interrupted at the end, and must go without a trace."""
    launched: list[NodeProcess] = []
    yield launched
    codes = [process.end() for process in launched]
    said = '\n'.join(line for process in launched for line in process.lines)
    assert codes == [0] * len(codes), said
    assert 'Traceback' not in said
    assert not [line for line in said.splitlines() if 'has died' in line and 'lib/blendfer_ros' in line]


def arguments_have_effect(launched: NodeProcess) -> None:
    launched.wait_for_line('model blendfer_blendshapes')
    launched.wait_for_line('waiting for images on /eye/image/compressed')


@pytest.mark.parametrize('composed', ['false', 'true'])
def test_beside_a_parameter_that_the_parent_sets_for_all(
    composed: str, bundle: Path, tmp_path: Path, ended: list[NodeProcess]
) -> None:
    words = ', '.join(f'{name}={value!r}' for name, value in {**ARGUMENTS, 'composed': composed}.items())
    ended.append(
        launch_parent(tmp_path, f"SetParameter('use_sim_time', False), included('emotion.launch.py', {words})")
    )
    arguments_have_effect(ended[0])


def test_over_a_parameter_file_that_begins_with_a_pattern(
    bundle: Path, tmp_path: Path, ended: list[NodeProcess]
) -> None:
    file = tmp_path / 'params.yaml'
    file.write_text(
        '/**: {ros__parameters: {use_sim_time: false}}\n'
        '/**/emotion_classifier_node: {ros__parameters: {model: blendfer_paper}}\n'
        '/**/face_landmarker_node: {ros__parameters: {compressed: false}}\n'
    )
    ended.append(launch('emotion.launch.py', params_file=file, **ARGUMENTS))
    arguments_have_effect(ended[0])


def test_a_section_under_a_bare_name_is_for_the_node_in_its_namespace(
    bundle: Path, tmp_path: Path, ended: list[NodeProcess]
) -> None:
    file = tmp_path / 'params.yaml'
    file.write_text('emotion_classifier_node: {ros__parameters: {model: blendfer_blendshapes}}\n')
    ended.append(launch('emotion.launch.py', params_file=file, namespace='sim'))
    ended[0].wait_for_line('model blendfer_blendshapes')


def test_the_camera_is_found_by_its_namespace_and_asked_for_reliable_images(
    bundle: Path, peer: Peer, ended: list[NodeProcess]
) -> None:
    ended.append(launch('emotion.launch.py', camera_namespace='/head/eye', image_reliability='reliable'))
    ended[0].wait_for_line('waiting for images on /head/eye/image_raw')
    # Images are asked for once somebody wants what comes of them.
    peer.collect(Emotion, 'emotion', RELIABLE)
    (subscription,) = peer.spin_until(lambda: peer.node.get_subscriptions_info_by_topic('/head/eye/image_raw'))
    assert subscription.qos_profile.reliability.name == 'RELIABLE'


def test_nodes_that_others_start_wait_for_them_and_say_no_more_than_they_are_to(
    bundle: Path, peer: Peer, ended: list[NodeProcess]
) -> None:
    ended.append(launch('emotion.launch.py', namespace='managed', autostart='false', log_level='error'))
    peer.spin_until(lambda: ('emotion_classifier_node', '/managed') in peer.node.get_node_names_and_namespaces())
    assert not peer.node.count_publishers('/managed/emotion')
    assert not ended[0].has_line('[INFO] [1')


def test_a_parameter_file_that_cannot_be_read_is_no_reason_to_use_defaults(tmp_path: Path) -> None:
    launched = launch('emotion.launch.py', params_file=tmp_path / 'nowhere.yaml')
    launched.wait_for_line(f'{tmp_path}/nowhere.yaml cannot be read as a ROS parameter file')
    assert launched.process.wait(60.0) == 1
    launched.end()


def test_half_a_dialogue_manager_is_refused() -> None:
    launched = launch('emotion.launch.py', dialogue_manager_package='chatty')
    launched.wait_for_line('dialogue_manager_package and dialogue_manager_executable, and only the package is given')
    assert launched.process.wait(60.0) == 1
    launched.end()


def test_the_transport_for_large_images_is_that_of_our_nodes_alone(
    bundle: Path, tmp_path: Path, ended: list[NodeProcess]
) -> None:
    # The tests themselves have chosen a transport, which would be kept.
    unchosen = "UnsetEnvironmentVariable('FASTDDS_DEFAULT_PROFILES_FILE')"
    shown = "ExecuteProcess(cmd=['sh', '-c', 'echo profile=${FASTDDS_DEFAULT_PROFILES_FILE:-none}'], output='screen')"
    ended.append(launch_parent(tmp_path, f"{unchosen}, included('emotion.launch.py'), {shown}"))
    pid = pid_of(ended[0], 'face_landmarker_node')
    assert b'fastdds_nodes.xml' in Path(f'/proc/{pid}/environ').read_bytes()
    ended[0].wait_for_line('profile=none')


CHATTY = """#!{python}
import rclpy
from blendfer_ros.msg import Emotion
rclpy.init()
node = rclpy.create_node('chatty')
node.create_subscription(Emotion, '/emotion', lambda m: print(f'{{node.get_namespace()}} heard', flush=True), 10)
try:
    rclpy.spin(node)
except (KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
    pass
"""


def test_a_dialogue_manager_hears_emotions_also_in_a_pushed_namespace(
    bundle: Path, tmp_path: Path, ended: list[NodeProcess]
) -> None:
    (tmp_path / 'share/ament_index/resource_index/packages').mkdir(parents=True)
    (tmp_path / 'share/ament_index/resource_index/packages/chatty').touch()
    program = tmp_path / 'lib/chatty/listener'
    program.parent.mkdir(parents=True)
    program.write_text(CHATTY.format(python=sys.executable))
    program.chmod(0o755)
    arguments = "dialogue_manager_package='chatty', dialogue_manager_executable='listener', namespace='torso'"
    group = f"GroupAction([PushRosNamespace('robot7'), included('emotion.launch.py', {arguments})])"
    prefixes = f'{tmp_path}:{os.environ["AMENT_PREFIX_PATH"]}'
    ended.append(launch_parent(tmp_path, group, {'AMENT_PREFIX_PATH': prefixes}))
    # A name of its own, too: another robot's has another namespace.
    ended[0].wait_for_line('/robot7/torso heard')


def test_the_example_dialogue_manager_is_started_by_ros2_run(peer: Peer, ended: list[NodeProcess]) -> None:
    ended.append(ros2('run', 'blendfer_ros', 'dialogue_manager'))
    peer.spin_until(lambda: peer.node.count_subscribers('/emotion/event'))


def test_the_example_tree_is_started_by_ros2_run(ended: list[NodeProcess]) -> None:
    pytest.importorskip('py_trees', reason='needs py_trees: pip install py_trees')
    ended.append(ros2('run', 'blendfer_ros', 'emotion_tree'))
    ended[0].wait_for_line('Carry on: robot says')


@pytest.mark.parametrize('composed', ['false', 'true'])
def test_the_cnn_lstm_takes_the_place_of_both_nodes(composed: str, peer: Peer, ended: list[NodeProcess]) -> None:
    arguments = {**ARGUMENTS, 'model': '/nowhere/cnn_lstm.tflite', 'composed': composed}
    ended.append(launch('emotion.launch.py', system='cnn_lstm', **arguments))
    assert 'no model at /nowhere/cnn_lstm.tflite' in ended[0].wait_for_line('cannot configure')
    named = peer.spin_until(
        lambda: {name for name, space in peer.node.get_node_names_and_namespaces() if '/sim' in space}
    )
    assert named == {'cnn_lstm_node'}
