"""Bag → nodes, live, and then how they did: `ros2 launch blendfer_ros replay.launch.py --show-args`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from ament_index_python.packages import get_package_prefix, get_package_share_directory
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    ExecuteProcess,
    OpaqueFunction,
    RegisterEventHandler,
    SetEnvironmentVariable,
)
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch_ros.actions import Node

from blendfer_ros.core.errors import ParameterError
from blendfer_ros.nodes.transport import large_image_environment
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity

PACKAGE = 'blendfer_ros'
# `ros2 bag play` waits for nobody; the nodes load meanwhile.
START_DELAY_S = 10


def generate_launch_description() -> LaunchDescription:
    """What `ros2 launch` asks for."""
    default_params = str(Path(get_package_share_directory(PACKAGE), 'config', 'emotion.yaml'))
    return LaunchDescription(
        [
            DeclareLaunchArgument('bag', description='rosbag2 (MCAP or SQLite), or name of a shipped recording'),
            _argument('topic', '', 'its topic of images or blendshapes; empty: its only one, or its blendshapes'),
            _argument(
                'player',
                'auto',
                'auto: `ros2 bag play` where there is one and pace is recorded, otherwise replay_node',
                ['auto', 'ros2bag', 'replay_node'],
            ),
            _argument(
                'pace',
                'recorded',
                'recorded: as the images came; acknowledged: the next one when the last was answered (replay_node)',
                ['recorded', 'acknowledged'],
            ),
            _argument('rate', '1.0', 'times as fast as recorded; for pace recorded'),
            _argument('params_file', default_params, 'YAML file with the parameters of the nodes'),
            _argument('model', '', 'name of a shipped model or path of a .tflite file; empty: as params_file says'),
            _argument('evaluate', 'true', 'true: `blendfer evaluate bag` when the bag has ended', ['true', 'false']),
            _argument('labels', '', 'csv file with labels over time for it; empty: none'),
            _argument('json', '', 'file it writes the scores to; empty: none'),
            _argument('html', '', 'page it writes; empty: none'),
            *(SetEnvironmentVariable(name, value) for name, value in large_image_environment().items()),
            OpaqueFunction(function=_replay),
        ]
    )


def _argument(name: str, default: str, description: str, choices: list[str] | None = None) -> DeclareLaunchArgument:
    return DeclareLaunchArgument(name, default_value=default, description=description, choices=choices)


def _replay(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    # Imported here: `--show-args` needs no reader of bags.
    from blendfer_ros.bags.frames import choose_topic
    from blendfer_ros.bags.reading import Bag
    from blendfer_ros.core.assets import find_recording

    values = {name: str(value) for name, value in context.launch_configurations.items()}
    bag = find_recording(values['bag'])
    topic = choose_topic(Bag(bag), values['topic'])
    player = _player(values, bag, topic.name)
    end: list[LaunchDescriptionEntity] = [EmitEvent(event=Shutdown(reason='the replay has ended'))]
    if values['evaluate'] == 'true':
        scorer = _scorer(values, bag)
        end = [scorer, RegisterEventHandler(OnProcessExit(target_action=scorer, on_exit=end))]
    return [
        *_nodes(values, topic.name, topic.message_type),
        RegisterEventHandler(OnProcessExit(target_action=player, on_exit=end)),
        player,
    ]


def _nodes(values: dict[str, str], topic: str, message_type: str) -> list[Node]:
    """Those that the bag has something for."""

    def node(executable: str, remappings: list[tuple[str, str]], **given: object) -> Node:
        parameters = [values['params_file'], {'use_sim_time': True, **given}]
        return Node(
            package=PACKAGE, executable=executable, parameters=parameters, remappings=remappings, output='screen'
        )

    model = {'model': values['model']} if values['model'] else {}
    if message_type.startswith(f'{PACKAGE}/'):
        return [node('emotion_classifier_node', [('blendshapes', topic)], **model)]
    compressed = message_type.endswith('/CompressedImage')
    image = '/image/compressed' if compressed else 'image'
    return [
        node('emotion_classifier_node', [], **model),
        node('face_landmarker_node', [(image, topic)], compressed=compressed),
    ]


def _player(values: dict[str, str], bag: Path, topic: str) -> ExecuteProcess:
    acknowledged = values['pace'] == 'acknowledged'
    if values['player'] == 'ros2bag' and acknowledged:
        raise ParameterError('`ros2 bag play` knows of no answers: pace:=acknowledged needs player:=replay_node')
    if values['player'] == 'ros2bag' or (values['player'] == 'auto' and find_spec('ros2bag') and not acknowledged):
        command = ['ros2', 'bag', 'play', str(bag), '--clock', '--rate', values['rate']]
        command += ['--delay', str(START_DELAY_S), '--topics', topic]
        return ExecuteProcess(cmd=command, output='screen')
    parameters = {
        'bag': str(bag),
        'topics': topic,
        'pace': values['pace'],
        'rate': float(values['rate']),
        'clock': True,
        'wait_for_subscribers': 1,
    }
    return Node(package=PACKAGE, executable='replay_node', parameters=[parameters], output='screen')


def _scorer(values: dict[str, str], bag: Path) -> ExecuteProcess:
    given = ('topic', 'model', 'labels', 'json', 'html')
    options = ['--params', values['params_file']]
    options += [word for name in given if values[name] for word in (f'--{name}', values[name])]
    blendfer = Path(get_package_prefix(PACKAGE), 'lib', PACKAGE, 'blendfer')
    return ExecuteProcess(cmd=[str(blendfer), 'evaluate', 'bag', str(bag), *options], output='screen')
