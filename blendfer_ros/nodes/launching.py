"""What our launch files share: arguments, and nodes with the parameters and the environment that they need."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

from ament_index_python.packages import get_package_share_directory
from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    LogInfo,
    OpaqueFunction,
    RegisterEventHandler,
    TimerAction,
)
from launch.event_handlers import OnProcessExit
from launch.events.process import ProcessExited
from launch_ros.actions import Node
from launch_ros.utilities import make_namespace_absolute, prefix_namespace

from blendfer_ros.nodes.respawning import REFUSED, Backoff
from blendfer_ros.nodes.transport import environment_of
from blendfer_ros.parameters.file import read_sections
from blendfer_ros.parameters.launched import overriding_sections
from launch import LaunchContext, LaunchDescriptionEntity

PACKAGE: Final = 'blendfer_ros'
BOOLEAN: Final = ('true', 'false')
# Two nodes in one process; every other executable is named like its node.
NODES_IN: Final[dict[str, tuple[str, ...]]] = {'emotion_pipeline': ('emotion_classifier_node', 'face_landmarker_node')}
# A node that loads MediaPipe ends when it has loaded; `ros2 launch` would not wait as long for it on a busy machine.
SIGTERM_TIMEOUT_S: Final = '15'


def argument(name: str, default: str, description: str, choices: Sequence[str] | None = None) -> DeclareLaunchArgument:
    """A launch argument with a default."""
    return DeclareLaunchArgument(
        name, default_value=default, description=description, choices=None if choices is None else [*choices]
    )


def parameters_argument() -> DeclareLaunchArgument:
    """`params_file`, by default the shipped one."""
    default = str(Path(get_package_share_directory(PACKAGE), 'config', 'emotion.yaml'))
    return argument('params_file', default, 'YAML file with the parameters of the nodes')


def absolute_namespace(context: LaunchContext, namespace: str) -> str:
    """Where a node of this namespace comes to be, inside those that `PushRosNamespace` has pushed; `/` at the top."""
    pushed = context.launch_configurations.get('ros_namespace')
    return str(make_namespace_absolute(prefix_namespace(pushed, namespace or None)) or '/')


def our_node(
    context: LaunchContext,
    executable: str,
    params_file: str,
    given: Mapping[str, Any],
    *,
    namespace: str = '',
    remappings: Sequence[tuple[str, str]] = (),
    log_level: str = '',
) -> Node:
    """One of our executables, with `given` parameters winning over all others.

    Raises:
        ParameterError: the parameter file cannot be read.
    """
    own = overriding_sections(
        read_sections(Path(params_file)),
        NODES_IN.get(executable, (executable,)),
        absolute_namespace(context, namespace),
        given,
    )
    return Node(
        package=PACKAGE,
        executable=executable,
        namespace=namespace,
        parameters=[params_file, *([_written(own)] if own else [])],
        remappings=list(remappings),
        ros_arguments=['--log-level', log_level] if log_level else [],
        # Of this process alone: what else is launched may want another transport.
        additional_env=environment_of(executable),
        output='screen',
        sigterm_timeout=SIGTERM_TIMEOUT_S,
    )


def respawned(node: Node, name: str) -> list[LaunchDescriptionEntity]:
    """A node that is started again whenever it dies, however often, and says so each time."""
    return _watched(node, name, Backoff())


def _watched(process: ExecuteProcess, name: str, backoff: Backoff) -> list[LaunchDescriptionEntity]:
    backoff.started()

    def on_exit(event: ProcessExited, context: LaunchContext) -> list[LaunchDescriptionEntity]:
        if context.is_shutdown or event.returncode == 0:
            return []
        if event.returncode == REFUSED:
            return [
                LogInfo(msg=f'{name} refuses its parameters, so it is not started again: correct them and relaunch')
            ]
        delay_s = backoff.ended()
        again = ExecuteProcess(
            cmd=event.cmd, cwd=event.cwd, env=event.env, name=name, output='screen', sigterm_timeout=SIGTERM_TIMEOUT_S
        )
        return [
            LogInfo(msg=f'{name} has died with exit code {event.returncode}: starting it again in {delay_s:g} s'),
            TimerAction(period=delay_s, actions=[OpaqueFunction(function=_start(again, name, backoff))]),
        ]

    return [RegisterEventHandler(OnProcessExit(target_action=process, on_exit=on_exit, handle_once=True)), process]


def _start(
    process: ExecuteProcess, name: str, backoff: Backoff
) -> Callable[[LaunchContext], list[LaunchDescriptionEntity]]:
    return lambda _context: _watched(process, name, backoff)


def _written(sections: Mapping[str, Any]) -> str:
    """The path of a parameter file with these sections; it stays, as those that launch_ros itself writes do."""
    with NamedTemporaryFile('w', prefix='blendfer_ros_', suffix='.yaml', delete=False, encoding='utf-8') as file:
        # JSON is YAML, and leaves no doubt about what is text and what is a number.
        json.dump(sections, file, indent=1)
    return file.name
