"""What all our nodes share: lifecycle, parameters, errors said in one sentence, a clean end on Ctrl-C."""

from __future__ import annotations

import signal
import sys
import time
import traceback
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, ClassVar

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.publisher import Publisher
from rclpy.timer import Timer

from blendfer_ros.core.errors import BlendferError
from blendfer_ros.nodes import diagnostics
from blendfer_ros.nodes.declaring import declare
from blendfer_ros.nodes.diagnostics import Health
from blendfer_ros.nodes.qos import RELIABLE
from blendfer_ros.parameters.table import AUTOSTART, Parameter

WARNING_PERIOD_S = 5.0


class ManagedNode(LifecycleNode):
    """A lifecycle node whose subclasses say what to make and what to let go.

    What `configure` makes, `cleanup` releases; what `activate` makes, `deactivate` releases.
    """

    PARAMETERS: ClassVar[tuple[Parameter, ...]]

    _diagnostics: Publisher
    _diagnostics_timer: Timer

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._configured = False
        self._active = False
        self._silent_until_s: dict[Hashable, float] = {}
        declare(self, self.PARAMETERS)
        self.add_on_set_parameters_callback(self._judge_change)
        self.add_post_set_parameters_callback(self._follow_change)

    def configure(self) -> None:
        """Load models and create publishers; may raise BlendferError."""

    def activate(self) -> None:
        """Create subscriptions and timers; may raise BlendferError."""

    def deactivate(self) -> None:
        """Destroy what `activate` created; called only after it succeeded."""

    def cleanup(self) -> None:
        """Release what `configure` made; called only after it succeeded."""

    def health(self) -> Health | None:
        """What /diagnostics is told once a second while active; None: nothing."""
        return None

    def check(self, values: Mapping[str, Any]) -> None:
        """Raise BlendferError when these values of PARAMETERS cannot be, each within its range but not together."""

    def retune(self) -> None:
        """Go by the present values of live parameters; called while configured, after one has changed."""

    def value(self, name: str) -> Any:
        """The current value of one of PARAMETERS."""
        return self.get_parameter(name).value

    def values(self) -> dict[str, Any]:
        """The current values of all PARAMETERS."""
        return {parameter.name: self.value(parameter.name) for parameter in self.PARAMETERS}

    def now_ns(self) -> int:
        """The node's time [ns], simulated where use_sim_time says so."""
        return int(self.get_clock().now().nanoseconds)

    def warn(self, kind: Hashable, text: str) -> None:
        """Warn, at most once every WARNING_PERIOD_S for each kind of warning."""
        now_s = time.monotonic()
        if now_s < self._silent_until_s.get(kind, 0.0):
            return
        self._silent_until_s = {k: until_s for k, until_s in self._silent_until_s.items() if until_s > now_s}
        self._silent_until_s[kind] = now_s + WARNING_PERIOD_S
        self.get_logger().warning(text)

    def autostart(self) -> None:
        """Configure and activate, if the parameter says so."""
        if self.value(AUTOSTART.name) and self.trigger_configure() == TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

    def end(self) -> None:
        """Let go of everything, whatever state the node is in; ROS itself may be gone already."""
        if self._active:
            self._end_activity()
        if self._configured:
            self._configured = False
            self.cleanup()

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._configured = self._succeeds('configure', self.configure)
        return super().on_configure(state) if self._configured else TransitionCallbackReturn.FAILURE

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._active = self._succeeds('activate', self.activate)
        if self._active:
            self._diagnostics = self.create_publisher(DiagnosticArray, diagnostics.TOPIC, RELIABLE)
            self._diagnostics_timer = self.create_timer(diagnostics.PERIOD_S, self._diagnose)
        return super().on_activate(state) if self._active else TransitionCallbackReturn.FAILURE

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._end_activity()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._configured = False
        self.cleanup()
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        self.end()
        return super().on_shutdown(state)

    def _end_activity(self) -> None:
        self._active = False
        self.destroy_timer(self._diagnostics_timer)
        self.destroy_publisher(self._diagnostics)
        self.deactivate()

    def _diagnose(self) -> None:
        health = self.health()
        if health is not None:
            self._diagnostics.publish(diagnostics.to_message(self, health))

    def _judge_change(self, changed: list[rclpy.Parameter]) -> SetParametersResult:
        ours = {parameter.name: parameter for parameter in self.PARAMETERS}
        new = {parameter.name: parameter.value for parameter in changed if parameter.name in ours}
        fixed = [name for name in new if not ours[name].live]
        if self._configured and fixed:
            reason = f'{", ".join(fixed)}: read when the node is configured, so clean it up first'
            return SetParametersResult(successful=False, reason=reason)
        try:
            self.check({**self.values(), **new})
        except BlendferError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _follow_change(self, changed: list[rclpy.Parameter]) -> None:
        if self._configured and {parameter.name for parameter in changed} & {p.name for p in self.PARAMETERS}:
            self.retune()

    def _succeeds(self, what: str, action: Callable[[], None]) -> bool:
        # rclpy drops exceptions of transition callbacks without a word, so they are told here.
        try:
            action()
        except BlendferError as error:
            self.get_logger().error(f'cannot {what}: {error}')
            return False
        except Exception:  # noqa: BLE001, a transition must end in a state, whatever happens
            self.get_logger().error(f'cannot {what}: {traceback.format_exc()}')
            return False
        return True


def run(*factories: Callable[[], ManagedNode], args: Sequence[str] | None = None) -> int:
    """Run nodes in one process until Ctrl-C or SIGTERM; the exit code of a node's `main`.

    A node that cannot configure itself stays, unconfigured, to be tried again by whoever manages it.
    """
    rclpy.init(args=args)
    nodes: list[ManagedNode] = []
    executor = SingleThreadedExecutor()
    try:
        for factory in factories:
            node = factory()
            nodes.append(node)
            executor.add_node(node)
            node.autostart()
        _spin(executor, nodes[0])
    except (InvalidParameterValueException, InvalidParameterTypeException) as error:
        print(f'refused: {error}', file=sys.stderr)
        return 2
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        # `ros2 launch` and a terminal each pass Ctrl-C on; the second must not cut the cleaning up short.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for node in nodes:
            node.end()
            node.destroy_node()
        executor.shutdown()
        rclpy.try_shutdown()
    return 0


def _spin(executor: SingleThreadedExecutor, node: ManagedNode) -> None:
    """Spin until shut down. Before Kilted, rclpy lets the error of an impossible lifecycle transition escape."""
    while True:
        try:
            executor.spin()
        except RuntimeError as error:
            node.get_logger().error(f'cannot do what was asked: {error}')
        else:
            return
