"""The rooms without ROS stay without ROS."""

from __future__ import annotations

import importlib.util
import pkgutil
import subprocess
import sys
from pathlib import Path

import blendfer_ros

ROS_MODULES = ('rclpy', 'sensor_msgs', 'std_msgs', 'rcl_interfaces', 'ament_index_python', 'blendfer_ros.msg')
LAUNCHING = 'blendfer_ros.nodes.launching'
TRAINING_MODULES = ('tensorflow', 'tf_keras', 'blendfer_ros.training')


RUNTIME_ROOMS = ('core', 'perception', 'classification', 'dialogue', 'ros4hri', 'bags')


def rooms() -> set[str]:
    return {info.name for info in pkgutil.iter_modules(blendfer_ros.__path__)} - {'msg'}


def modules_of(*rooms: str) -> list[str]:
    names = [info.name for info in pkgutil.walk_packages(blendfer_ros.__path__, 'blendfer_ros.')]
    return [name for name in names if name.split('.')[1] in rooms]


def import_with_blocked(modules: list[str], blocked: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    program = (
        'import importlib, sys\n'
        f'for name in {blocked!r}: sys.modules[name] = None\n'
        f'for name in {modules!r}: importlib.import_module(name)\n'
    )
    # Elsewhere than in the source tree, which would come before what was built.
    command = [sys.executable, '-c', program]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parent)


def test_every_pure_module_imports_with_ros_made_unimportable() -> None:
    modules = modules_of(*rooms() - {'nodes'})
    assert len(modules) > 15
    result = import_with_blocked(modules, ROS_MODULES)
    assert result.returncode == 0, result.stderr


def test_the_check_notices_a_module_that_needs_ros() -> None:
    result = import_with_blocked(['blendfer_ros.nodes.conversions'], ROS_MODULES)
    assert result.returncode != 0


def test_runtime_rooms_import_without_tensorflow_or_training_code() -> None:
    result = import_with_blocked(modules_of(*RUNTIME_ROOMS), TRAINING_MODULES)
    assert result.returncode == 0, result.stderr


def test_nodes_never_import_training() -> None:
    modules = set(modules_of('nodes'))
    if importlib.util.find_spec('launch') is None:
        # ROS 2 from PyPI comes without it, and only launch files need what is there.
        modules -= {LAUNCHING}
    result = import_with_blocked(sorted(modules), TRAINING_MODULES)
    assert result.returncode == 0, result.stderr
