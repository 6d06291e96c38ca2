"""Ctrl-C at any moment, nodes that die, and replays that fail: each ends as it should, and says so."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from support.launching import NEEDS_ROS2, launch, pid_of, wait_until_loaded
from support.ros_process import NodeProcess, executable

pytestmark = NEEDS_ROS2


def assert_clean(launched: NodeProcess) -> None:
    assert launched.end() == 0
    said = '\n'.join(launched.lines)
    assert 'Traceback' not in said
    assert 'has died' not in said


@pytest.mark.parametrize('library', ['_multiarray_umath', '_rclpy_pybind11', 'librmw_fastrtps_cpp', 'libmediapipe'])
def test_ctrl_c_while_a_node_starts_ends_all_without_a_trace(library: str, bundle: Path) -> None:
    launched = launch('emotion.launch.py', composed='true')
    wait_until_loaded(pid_of(launched, 'emotion_pipeline'), library)
    assert_clean(launched)


@pytest.mark.parametrize('with_signal', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize('name', ['emotion_classifier_node', 'replay_node', 'emotion_monitor'])
def test_a_signal_ends_an_executable_from_its_first_line_on(name: str, with_signal: signal.Signals) -> None:
    process = NodeProcess([str(executable(name))])
    wait_until_loaded(process.process.pid, '_rclpy_pybind11' if with_signal == signal.SIGINT else 'librmw_fastrtps_cpp')
    code = process.end(with_signal)
    assert code in (0, -signal.SIGTERM) if with_signal == signal.SIGTERM else code == 0
    assert process.lines == [line for line in process.lines if 'Traceback' not in line]


def test_a_node_comes_back_each_time_it_dies_later_each_time(bundle: Path) -> None:
    launched = launch('emotion.launch.py', namespace='phoenix')
    for delay_s in (1, 2, 4):
        os.kill(pid_of(launched, 'emotion_classifier_node'), signal.SIGKILL)
        launched.wait_for_line(f'emotion_classifier_node has died with exit code -9: starting it again in {delay_s} s')
    launched.wait_for_line('model blendfer')
    assert launched.end() == 0


def test_a_node_that_is_not_to_come_back_stays_away() -> None:
    launched = launch('emotion.launch.py', composed='true', respawn='false')
    os.kill(pid_of(launched, 'emotion_pipeline'), signal.SIGKILL)
    # With its only node the launch ends.
    assert launched.process.wait(60.0) == 0
    launched.end()
    assert sum('process started' in line for line in launched.lines) == 1


def test_a_node_that_refuses_its_parameters_is_not_started_again(tmp_path: Path) -> None:
    file = tmp_path / 'params.yaml'
    file.write_text('emotion_classifier_node: {ros__parameters: {publish_rate: -1.0}}\n')
    launched = launch('emotion.launch.py', composed='true', params_file=file)
    launched.wait_for_line('refused: ')
    launched.wait_for_line('emotion_pipeline refuses its parameters, so it is not started again')
    assert launched.process.wait(60.0) == 0
    launched.end()
    assert sum('process started' in line for line in launched.lines) == 1


def test_a_camera_that_cannot_be_opened_is_tried_again(bundle: Path) -> None:
    launched = launch('emotion.launch.py', video_source='97')
    launched.wait_for_line('video_source_node has died with exit code 1: starting it again in 1 s')
    launched.wait_for_line('video_source_node has died with exit code 1: starting it again in 2 s')
    assert launched.end() == 0


@pytest.mark.parametrize(
    ('arguments', 'cause', 'sentence'),
    [
        ({'bag': '/nowhere/bag'}, 'there is no bag /nowhere/bag', 'Caught exception in launch'),
        ({'bag': 'sad_to_happy', 'rate': '0.0'}, 'refused: ', 'the replay has failed with exit code 2'),
        (
            {'bag': 'sad_to_happy', 'rate': '50.0', 'labels': '/nowhere/labels.csv'},
            '/nowhere/labels.csv',
            'the evaluation has failed with exit code 1',
        ),
        ({'bag': 'sad_to_happy', 'params_file': '/nowhere.yaml'}, '/nowhere.yaml cannot be read', 'Caught exception'),
    ],
)
def test_a_replay_that_fails_says_why_and_ends_with_an_exit_code(
    arguments: dict[str, str], cause: str, sentence: str
) -> None:
    launched = launch('replay.launch.py', player='replay_node', **arguments)
    assert launched.process.wait(120.0) == 1
    launched.end()
    said = '\n'.join(launched.lines)
    assert cause in said
    assert sentence in said
