"""Every topic and service that a node of ours uses: what a policy must allow, and no more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

Names = tuple[str, ...]


@dataclass(frozen=True)
class Interface:
    """Names as a node has them before remapping: relative, private (`~/…`), or absolute; `*` at an end is any ending.

    serves: services it offers. calls: services of others that it asks.
    """

    publishes: Names = ()
    subscribes: Names = ()
    serves: Names = ()
    calls: Names = ()

    def __add__(self, other: Interface) -> Interface:
        return Interface(
            self.publishes + other.publishes,
            self.subscribes + other.subscribes,
            self.serves + other.serves,
            self.calls + other.calls,
        )


@dataclass(frozen=True)
class SecuredNode:
    """What one node always uses, and what it uses only by a parameter, in some state, or with a package installed."""

    always: Interface
    sometimes: Interface = field(default_factory=Interface)

    @property
    def allowed(self) -> Interface:
        """All of it."""
        return self.always + self.sometimes


ROSOUT: Final = '/rosout'
CLOCK: Final = '/clock'

# What rclpy makes for every node.
_NODE: Final = Interface(
    publishes=(ROSOUT, '/parameter_events'),
    serves=(
        '~/describe_parameters',
        '~/get_parameter_types',
        '~/get_parameters',
        '~/list_parameters',
        '~/set_parameters',
        '~/set_parameters_atomically',
    ),
)
# `get_type_description` has a parameter that turns it off; simulated time needs a clock.
_NODE_SOMETIMES: Final = Interface(subscribes=(CLOCK,), serves=('~/get_type_description',))
_LIFECYCLE: Final = _NODE + Interface(
    publishes=('~/transition_event', '/diagnostics'),
    serves=(
        '~/change_state',
        '~/get_available_states',
        '~/get_available_transitions',
        '~/get_state',
        '~/get_transition_graph',
    ),
)
_IMAGES: Final = Interface(subscribes=('image', 'image/compressed'))
_SWITCH: Final = Interface(publishes=('face_reading',), serves=('~/enable',))
_CLASSIFIER: Final = _LIFECYCLE + Interface(
    publishes=('emotion', 'emotion/changed', 'emotions'), subscribes=('face_reading',), serves=('~/calibrate_neutral',)
)

NODES: Final[dict[str, SecuredNode]] = {
    'face_landmarker_node': SecuredNode(
        _LIFECYCLE + _SWITCH + Interface(publishes=('blendshapes', 'annotated', 'annotated/compressed')),
        # The emotions that it writes beside faces while somebody looks at `annotated`.
        _NODE_SOMETIMES + _IMAGES + Interface(subscribes=('emotions',)),
    ),
    # While somebody listens to what it says, or always where it is not `lazy`.
    'emotion_classifier_node': SecuredNode(_CLASSIFIER, _NODE_SOMETIMES + Interface(subscribes=('blendshapes',))),
    'cnn_lstm_node': SecuredNode(_CLASSIFIER + _SWITCH, _NODE_SOMETIMES + _IMAGES),
    'dialogue_bridge_node': SecuredNode(
        _LIFECYCLE + Interface(subscribes=('emotion', 'speaking')),
        # By `adapter`.
        _NODE_SOMETIMES
        + Interface(
            publishes=('emotion/event', 'emotion/event_json', '/intents'),
            subscribes=('/chatbot/start_dialogue/_action/status',),
            calls=('/chatbot/dialogue_interaction',),
        ),
    ),
    'video_source_node': SecuredNode(_LIFECYCLE + Interface(publishes=('image',)), _NODE_SOMETIMES),
    'replay_node': SecuredNode(
        _LIFECYCLE + Interface(publishes=(CLOCK,), subscribes=('emotions',)),
        # Topics have their full names in a bag, whatever namespace it is played in; others than these are to be added.
        _NODE_SOMETIMES + Interface(publishes=('/blendshapes', '/image', '/image/compressed')),
    ),
    'ros4hri_node': SecuredNode(
        _LIFECYCLE
        + Interface(publishes=('/humans/faces/tracked',), subscribes=('blendshapes', 'emotions', 'camera_info')),
        _NODE_SOMETIMES + Interface(publishes=('/tf', '/humans/faces/*')),
    ),
    'emotion_monitor': SecuredNode(_NODE + Interface(subscribes=('emotion', 'emotions')), _NODE_SOMETIMES),
}

# Which nodes run in the process of an executable; one of its own for each of the others.
PROCESSES: Final[dict[str, Names]] = {
    **{name: (name,) for name in NODES},
    'emotion_pipeline': ('emotion_classifier_node', 'face_landmarker_node'),
}
