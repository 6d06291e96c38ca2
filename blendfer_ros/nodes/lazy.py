"""A subscription that is there only while somebody wants what comes of it, as those of image_transport are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from rclpy.publisher import Publisher
from rclpy.subscription import Subscription

from blendfer_ros.core.stamps import NS_PER_S

if TYPE_CHECKING:
    from blendfer_ros.nodes.managed_node import ManagedNode

LOOK_PERIOD_S: Final = 0.1
# Whoever asks for one message at a time, or is restarted, finds everything still running.
GRACE_S: Final = 3.0


def anybody_listens(publishers: Iterable[Publisher]) -> bool:
    """Whether one of them has a subscriber."""
    return any(publisher.get_subscription_count() for publisher in publishers)


class LazySubscription:
    """`current`: the subscription, or None. Close it when done."""

    def __init__(self, node: ManagedNode, subscribe: Callable[[], Subscription], is_wanted: Callable[[], bool]) -> None:
        self._node = node
        self._subscribe = subscribe
        self._is_wanted = is_wanted
        self._last_wanted_ns = 0
        self.current: Subscription | None = None
        self._timer = node.every(LOOK_PERIOD_S, self.look)
        self.look()

    def look(self) -> None:
        """Subscribe as soon as that is wanted, and unsubscribe once it has not been for GRACE_S."""
        now_ns = self._node.steady_ns()
        if self._is_wanted():
            self._last_wanted_ns = now_ns
            if self.current is None:
                self.current = self._subscribe()
        elif now_ns - self._last_wanted_ns > GRACE_S * NS_PER_S:
            self.drop()

    def drop(self) -> None:
        """Unsubscribe at once."""
        if self.current is not None:
            self._node.destroy_subscription(self.current)
            self.current = None

    def close(self) -> None:
        """Unsubscribe for good."""
        self._node.destroy_timer(self._timer)
        self.drop()
