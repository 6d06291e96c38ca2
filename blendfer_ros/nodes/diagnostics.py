"""What a node says about itself on /diagnostics: well or not, and why.

The conventions are those of `diagnostic_updater`, so that robot monitors, aggregators and scripts find what they know:
once a second; `name` is the node with its namespace (its `use_fqn`, for a robot may have two of us), a colon and the
task; `hardware_id` names what is looked at, for us the package, as there is no device; rates under the keys of its
FrequencyStatus, and every other key in the same form, with the unit in parentheses. Unlike it, a node also speaks while
it is not active, and by a clock that simulated time does not stop.

The package itself is not used: it is not on PyPI, it would be a dependency for the few lines here, and its
FrequencyStatus has two sentences where an engineer wants the cause.
"""

from __future__ import annotations

import resource
from dataclasses import dataclass
from typing import Any, Final

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node
from rclpy.qos import QoSCompatibility, QoSProfile, qos_check_compatible
from rclpy.subscription import Subscription

from blendfer_ros.nodes.stream_meter import WINDOW_S, StreamSummary

TOPIC: Final = '/diagnostics'
PERIOD_S: Final = 1.0

OK: Final = DiagnosticStatus.OK
WARN: Final = DiagnosticStatus.WARN
ERROR: Final = DiagnosticStatus.ERROR

# Of a node that is well and does nothing.
RESTING: Final = 'nobody listens, so nothing is taken'


@dataclass(frozen=True)
class Health:
    """level: OK, WARN or ERROR. message: one sentence. values: for whoever wants to know more."""

    level: bytes
    message: str
    values: dict[str, Any]


def to_message(node: Node, health: Health) -> DiagnosticArray:
    """The message that says so now; peak memory is added for every node."""
    # Kilobytes on Linux.
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    values = {**health.values, 'Peak memory (MB)': f'{memory_mb:.0f}'}
    status = DiagnosticStatus(
        level=health.level,
        name=f'{node.get_fully_qualified_name()}: stream',
        message=health.message,
        hardware_id='blendfer_ros',
        values=[KeyValue(key=key, value=str(value)) for key, value in values.items()],
    )
    message = DiagnosticArray(status=[status])
    message.header.stamp = node.get_clock().now().to_msg()
    return message


def values_of(summary: StreamSummary) -> dict[str, str]:
    """A summary as texts."""
    return {
        'Events in window': str(summary.n_used),
        'Duration of window (s)': f'{WINDOW_S:.1f}',
        'Actual frequency (Hz)': f'{summary.rate_hz:.1f}',
        'Busy (%)': f'{100 * summary.busy:.0f}',
        'Processing time, 95th percentile (ms)': _ms(summary.processing_p95_ms),
        'Latency, 95th percentile (ms)': _ms(summary.latency_p95_ms),
        'Lost': str(summary.n_lost),
        'Faces': '' if summary.n_faces is None else str(summary.n_faces),
        **{f'{name.capitalize()}, median (ms)': _ms(value) for name, value in summary.stages_ms.items()},
        'Skipped': '; '.join(f'{count} x {reason.value}' for reason, count in summary.skipped.items()),
    }


def why_silent(node: Node, subscription: Subscription) -> str:
    """One sentence about who publishes on a topic from which nothing comes."""
    topic = subscription.topic_name
    if reason := why_nothing_can_come(node, topic, subscription.msg_type):
        return reason
    publishers = node.get_publishers_info_by_topic(topic)
    asked = subscription.qos_profile
    offers = f'{len(publishers)} publishers on {topic}, offering {", ".join(_qos(p.qos_profile) for p in publishers)}'
    if all(qos_check_compatible(p.qos_profile, asked)[0] == QoSCompatibility.ERROR for p in publishers):
        return f'{offers}, while {_qos(asked)} is asked for'
    return f'{offers}, but nothing arrives: large images may be lost'


def of_another_clock(summary: StreamSummary) -> str:
    """One sentence about stamps that are of another clock than this machine's; empty where they are not."""
    offset_s = summary.clock_offset_s
    if offset_s is None:
        return ''
    where = 'behind' if offset_s > 0 else 'ahead of'
    return f'stamps are {abs(offset_s):.0f} s {where} the clock of this machine: set both, or use_sim_time for a bag'


def _qos(profile: QoSProfile) -> str:
    return f'{profile.reliability.name}/{profile.durability.name}'


def why_nothing_can_come(node: Node, topic: str, message_class: type) -> str:
    """One sentence about a topic that nobody publishes, or only as something else; empty when somebody does."""
    message_type = f'{message_class.__module__.split(".")[0]}/msg/{message_class.__name__}'
    types = sorted({publisher.topic_type for publisher in node.get_publishers_info_by_topic(topic)})
    if not types:
        return f'nobody publishes on {topic}'
    return '' if message_type in types else f'{topic} is published as {", ".join(types)}, expected {message_type}'


def _ms(value: float | None) -> str:
    return '' if value is None else f'{value:.1f}'
