"""Launch files of ours and of those who include ours, run by the real `ros2 launch`."""

from __future__ import annotations

import re
import shutil
import time
from pathlib import Path

import pytest
from support.ros_process import TIMEOUT_S, NodeProcess

NEEDS_ROS2 = pytest.mark.skipif(
    shutil.which('ros2') is None, reason='needs the ros2 command, which comes with ROS 2 from apt and not from PyPI'
)
PARENT = """
from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import *
from launch.substitutions import *
from launch_ros.actions import *

def included(file, **arguments):
    path = get_package_share_directory('blendfer_ros') + '/launch/' + file
    return IncludeLaunchDescription(path, launch_arguments=arguments.items())

def generate_launch_description():
    return LaunchDescription([{entities}])
"""


def ros2(*words: object, environment: dict[str, str] | None = None) -> NodeProcess:
    """A `ros2` command."""
    return NodeProcess(['ros2', *map(str, words)], environment, own_group=words[0] == 'run')


def launch(file: str, environment: dict[str, str] | None = None, **arguments: object) -> NodeProcess:
    """`ros2 launch blendfer_ros FILE`."""
    words = [f'{name}:={value}' for name, value in arguments.items()]
    return ros2('launch', 'blendfer_ros', file, *words, environment=environment)


def launch_parent(folder: Path, entities: str, environment: dict[str, str] | None = None) -> NodeProcess:
    """A launch file with these entities, in which `included(FILE, ARGUMENT=…)` includes one of ours."""
    path = folder / 'parent.launch.py'
    path.write_text(PARENT.format(entities=entities))
    return ros2('launch', path, environment=environment)


def pid_of(launched: NodeProcess, executable: str) -> int:
    """The process id of an executable that is just being started."""
    (pid,) = re.findall(
        rf'\[{executable}-\d+\]: process started with pid \[(\d+)\]', launched.wait_for_line(executable)
    )
    return int(pid)


def wait_until_loaded(pid: int, library: str) -> None:
    """Wait until a process has this library in its memory, and so is at that point of its start."""
    deadline_s = time.monotonic() + TIMEOUT_S
    while library not in Path(f'/proc/{pid}/maps').read_text():
        assert time.monotonic() < deadline_s, f'{library} was not loaded in {TIMEOUT_S} s'
