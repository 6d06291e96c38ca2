"""A lifecycle node that ROS can be shut down under at any moment without a word from it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription
from rclpy.timer import Timer

from blendfer_ros.nodes.process import until_shut_down


class QuietNode(LifecycleNode):
    """Ctrl-C comes in the middle of callbacks too, where publishers then fail in the hands of whoever uses them.

    rclpy's executor in C++ prints what a callback raises before anybody else sees it.
    """

    def create_timer(self, timer_period_sec: float, callback: Callable[..., None], **options: Any) -> Timer:
        """See rclpy."""
        return super().create_timer(timer_period_sec, _until_shut_down(callback), **options)

    def create_subscription(
        self, msg_type: Any, topic: str, callback: Callable[..., None], qos_profile: QoSProfile | int, **options: Any
    ) -> Subscription:
        """See rclpy."""
        return super().create_subscription(msg_type, topic, _until_shut_down(callback), qos_profile, **options)


def _until_shut_down(callback: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(callback)
    def call(*arguments: Any) -> None:
        with until_shut_down():
            callback(*arguments)

    return call
