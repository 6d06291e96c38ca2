"""The quality of service of our topics: each profile once, named after what it promises."""

from __future__ import annotations

from typing import Final

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy, qos_profile_sensor_data

# What the subscribers of behaviour trees, `ros2 bag play` and most others ask for and offer.
RELIABLE: Final = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
# Whoever subscribes late gets the last message.
LATCHED: Final = QoSProfile(
    depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL
)
# Best effort, five deep: for what comes many times a second.
SENSOR_DATA: Final[QoSProfile] = qos_profile_sensor_data
# Skipped rather than queued: an older message is of no use beside a newer one.
NEWEST_BEST_EFFORT: Final = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
NEWEST_RELIABLE: Final = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
# As tf2_ros offers its transforms, one of many publishers on the topic.
TRANSFORMS: Final = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)
