"""The launch files, run by the real `launch`."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from rclpy.qos import qos_profile_sensor_data
from rosgraph_msgs.msg import Clock
from support.image_bags import write_image_bag
from support.ros_process import NodeProcess, Peer

from blendfer_ros.core.assets import find_recording
from blendfer_ros.core.stamps import time_to_ns
from blendfer_ros.msg import Emotion, EmotionArray
from blendfer_ros.nodes.qos import RELIABLE

pytest.importorskip(
    'launch_ros', reason='needs launch and launch_ros, which come with ROS 2 from apt and not from PyPI'
)

RUN = """
import sys
from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
path = get_package_share_directory('blendfer_ros') + '/launch/' + sys.argv[1]
arguments = dict(word.split(':=', 1) for word in sys.argv[2:])
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
        'dialogue_adapter': 'topic',
        'speaking_topic': '/humans/voices/anybody/is_speaking',
        'dialogue_manager_package': 'chatty',
        'dialogue_manager_executable': 'listener',
    }
    words = [f'{name}:={value}' for name, value in arguments.items()]
    process = NodeProcess([sys.executable, '-c', RUN, 'emotion.launch.py', *words], dialogue_manager)
    yield process
    assert process.end() == 0
    assert 'Traceback' not in '\n'.join(process.lines)


@pytest.mark.parametrize('launched', ['false', 'true'], indirect=True, ids=['separate', 'composed'])
def test_images_reach_the_emotion_the_bridge_ros4hri_and_the_dialogue_manager(
    launched: NodeProcess, peer: Peer
) -> None:
    emotion = peer.collect(Emotion, '/robot/emotion', RELIABLE)
    launched.wait_for_line('waiting for images on /head/image_raw')
    # The test, the bridge and the dialogue manager.
    peer.spin_until(lambda: emotion and peer.node.count_subscribers('/robot/emotion') >= 3)
    peer.spin_until(lambda: peer.node.count_subscribers('/humans/voices/anybody/is_speaking'))
    peer.spin_until(lambda: peer.node.count_publishers('/robot/emotion/event'))
    launched.wait_for_line('heard')
    peer.spin_until(lambda: ('ros4hri_node', '/robot') in peer.node.get_node_names_and_namespaces())


# The replay waits for nobody but its nodes; so many images take longer than it takes others to find them.
N_REPLAYED = 240


def test_a_node_that_was_killed_comes_back(bundle: Path, peer: Peer) -> None:
    launched = NodeProcess([sys.executable, '-c', RUN, 'emotion.launch.py', 'namespace:=phoenix'])
    emotion = peer.collect(Emotion, '/phoenix/emotion', RELIABLE)
    peer.spin_until(lambda: emotion)
    started = launched.wait_for_line('emotion_classifier_node-1]: process started with pid')
    os.kill(int(re.findall(r'pid \[(\d+)\]', started)[0]), signal.SIGKILL)
    launched.wait_for_line('emotion_classifier_node has died with exit code -9: starting it again in 1 s')
    before = len(emotion)
    peer.spin_until(lambda: len(emotion) > before + 5)
    assert launched.end() == 0


def replay(bag: Path, **arguments: object) -> NodeProcess:
    words = [f'{name}:={value}' for name, value in {'bag': bag, **arguments}.items()]
    return NodeProcess([sys.executable, '-c', RUN, 'replay.launch.py', *words])


@pytest.mark.parametrize('compressed', [False, True])
def test_a_bag_of_images_is_replayed_to_the_nodes_then_scored_and_all_ends(
    compressed: bool, clips: Path, bundle: Path, peer: Peer, tmp_path: Path
) -> None:
    bag = tmp_path / 'camera'
    stamps_ns = write_image_bag(bag, clips / 'woman_sad_to_happy.mp4', N_REPLAYED, (320, 180), compressed=compressed)
    emotions = peer.collect(EmotionArray, '/emotions', RELIABLE)
    clocks = peer.collect(Clock, '/clock', qos_profile_sensor_data)
    launched = replay(bag, player='replay_node', pace='acknowledged', json=tmp_path / 'scores.json')
    peer.spin_until(lambda: not launched.is_alive, timeout_s=240.0)
    launched.wait_for_line(f'{N_REPLAYED} messages published, 0 of them unanswered')
    # The scorer, which starts when the replay has ended.
    launched.wait_for_line('[blendfer-4]: process started')
    assert launched.end() == 0
    assert 'Traceback' not in '\n'.join(launched.lines)
    assert time_to_ns(emotions[-1].header.stamp) == stamps_ns[-1]
    assert clocks


def test_a_recording_needs_no_landmarker_and_no_score_is_forced_on_it(peer: Peer) -> None:
    emotion = peer.collect(Emotion, '/emotion', RELIABLE)
    launched = replay(find_recording('sad_to_happy'), player='replay_node', rate=5.0, evaluate='false')
    peer.spin_until(lambda: not launched.is_alive, timeout_s=240.0)
    assert {message.emotion for message in emotion if message.state == Emotion.TRACKING} >= {'happy', 'sad'}
    assert launched.end() == 0
    output = '\n'.join(launched.lines)
    assert '236 messages published' in output
    assert 'face_landmarker_node' not in output
    assert '[blendfer-' not in output


def test_where_ros2_bag_is_asked_for_what_it_cannot_do_that_is_said() -> None:
    launched = replay(find_recording('sad_to_happy'), player='ros2bag', pace='acknowledged')
    assert launched.process.wait(60.0) == 1
    launched.wait_for_line('pace:=acknowledged needs player:=replay_node')
    launched.end()
