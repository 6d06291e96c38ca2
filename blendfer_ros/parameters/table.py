"""Every parameter of every node. Most are options declared beside the code they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from blendfer_ros.classification.estimator import EstimatorOptions
from blendfer_ros.classification.primary import PrimaryOptions
from blendfer_ros.classification.quality import QualityOptions
from blendfer_ros.classification.smoothing import SmoothingOptions
from blendfer_ros.core.assets import DEFAULT_MODEL, EXPRESSION_MODEL
from blendfer_ros.core.options import Option, options_of
from blendfer_ros.dialogue.events import GateOptions
from blendfer_ros.dialogue.http_sender import HttpOptions
from blendfer_ros.dialogue.wording import GENERIC
from blendfer_ros.perception.face_landmarker import LandmarkerOptions
from blendfer_ros.perception.far_faces import FarFaceOptions
from blendfer_ros.perception.idle import IdleOptions


@dataclass(frozen=True)
class Parameter(Option):
    """An option as a ROS parameter.

    live: may be changed while the node is configured; the others are read when it is.
    """

    live: bool = False


def _of(owner: Any, *names: str, live: bool = False, prefix: str = '', **renamed: str) -> tuple[Parameter, ...]:
    """The options of a dataclass as parameters.

    Args:
        owner: the dataclass.
        names: of the fields that are wanted, in this order; all by default.
        live: see `Parameter`.
        prefix: of all names.
        renamed: the parameter's name for a field, where it is not the field's own after the prefix.
    """
    options = {each.name: each for each in options_of(owner)}
    return tuple(
        Parameter(**vars(replace(options[name], name=renamed.get(name, f'{prefix}{name}'))), live=live)
        for name in names or options
    )


IMAGE_RELIABILITIES: Final = ('best_effort', 'reliable')

AUTOSTART: Final = Parameter('autostart', True, 'configure and activate as soon as the process runs')

_IMAGES: Final = (
    Parameter('compressed', False, "subscribe to the image topic's `/compressed` sibling instead of raw images"),
    Parameter(
        'image_reliability',
        'best_effort',
        '`best_effort`, or `reliable`: lost parts of images are sent again, by cameras that offer it',
        choices=IMAGE_RELIABILITIES,
    ),
    Parameter(
        'max_image_side_px',
        1280,
        'larger images are made smaller first, to so much of their longer side; 0: never',
        'px',
        0,
        16384,
    ),
)
_ENABLED: Final = Parameter('enabled', True, 'read faces; the service `~/enable` sets it', live=True)
_LAZY: Final = Parameter(
    'lazy', True, 'work only while somebody listens to what comes of it, or to /diagnostics; false: always', live=True
)
_TIME_LIMIT: Final = Parameter(
    'time_limit_s',
    3.0,
    'what has not come of an image for this long never will: its network is started anew',
    's',
    0.5,
    60.0,
)

_BUNDLE: Final = (
    Parameter('bundle', '', 'path of face_landmarker.task; empty: look in the usual places, then download it'),
    *_of(LandmarkerOptions),
)

FACE_LANDMARKER: Final = (
    AUTOSTART,
    _ENABLED,
    _LAZY,
    _TIME_LIMIT,
    *_IMAGES,
    *_BUNDLE,
    Parameter(
        'expression_model',
        EXPRESSION_MODEL,
        'network that looks at the pixels of faces, by name or path of its .tflite file; empty: none, to save time',
    ),
    *_of(FarFaceOptions, tiles_per_image='far_tiles_per_image'),
    *_of(IdleOptions),
    Parameter('no_image_warning_s', 5.0, 'warn when this long passes without an image', 's', 1.0, 3600.0, live=True),
)

# Names of the parameters for the fields of EstimatorOptions and of its parts, where they are not the fields' own.
_SMOOTHING_NAMES: Final = {'time_constant_s': 'smoothing_time_constant_s'}
_PRIMARY_NAMES: Final = {'rule': 'primary', 'face_id': 'primary_face_id', 'switch_ratio': 'primary_switch_ratio'}

EMOTION_CLASSIFIER: Final = (
    AUTOSTART,
    _LAZY,
    _TIME_LIMIT,
    Parameter(
        'model', DEFAULT_MODEL, 'name of a shipped model, or path of a .tflite file with its .json card beside it'
    ),
    Parameter('publish_rate', 10.0, 'how often `emotion` is repeated', 'Hz', 0.1, 100.0, live=True),
    *_of(SmoothingOptions, live=True, **_SMOOTHING_NAMES),
    *_of(EstimatorOptions, 'face_timeout_s', 'face_confirm_s', 'stale_after_s', live=True),
    *_of(QualityOptions, live=True),
    *_of(PrimaryOptions, live=True, **_PRIMARY_NAMES),
    *_of(EstimatorOptions, 'auto_neutral', live=True),
)


HAAR: Final = 'haar'
LANDMARKS: Final = 'landmarks'

CNN_LSTM: Final = (
    AUTOSTART,
    _ENABLED,
    *_IMAGES,
    Parameter(
        'detector',
        LANDMARKS,
        '`landmarks`: FaceLandmarker, with crops aligned by the eyes; `haar`: a cascade of OpenCV, which is slower',
        choices=(HAAR, LANDMARKS),
    ),
    *_BUNDLE,
    Parameter(
        'expression_model', EXPRESSION_MODEL, 'network that looks at the pixels of faces, by name or path of its file'
    ),
    *_of(IdleOptions),
    *(replace(each, default='cnn_lstm') if each.name == 'model' else each for each in EMOTION_CLASSIFIER[1:]),
)


def landmarker_options(values: Mapping[str, Any]) -> LandmarkerOptions:
    """The options of FaceLandmarker that values of FACE_LANDMARKER or CNN_LSTM stand for."""
    return LandmarkerOptions(**{each.name: values[each.name] for each in options_of(LandmarkerOptions)})


def idle_options(values: Mapping[str, Any]) -> IdleOptions:
    """The options that values of FACE_LANDMARKER or CNN_LSTM stand for."""
    return IdleOptions(**{each.name: values[each.name] for each in options_of(IdleOptions)})


def estimator_options(values: Mapping[str, Any]) -> EstimatorOptions:
    """The options that values of EMOTION_CLASSIFIER stand for; what is missing is as shipped.

    Raises:
        ParameterError: a value cannot be.
    """

    def part(owner: Any, renamed: Mapping[str, str] | None = None) -> dict[str, Any]:
        names = {each.name: (renamed or {}).get(each.name, each.name) for each in options_of(owner)}
        return {field: values[name] for field, name in names.items() if name in values}

    return EstimatorOptions(
        **part(EstimatorOptions),
        smoothing=SmoothingOptions(**part(SmoothingOptions, _SMOOTHING_NAMES)),
        quality=QualityOptions(**part(QualityOptions)),
        primary=PrimaryOptions(**part(PrimaryOptions, _PRIMARY_NAMES)),
    )


DIALOGUE_BRIDGE: Final = (
    AUTOSTART,
    Parameter('adapter', 'topic', 'whom to tell: `topic`, `chatbot`, `intent` or `http`'),
    *_of(GateOptions, live=True),
    Parameter('chatbot', '/chatbot', 'with `chatbot`: name before `/dialogue_interaction` and `/start_dialogue`'),
    Parameter('http_url', '', 'with `http`: where to POST, such as `http://localhost:5005/path`'),
    Parameter('http_body', GENERIC, 'with `http`: `generic`, `rasa`, or path of a template with `$emotion` and so on'),
    *_of(HttpOptions, prefix='http_'),
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
        'humans', '/humans', "name before `/faces`; `/humans` as REP-155 has it, `humans`: in the node's namespace"
    ),
    *(
        replace(each, help='a face must be seen for this long to be tracked, so that flickers get no topics')
        for each in _of(EstimatorOptions, 'face_confirm_s')
    ),
)

NODES: Final[dict[str, tuple[Parameter, ...]]] = {
    'face_landmarker_node': FACE_LANDMARKER,
    'emotion_classifier_node': EMOTION_CLASSIFIER,
    'cnn_lstm_node': CNN_LSTM,
    'dialogue_bridge_node': DIALOGUE_BRIDGE,
    'video_source_node': VIDEO_SOURCE,
    'replay_node': REPLAY,
    'ros4hri_node': ROS4HRI,
}
