"""emotion.launch.py, run by the real `launch`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from ros_process import NodeProcess, Peer

from blendfer_ros.msg import Emotion
from blendfer_ros.nodes.emotion_classifier_node import REPEATED

pytest.importorskip(
    'launch_ros', reason='needs launch and launch_ros, which come with ROS 2 from apt and not from PyPI'
)

RUN = """
import sys
from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
path = get_package_share_directory('blendfer_ros') + '/launch/emotion.launch.py'
arguments = dict(word.split(':=', 1) for word in sys.argv[1:])
service = LaunchService()
included = IncludeLaunchDescription(path, launch_arguments=arguments.items())
service.include_launch_description(LaunchDescription([included]))
sys.exit(service.run())
"""

DIALOGUE_MANAGER = """#!{python}
import rclpy
from blendfer_ros.msg import Emotion
rclpy.init()
node = rclpy.create_node('dialogue_manager')
node.create_subscription(Emotion, '/emotion', lambda m: print('heard', m.state, flush=True), 10)
try:
    rclpy.spin(node)
except (KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
    pass
"""


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / 'pictures'
    folder.mkdir()
    cv2.imwrite(str(folder / 'grey.png'), np.full((48, 64, 3), 90, np.uint8))
    return folder


@pytest.fixture
def dialogue_manager(tmp_path: Path) -> dict[str, str]:
    """A package with one executable that listens to /emotion; the environment to find it by."""
    prefix = tmp_path / 'prefix'
    index = prefix / 'share' / 'ament_index' / 'resource_index' / 'packages'
    index.mkdir(parents=True)
    (index / 'chatty').touch()
    program = prefix / 'lib' / 'chatty' / 'listener'
    program.parent.mkdir(parents=True)
    program.write_text(DIALOGUE_MANAGER.format(python=sys.executable))
    program.chmod(0o755)
    return {'AMENT_PREFIX_PATH': f'{prefix}:{os.environ["AMENT_PREFIX_PATH"]}'}


@pytest.fixture
def launched(
    request: pytest.FixtureRequest, bundle: Path, pictures: Path, dialogue_manager: dict
) -> Iterator[NodeProcess]:
    arguments = {
        'namespace': 'robot',
        'image_topic': '/head/image_raw',
        'video_source': pictures,
        'composed': request.param,
        'ros4hri': 'true',
        'dialogue_manager_package': 'chatty',
        'dialogue_manager_executable': 'listener',
    }
    words = [f'{name}:={value}' for name, value in arguments.items()]
    process = NodeProcess([sys.executable, '-c', RUN, *words], dialogue_manager)
    yield process
    assert process.end() == 0
    assert 'Traceback' not in '\n'.join(process.lines)


@pytest.mark.parametrize('launched', ['false', 'true'], indirect=True, ids=['separate', 'composed'])
def test_images_reach_the_emotion_and_the_dialogue_manager(launched: NodeProcess, peer: Peer) -> None:
    emotion = peer.collect(Emotion, '/robot/emotion', REPEATED)
    launched.wait_for_line('waiting for images on /head/image_raw')
    peer.spin_until(lambda: emotion and peer.node.count_subscribers('/robot/emotion') >= 2)
    launched.wait_for_line('heard')
    peer.spin_until(lambda: ('ros4hri_node', '/robot') in peer.node.get_node_names_and_namespaces())
