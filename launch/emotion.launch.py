"""Camera image → /emotion on a robot: `ros2 launch blendfer_ros emotion.launch.py --show-args`."""

from __future__ import annotations

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from blendfer_ros.nodes.transport import large_image_environment
from launch import LaunchContext, LaunchDescription

PACKAGE = 'blendfer_ros'
# A node that crashed comes back; one that is refused over and over, as with a parameter that cannot be, does not.
RESPAWN_DELAY_S = 2.0
MAX_RESPAWNS = 5
DIALOGUE_ADAPTERS = ('topic', 'chatbot', 'intent', 'http')


def generate_launch_description() -> LaunchDescription:
    """What `ros2 launch` asks for."""
    default_params = str(Path(get_package_share_directory(PACKAGE), 'config', 'emotion.yaml'))
    return LaunchDescription(
        [
            _argument('image_topic', '/camera/image_raw', 'camera topic of type sensor_msgs/Image'),
            _argument(
                'compressed', '', 'true: take IMAGE_TOPIC/compressed; empty: as params_file says', ['', 'true', 'false']
            ),
            _argument('params_file', default_params, 'YAML file with the parameters of the nodes'),
            _argument('namespace', '', 'namespace of the nodes and of their topics'),
            _argument('model', '', 'name of a shipped model or path of a .tflite file; empty: as params_file says'),
            _argument(
                'video_source', '', 'video file, picture folder or camera index to publish on image_topic; empty: none'
            ),
            _argument('composed', 'false', 'true: both nodes in one process', ['true', 'false']),
            _argument(
                'ros4hri', 'false', 'true: also publish /humans/faces as ROS4HRI (REP-155) has it', ['true', 'false']
            ),
            _argument(
                'dialogue_adapter', '', 'start dialogue_bridge_node with it; empty: none', ['', *DIALOGUE_ADAPTERS]
            ),
            _argument('http_url', '', 'where adapter http POSTs; empty: as params_file says'),
            _argument('speaking_topic', 'speaking', 'topic of type std_msgs/Bool, true while the person speaks'),
            _argument('dialogue_manager_package', '', 'package of the dialogue manager to start; empty: none'),
            _argument('dialogue_manager_executable', '', 'its executable; empty: none'),
            _argument('dialogue_manager_emotion_topic', '/emotion', 'the topic on which it expects emotions'),
            *(SetEnvironmentVariable(name, value) for name, value in large_image_environment().items()),
            OpaqueFunction(function=_nodes),
        ]
    )


def _argument(name: str, default: str, description: str, choices: list[str] | None = None) -> DeclareLaunchArgument:
    return DeclareLaunchArgument(name, default_value=default, description=description, choices=choices)


def _nodes(context: LaunchContext) -> list[Node]:
    def value(name: str) -> str:
        return str(LaunchConfiguration(name).perform(context))

    namespace = value('namespace').strip('/')
    given: dict[str, object] = {}
    if value('compressed'):
        given['compressed'] = value('compressed') == 'true'
    if value('model'):
        given['model'] = value('model')

    def node(executable: str, **parameters: object) -> Node:
        return Node(
            package=PACKAGE,
            executable=executable,
            namespace=namespace,
            parameters=[value('params_file'), {**given, **parameters}],
            remappings=[('image', value('image_topic')), ('speaking', value('speaking_topic'))],
            output='screen',
            # A source that has come to its end is no crash.
            respawn=executable != 'video_source_node',
            respawn_delay=RESPAWN_DELAY_S,
            respawn_max_retries=MAX_RESPAWNS,
        )

    # Whoever listens first, so that nothing is said to nobody; each configures and activates itself.
    nodes = []
    if value('dialogue_manager_package') and value('dialogue_manager_executable'):
        nodes.append(
            _dialogue_manager(
                value('dialogue_manager_package'),
                value('dialogue_manager_executable'),
                value('dialogue_manager_emotion_topic'),
                namespace,
            )
        )
    if value('dialogue_adapter'):
        url = {'http_url': value('http_url')} if value('http_url') else {}
        nodes.append(node('dialogue_bridge_node', adapter=value('dialogue_adapter'), **url))
    if value('ros4hri') == 'true':
        nodes.append(node('ros4hri_node'))
    composed = value('composed') == 'true'
    nodes += [
        node(name)
        for name in (['emotion_pipeline'] if composed else ['emotion_classifier_node', 'face_landmarker_node'])
    ]
    if value('video_source'):
        nodes.append(node('video_source_node', source=value('video_source'), wait_for_subscribers=1))
    return nodes


def _dialogue_manager(package: str, executable: str, emotion_topic: str, namespace: str) -> Node:
    """Listens to `emotion_topic` and what is below it, which is led to ours wherever the namespace has put them."""
    ours = f'/{namespace}/emotion' if namespace else '/emotion'
    below = ('', '/changed', '/event', '/event_json')
    remappings = [(f'{emotion_topic}{name}', f'{ours}{name}') for name in below] if emotion_topic != ours else []
    return Node(package=package, executable=executable, remappings=remappings, output='screen')
