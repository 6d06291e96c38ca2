"""Camera image → /emotion on a robot: `ros2 launch blendfer_ros emotion.launch.py --show-args`."""

from __future__ import annotations

from launch.actions import OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from blendfer_ros.core.errors import ParameterError
from blendfer_ros.nodes.launching import (
    BOOLEAN,
    absolute_namespace,
    argument,
    our_node,
    parameters_argument,
    respawned,
)
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity

AS_IN_FILE = ('', *BOOLEAN)
DIALOGUE_ADAPTERS = ('topic', 'chatbot', 'intent', 'http')
SYSTEMS = ('blendfer', 'cnn_lstm')
LOG_LEVELS = ('debug', 'info', 'warn', 'error', 'fatal')


def generate_launch_description() -> LaunchDescription:
    """What `ros2 launch` asks for."""
    return LaunchDescription(
        [
            argument('camera_namespace', '/camera', 'namespace of the camera driver'),
            argument('image_topic', '', 'topic of type sensor_msgs/Image; empty: CAMERA_NAMESPACE/image_raw'),
            argument('camera_info_topic', '', 'its sensor_msgs/CameraInfo; empty: camera_info beside image_topic'),
            argument('compressed', '', 'true: take IMAGE_TOPIC/compressed; empty: as params_file says', AS_IN_FILE),
            argument(
                'image_reliability',
                '',
                'best_effort; reliable for a camera across a lossy network; empty: as params_file says',
                ['', 'best_effort', 'reliable'],
            ),
            parameters_argument(),
            argument('namespace', '', 'namespace of the nodes and of their topics'),
            argument('model', '', 'name of a shipped model or path of a .tflite file; empty: as params_file says'),
            argument(
                'video_source', '', 'video file, picture folder or camera index to publish on image_topic; empty: none'
            ),
            argument(
                'system',
                'blendfer',
                'blendfer: FaceLandmarker and an LSTM; cnn_lstm: a CNN over pixels and an LSTM over time',
                SYSTEMS,
            ),
            argument('composed', 'false', 'true: both nodes in one process', BOOLEAN),
            argument('ros4hri', 'false', 'true: also publish /humans/faces as ROS4HRI (REP-155) has it', BOOLEAN),
            argument('humans', '', 'name before /faces; humans: in the namespace; empty: as params_file says'),
            argument(
                'dialogue_adapter', '', 'start dialogue_bridge_node with it; empty: none', ['', *DIALOGUE_ADAPTERS]
            ),
            argument('http_url', '', 'where adapter http POSTs; empty: as params_file says'),
            argument('speaking_topic', 'speaking', 'topic of type std_msgs/Bool, true while the person speaks'),
            argument('dialogue_manager_package', '', 'package of the dialogue manager to start; empty: none'),
            argument('dialogue_manager_executable', '', 'its executable; empty: none'),
            argument('dialogue_manager_emotion_topic', '/emotion', 'the topic on which it expects emotions'),
            argument('use_sim_time', '', 'true: time comes from /clock; empty: as params_file says', AS_IN_FILE),
            argument(
                'autostart', '', 'false: a lifecycle manager starts the nodes; empty: as params_file says', AS_IN_FILE
            ),
            argument('respawn', 'true', 'true: a node that died is started again', BOOLEAN),
            argument('log_level', 'info', 'of our nodes', LOG_LEVELS),
            OpaqueFunction(function=_nodes),
        ]
    )


def _nodes(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    def value(name: str) -> str:
        return str(LaunchConfiguration(name).perform(context))

    image_topic = value('image_topic') or f'{value("camera_namespace").rstrip("/")}/image_raw'
    camera_info_topic = value('camera_info_topic') or ''.join([*image_topic.rpartition('/')[:2], 'camera_info'])
    given: dict[str, object] = {
        name: value(name) == 'true' for name in ('compressed', 'use_sim_time', 'autostart') if value(name)
    }
    given |= {name: value(name) for name in ('model', 'image_reliability') if value(name)}

    def node(executable: str, **parameters: object) -> list[LaunchDescriptionEntity]:
        made = our_node(
            context,
            executable,
            value('params_file'),
            {**given, **parameters},
            namespace=value('namespace'),
            remappings=[
                ('image', image_topic),
                ('camera_info', camera_info_topic),
                ('speaking', value('speaking_topic')),
            ],
            log_level=value('log_level'),
        )
        return respawned(made, executable) if value('respawn') == 'true' else [made]

    # Whoever listens first, so that nothing is said to nobody; each configures and activates itself.
    entities: list[LaunchDescriptionEntity] = _dialogue_manager(
        value('dialogue_manager_package'),
        value('dialogue_manager_executable'),
        value('dialogue_manager_emotion_topic'),
        value('namespace'),
        absolute_namespace(context, value('namespace')),
    )
    if value('dialogue_adapter'):
        url = {'http_url': value('http_url')} if value('http_url') else {}
        entities += node('dialogue_bridge_node', adapter=value('dialogue_adapter'), **url)
    if value('ros4hri') == 'true':
        entities += node('ros4hri_node', **({'humans': value('humans')} if value('humans') else {}))
    composed = value('composed') == 'true'
    separate = ['emotion_classifier_node', 'face_landmarker_node']
    blendfer = ['emotion_pipeline'] if composed else separate
    for name in ['cnn_lstm_node'] if value('system') == 'cnn_lstm' else blendfer:
        entities += node(name)
    if value('video_source'):
        entities += node('video_source_node', source=value('video_source'), wait_for_subscribers=1)
    return entities


def _dialogue_manager(
    package: str, executable: str, emotion_topic: str, namespace: str, absolute: str
) -> list[LaunchDescriptionEntity]:
    """Listens to `emotion_topic` and the topics below it, remapped to ours wherever the namespace has put them."""
    if bool(package) != bool(executable):
        raise ParameterError(
            'a dialogue manager is started by dialogue_manager_package and dialogue_manager_executable, '
            f'and only {"the package" if package else "the executable"} is given'
        )
    if not package:
        return []
    ours = f'{absolute.rstrip("/")}/emotion'
    below = ('', '/changed', '/event', '/event_json')
    remappings = [(f'{emotion_topic}{name}', f'{ours}{name}') for name in below] if emotion_topic != ours else []
    # In our namespace, for the one of another robot has the same name.
    return [Node(package=package, executable=executable, namespace=namespace, remappings=remappings, output='screen')]
