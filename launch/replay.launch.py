"""Bag → nodes, live, and then how they did: `ros2 launch blendfer_ros replay.launch.py --show-args`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from ament_index_python.packages import get_package_prefix
from launch.actions import DeclareLaunchArgument, EmitEvent, ExecuteProcess, OpaqueFunction, RegisterEventHandler
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.events.process import ProcessExited
from launch_ros.actions import Node

from blendfer_ros.core.errors import BlendferError, ParameterError
from blendfer_ros.nodes.launching import PACKAGE, argument, our_node, parameters_argument
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity

# `ros2 bag play` waits for nobody; the nodes load meanwhile.
START_DELAY_S = 10


def generate_launch_description() -> LaunchDescription:
    """What `ros2 launch` asks for."""
    return LaunchDescription(
        [
            DeclareLaunchArgument('bag', description='rosbag2 (MCAP or SQLite), or name of a shipped recording'),
            argument('topic', '', 'its topic of images or blendshapes; empty: its only one, or its blendshapes'),
            argument(
                'player',
                'auto',
                'auto: `ros2 bag play` where there is one and pace is recorded, otherwise replay_node',
                ['auto', 'ros2bag', 'replay_node'],
            ),
            argument(
                'pace',
                'recorded',
                'recorded: as the images came; acknowledged: the next one when the last was answered (replay_node)',
                ['recorded', 'acknowledged'],
            ),
            argument('rate', '1.0', 'times as fast as recorded; for pace recorded'),
            parameters_argument(),
            argument('model', '', 'name of a shipped model or path of a .tflite file; empty: as params_file says'),
            argument('evaluate', 'true', 'true: `blendfer evaluate bag` when the bag has ended', ['true', 'false']),
            argument('labels', '', 'csv file with labels over time for it; empty: none'),
            argument('json', '', 'file it writes the scores to; empty: none'),
            argument('html', '', 'page it writes; empty: none'),
            OpaqueFunction(function=_replay),
        ]
    )


def _replay(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    # Imported here: `--show-args` needs no reader of bags.
    from blendfer_ros.bags.frames import choose_topic
    from blendfer_ros.bags.reading import Bag
    from blendfer_ros.core.assets import find_recording

    values = {name: str(value) for name, value in context.launch_configurations.items()}
    bag = find_recording(values['bag'])
    topic = choose_topic(Bag(bag), values['topic'])
    nodes = _nodes(context, values, topic.name, topic.message_type)
    player = _player(context, values, bag, topic.name)
    end: list[LaunchDescriptionEntity] = [EmitEvent(event=Shutdown(reason='the replay has ended'))]
    if values['evaluate'] == 'true':
        scorer = _scorer(values, bag)
        end = [_when_ended(scorer, 'the evaluation', end), scorer]
    watched = [_when_ended(node, 'a node that the bag is played to', []) for node in nodes]
    return [*watched, *nodes, _when_ended(player, 'the replay', end), player]


def _when_ended(process: ExecuteProcess, what: str, entities: list[LaunchDescriptionEntity]) -> LaunchDescriptionEntity:
    """What comes after a process, unless it fails: then all ends, and `ros2 launch` with an exit code of 1."""

    def on_exit(event: ProcessExited, context: LaunchContext) -> list[LaunchDescriptionEntity]:
        if context.is_shutdown:
            return []
        if event.returncode != 0:
            raise BlendferError(f'{what} has failed with exit code {event.returncode}; why is said above')
        return entities

    return RegisterEventHandler(OnProcessExit(target_action=process, on_exit=on_exit))


def _nodes(context: LaunchContext, values: dict[str, str], topic: str, message_type: str) -> list[Node]:
    """Those that the bag has something for."""

    def node(executable: str, remappings: list[tuple[str, str]], **given: object) -> Node:
        parameters = {'use_sim_time': True, **given}
        return our_node(context, executable, values['params_file'], parameters, remappings=remappings)

    model = {'model': values['model']} if values['model'] else {}
    if message_type.startswith(f'{PACKAGE}/'):
        return [node('emotion_classifier_node', [('blendshapes', topic)], **model)]
    compressed = message_type.endswith('/CompressedImage')
    image = '/image/compressed' if compressed else 'image'
    return [
        node('emotion_classifier_node', [], **model),
        node('face_landmarker_node', [(image, topic)], compressed=compressed),
    ]


def _player(context: LaunchContext, values: dict[str, str], bag: Path, topic: str) -> ExecuteProcess:
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
    return our_node(context, 'replay_node', values['params_file'], parameters)


def _scorer(values: dict[str, str], bag: Path) -> ExecuteProcess:
    given = ('topic', 'model', 'labels', 'json', 'html')
    options = ['--params', values['params_file']]
    options += [word for name in given if values[name] for word in (f'--{name}', values[name])]
    blendfer = Path(get_package_prefix(PACKAGE), 'lib', PACKAGE, 'blendfer')
    return ExecuteProcess(cmd=[str(blendfer), 'evaluate', 'bag', str(bag), *options], output='screen')
