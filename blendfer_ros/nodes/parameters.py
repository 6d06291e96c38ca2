"""Every parameter of every node, written once: declaration, validation and the README's table come from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

from blendfer_ros.classification.estimator import LIMITS, EstimatorOptions
from blendfer_ros.core.assets import DEFAULT_MODEL
from blendfer_ros.dialogue.events import GateOptions
from blendfer_ros.dialogue.http_sender import HttpOptions
from blendfer_ros.dialogue.wording import GENERIC
from blendfer_ros.perception.face_landmarker import LandmarkerOptions
from blendfer_ros.perception.far_faces import FarFaceOptions

Value = bool | int | float | str


@dataclass(frozen=True)
class Parameter:
    """One parameter.

    minimum, maximum: inclusive.
    live: may be changed while the node is configured; the others are read when it is.
    """

    name: str
    default: Value
    description: str
    unit: str = ''
    minimum: float | None = None
    maximum: float | None = None
    live: bool = False

    def descriptor(self) -> ParameterDescriptor:
        """How ROS is told of it; rclpy then refuses values of another type or out of range."""
        descriptor = ParameterDescriptor(name=self.name, description=self.description)
        changes = 'can be changed while the node runs' if self.live else 'read when the node is configured'
        descriptor.additional_constraints = f'unit: {self.unit}; {changes}' if self.unit else changes
        if self.minimum is not None and self.maximum is not None:
            if isinstance(self.default, float):
                descriptor.floating_point_range = [
                    FloatingPointRange(from_value=float(self.minimum), to_value=float(self.maximum))
                ]
            else:
                descriptor.integer_range = [
                    IntegerRange(from_value=int(self.minimum), to_value=int(self.maximum), step=1)
                ]
        return descriptor


# The shipped values stand with the code they belong to.
_LANDMARKER: Final = LandmarkerOptions()
_FAR: Final = FarFaceOptions()
_ESTIMATOR: Final = EstimatorOptions()
_SMOOTHING: Final = _ESTIMATOR.smoothing
_QUALITY: Final = _ESTIMATOR.quality
_PRIMARY: Final = _ESTIMATOR.primary
_GATE: Final = GateOptions()

AUTOSTART: Final = Parameter('autostart', True, 'configure and activate as soon as the process runs')

FACE_LANDMARKER: Final = (
    AUTOSTART,
    Parameter('compressed', False, "subscribe to the image topic's `/compressed` sibling instead of raw images"),
    Parameter('bundle', '', 'path of face_landmarker.task; empty: look in the usual places, then download it'),
    Parameter('num_faces', _LANDMARKER.num_faces, 'how many faces to follow at most', '', 1, 10),
    Parameter(
        'min_detection_confidence',
        _LANDMARKER.min_detection_confidence,
        'a face detected with less is not one',
        '',
        0.0,
        1.0,
    ),
    Parameter(
        'min_presence_confidence',
        _LANDMARKER.min_presence_confidence,
        'a face followed with less is looked for anew',
        '',
        0.0,
        1.0,
    ),
    Parameter(
        'min_tracking_confidence',
        _LANDMARKER.min_tracking_confidence,
        'a face overlapping its last place by less is looked for anew',
        '',
        0.0,
        1.0,
    ),
    Parameter(
        'min_far_face_px',
        _FAR.min_far_face_px,
        'width of the narrowest face to look for in parts of the image',
        'px',
        30.0,
        1000.0,
    ),
    Parameter(
        'far_tiles_per_image',
        _FAR.tiles_per_image,
        'parts looked at in an image without a face; 0: no far faces',
        '',
        0,
        20,
    ),
    Parameter(
        'no_image_warning_s', 5.0, 'warn each time this long passes without an image', 's', 1.0, 3600.0, live=True
    ),
)

EMOTION_CLASSIFIER: Final = (
    AUTOSTART,
    Parameter(
        'model', DEFAULT_MODEL, 'name of a shipped model, or path of a .tflite file with its .json card beside it'
    ),
    Parameter('publish_rate', 10.0, 'how often `emotion` is repeated', 'Hz', 0.1, 100.0, live=True),
    Parameter(
        'smoothing_time_constant_s',
        _SMOOTHING.time_constant_s,
        'after this long, 63 % of a new expression has arrived',
        's',
        *LIMITS['smoothing_time_constant_s'],
        live=True,
    ),
    Parameter(
        'switch_margin',
        _SMOOTHING.switch_margin,
        'how far another emotion must lead before it takes over',
        '',
        *LIMITS['switch_margin'],
        live=True,
    ),
    Parameter(
        'min_dwell_s',
        _SMOOTHING.min_dwell_s,
        'an emotion that took over stays at least this long',
        's',
        *LIMITS['min_dwell_s'],
        live=True,
    ),
    Parameter(
        'min_confidence',
        _SMOOTHING.min_confidence,
        'happy or sad with less confidence than this is not claimed',
        '',
        *LIMITS['min_confidence'],
        live=True,
    ),
    Parameter(
        'face_timeout_s',
        _ESTIMATOR.face_timeout_s,
        'nobody found for this long: NO_FACE; bridges missed images',
        's',
        *LIMITS['face_timeout_s'],
        live=True,
    ),
    Parameter(
        'face_confirm_s',
        _ESTIMATOR.face_confirm_s,
        'after NO_FACE, somebody must be seen in every image for this long to count',
        's',
        *LIMITS['face_confirm_s'],
        live=True,
    ),
    Parameter(
        'stale_after_s',
        _ESTIMATOR.stale_after_s,
        'no images for this long: STALE',
        's',
        *LIMITS['stale_after_s'],
        live=True,
    ),
    Parameter(
        'min_face_px',
        _QUALITY.min_face_px,
        'a narrower face is unknown, quality `too_small`',
        'px',
        *LIMITS['min_face_px'],
        live=True,
    ),
    Parameter(
        'max_yaw_rad',
        _QUALITY.max_yaw_rad,
        'a head turned further to the side is unknown, quality `turned_away`',
        'rad',
        *LIMITS['max_yaw_rad'],
        live=True,
    ),
    Parameter(
        'max_pitch_rad',
        _QUALITY.max_pitch_rad,
        'a head turned further up or down is unknown, quality `turned_away`',
        'rad',
        *LIMITS['max_pitch_rad'],
        live=True,
    ),
    Parameter(
        'min_visible',
        _QUALITY.min_visible,
        'a face with less of it in the picture is unknown, quality `cut_off`',
        '',
        *LIMITS['min_visible'],
        live=True,
    ),
    Parameter(
        'primary',
        _PRIMARY.rule,
        'whom `emotion` is about: `prominent` (largest and most frontal), `nearest`, `longest_seen`, or `given`',
        live=True,
    ),
    Parameter('primary_face_id', _PRIMARY.face_id, 'with `given`: the `face_id` it is about', live=True),
    Parameter(
        'primary_switch_ratio',
        _PRIMARY.switch_ratio,
        'how many times more prominent or nearer another must be to take over',
        '',
        *LIMITS['primary_switch_ratio'],
        live=True,
    ),
    Parameter(
        'auto_neutral',
        _ESTIMATOR.auto_neutral,
        'take the first 2 s of everybody in view for their resting face and judge them against it',
        live=True,
    ),
)

DIALOGUE_BRIDGE: Final = (
    AUTOSTART,
    Parameter('adapter', 'topic', 'whom to tell: `topic`, `chatbot`, `intent` or `http`'),
    Parameter(
        'stable_s', _GATE.stable_s, 'person and emotion must stay this long to be told', 's', 0.0, 60.0, live=True
    ),
    Parameter(
        'quiet_s',
        _GATE.quiet_s,
        'nothing is told while the person speaks and for this long after',
        's',
        0.0,
        60.0,
        live=True,
    ),
    Parameter(
        'min_interval_s',
        _GATE.min_interval_s,
        'least time from one event to the next',
        's',
        0.0,
        3600.0,
        live=True,
    ),
    Parameter('chatbot', '/chatbot', 'with `chatbot`: name before `/dialogue_interaction` and `/start_dialogue`'),
    Parameter('http_url', '', 'with `http`: where to POST, such as `http://localhost:5005/path`'),
    Parameter('http_body', GENERIC, 'with `http`: `generic`, `rasa`, or path of a template with `$emotion` and so on'),
    Parameter('http_timeout_s', HttpOptions.timeout_s, 'longest wait for the server', 's', 0.1, 60.0),
    Parameter('http_retries', HttpOptions.retries, 'how often an event is sent again', '', 0, 20),
    Parameter('http_backoff_s', HttpOptions.backoff_s, 'wait before that, doubled each time', 's', 0.01, 60.0),
)

WAIT_FOR_SUBSCRIBERS: Final = Parameter(
    'wait_for_subscribers', 0, 'hold the first message back until so many subscribe', '', 0, 100
)

VIDEO_SOURCE: Final = (
    AUTOSTART,
    Parameter('source', '0', 'camera index, video file, or folder of pictures (shown in order of name)'),
    Parameter('rate', 0.0, "images per second; 0: the source's own (folders: 2)", 'Hz', 0.0, 240.0),
    Parameter('loop', False, 'start a file or folder over when it ends; otherwise the node exits'),
    Parameter('frame_id', 'camera', 'frame_id of the images'),
    WAIT_FOR_SUBSCRIBERS,
)

# How `replay_node` goes from one message to the next.
RECORDED: Final = 'recorded'
ACKNOWLEDGED: Final = 'acknowledged'

REPLAY: Final = (
    AUTOSTART,
    Parameter('bag', 'sad_to_happy', 'path of a rosbag2 (MCAP or SQLite), or name of a shipped recording'),
    Parameter('topics', '', 'which of its topics, with commas between; empty: all'),
    Parameter(
        'pace',
        RECORDED,
        '`recorded`: as the messages came; `acknowledged`: the next image when `emotions` has answered to the last',
    ),
    Parameter('rate', 1.0, 'times as fast as recorded; for `recorded`', '', 0.01, 100.0),
    Parameter(
        'acknowledge_timeout_s',
        5.0,
        'an image unanswered for this long is given up; for `acknowledged`',
        's',
        0.1,
        600.0,
    ),
    Parameter('clock', False, 'tell on `/clock` when what is published was recorded, for nodes with `use_sim_time`'),
    WAIT_FOR_SUBSCRIBERS,
)

ROS4HRI: Final = (
    AUTOSTART,
    Parameter(
        'face_confirm_s',
        _ESTIMATOR.face_confirm_s,
        'a face must be seen for this long to be tracked, so that flickers get no topics',
        's',
        0.0,
        10.0,
    ),
)

NODES: Final[dict[str, tuple[Parameter, ...]]] = {
    'face_landmarker_node': FACE_LANDMARKER,
    'emotion_classifier_node': EMOTION_CLASSIFIER,
    'dialogue_bridge_node': DIALOGUE_BRIDGE,
    'video_source_node': VIDEO_SOURCE,
    'replay_node': REPLAY,
    'ros4hri_node': ROS4HRI,
}


def declare(node: Node, parameters: tuple[Parameter, ...]) -> None:
    """Declare a node's parameters; raises what rclpy raises for a value of wrong type or out of range."""
    for parameter in parameters:
        node.declare_parameter(parameter.name, parameter.default, parameter.descriptor())
