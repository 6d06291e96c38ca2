"""What a node says about itself on /diagnostics: well or not, and why."""

from __future__ import annotations

import resource
from dataclasses import dataclass
from typing import Any, Final

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node
from rclpy.subscription import Subscription

from blendfer_ros.nodes.stream_meter import StreamSummary

TOPIC: Final = '/diagnostics'
PERIOD_S: Final = 1.0

OK: Final = DiagnosticStatus.OK
WARN: Final = DiagnosticStatus.WARN
ERROR: Final = DiagnosticStatus.ERROR


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
    values = {**health.values, 'peak_memory_mb': f'{memory_mb:.0f}'}
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
        'rate_hz': f'{summary.rate_hz:.1f}',
        'busy_percent': f'{100 * summary.busy:.0f}',
        'processing_p95_ms': _ms(summary.processing_p95_ms),
        'latency_p95_ms': _ms(summary.latency_p95_ms),
        'lost': str(summary.n_lost),
        'faces': '' if summary.n_faces is None else str(summary.n_faces),
        'skipped': '; '.join(f'{count} x {reason.value}' for reason, count in summary.skipped.items()),
    }


def why_silent(node: Node, subscription: Subscription) -> str:
    """One sentence about who publishes on a topic from which nothing comes."""
    topic = subscription.topic_name
    message_type = f'{subscription.msg_type.__module__.split(".")[0]}/msg/{subscription.msg_type.__name__}'
    publishers = node.get_publishers_info_by_topic(topic)
    if not publishers:
        return f'nobody publishes on {topic}'
    types = sorted({publisher.topic_type for publisher in publishers})
    if message_type not in types:
        return f'{topic} is published as {", ".join(types)}, expected {message_type}'
    offered = ', '.join(
        f'{publisher.qos_profile.reliability.name}/{publisher.qos_profile.durability.name}' for publisher in publishers
    )
    return f'{len(publishers)} publishers on {topic}, offering {offered}, but nothing arrives: large images may be lost'


def _ms(value: float | None) -> str:
    return '' if value is None else f'{value:.1f}'
