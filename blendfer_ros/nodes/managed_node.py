"""What all our nodes share: lifecycle, parameters, errors said in one sentence, a clean end on Ctrl-C."""

from __future__ import annotations

import signal
import sys
import time
import traceback
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, ClassVar, Final

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.exceptions import InvalidParameterTypeException, InvalidParameterValueException
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.publisher import Publisher
from rclpy.timer import Timer

from blendfer_ros.core.errors import BlendferError
from blendfer_ros.nodes import diagnostics
from blendfer_ros.nodes.declaring import declare
from blendfer_ros.nodes.diagnostics import Health
from blendfer_ros.nodes.lazy import anybody_listens
from blendfer_ros.nodes.process import (
    begin,
    leave_what_hangs,
    make_executor,
    settle_memory,
    spin,
    until_shut_down,
)
from blendfer_ros.nodes.qos import RELIABLE
from blendfer_ros.nodes.quiet_node import QuietNode
from blendfer_ros.nodes.respawning import REFUSED
from blendfer_ros.nodes.time_watch import TimeWatch
from blendfer_ros.parameters.table import AUTOSTART, Parameter

CLOCK_TOPIC: Final = '/clock'
WARNING_PERIOD_S: Final = 5.0


class ManagedNode(QuietNode):
    """A lifecycle node whose subclasses say what to make and what to let go.

    What `configure` makes, `cleanup` releases; what `activate` makes, `deactivate` releases.
    """

    PARAMETERS: ClassVar[tuple[Parameter, ...]]

    # Of the process, when it ends of itself.
    exit_code = 0

    def __init__(self, name: str) -> None:
        super().__init__(name)
        # Of what must go on when simulated time does not, the node's own clock.
        self._steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._time_watch = TimeWatch()
        self._configured = False
        self._active = False
        self._problem = ''
        self._silent_until_s: dict[Hashable, float] = {}
        declare(self, self.PARAMETERS)
        self.add_on_set_parameters_callback(self._judge_change)
        self.add_post_set_parameters_callback(self._follow_change)
        self._diagnostics = self.create_publisher(DiagnosticArray, diagnostics.TOPIC, RELIABLE)
        self.every(diagnostics.PERIOD_S, self._diagnose)

    def configure(self) -> None:
        """Load models and create publishers; may raise BlendferError."""

    def activate(self) -> None:
        """Create subscriptions and timers; may raise BlendferError."""

    def deactivate(self) -> None:
        """Destroy what `activate` created; called only after it succeeded."""

    def cleanup(self) -> None:
        """Release what `configure` made; called only after it succeeded."""

    def health(self) -> Health:
        """What /diagnostics is told once a second while active."""
        return Health(diagnostics.OK, 'active', {})

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

    def is_watched(self) -> bool:
        """Whether somebody listens to /diagnostics: of what rests, nobody could tell whether it would work."""
        return anybody_listens([self._diagnostics])

    def now_ns(self) -> int:
        """The node's time [ns], simulated where use_sim_time says so."""
        return int(self.get_clock().now().nanoseconds)

    def steady_ns(self) -> int:
        """The time [ns] of a clock that goes on whatever simulated time and the wall clock do."""
        return int(self._steady.now().nanoseconds)

    def every(self, period_s: float, callback: Callable[[], None]) -> Timer:
        """A timer by that clock."""
        return self.create_timer(period_s, callback, clock=self._steady)

    def say(self, publisher: Publisher, message: Any) -> None:
        """Publish a last word on the way out, if ROS is still there to carry it."""
        try:
            publisher.publish(message)
        except RuntimeError:
            if self.context.ok():
                raise

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
        self._configured = self._succeeds('configure', self._check_and_configure)
        return super().on_configure(state) if self._configured else TransitionCallbackReturn.FAILURE

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        self._active = self._succeeds('activate', self.activate)
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

    def _check_and_configure(self) -> None:
        self._check(self.values())
        self.configure()

    def _check(self, values: Mapping[str, Any]) -> None:
        for parameter in self.PARAMETERS:
            parameter.check(values[parameter.name])
        self.check(values)

    def _end_activity(self) -> None:
        self._active = False
        self.deactivate()

    def _diagnose(self) -> None:
        if self._active:
            health = self.health()
        elif self._problem:
            health = Health(diagnostics.ERROR, self._problem, {})
        else:
            health = Health(diagnostics.OK, 'not active' if self._configured else 'not configured', {})
        if health.level == diagnostics.OK and (n := self._namesakes()) > 1:
            text = f'{n} nodes are called {self.get_fully_qualified_name()}: all of them speak, give each another name'
            health = Health(diagnostics.WARN, text, health.values)
        if stopped := self._stopped_time():
            health = Health(diagnostics.ERROR, stopped, health.values)
        self._diagnostics.publish(diagnostics.to_message(self, health))

    def _namesakes(self) -> int:
        """How many nodes have this one's name, itself among them."""
        return int(self.get_node_names_and_namespaces().count((self.get_name(), self.get_namespace())))

    def _stopped_time(self) -> str:
        """Why simulated time does not go on; empty when it does. Told in the log when it stops, and when it goes on."""
        simulated = self.get_parameter('use_sim_time').value
        before = self._time_watch.has_stopped
        stopped = self._time_watch.observe(self.now_ns(), self.steady_ns()) if simulated else False
        publishers = self.count_publishers(CLOCK_TOPIC) if stopped else 0
        reason = f'it stands still on {CLOCK_TOPIC}' if publishers else f'nobody publishes {CLOCK_TOPIC}'
        text = f'use_sim_time is set, but time does not pass: {reason}' if stopped else ''
        if stopped and not before:
            self.get_logger().warning(text)
        elif before and not stopped:
            self.get_logger().info('time passes again')
        return text

    def set_parameters_atomically(self, parameter_list: list[rclpy.Parameter]) -> SetParametersResult:
        """As rclpy, except that setting a parameter to what it is already changes nothing, whoever may not change it.

        `ros2 param load` sets everything that is in a file, also what was read when the node was configured.
        """
        changed = [parameter for parameter in parameter_list if not self._has(parameter)]
        return super().set_parameters_atomically(changed) if changed else SetParametersResult(successful=True)

    def _has(self, wanted: rclpy.Parameter) -> bool:
        if not self.has_parameter(wanted.name):
            return False
        present = self.get_parameter(wanted.name)
        return bool(present.type_ == wanted.type_ and present.value == wanted.value)

    def _judge_change(self, changed: list[rclpy.Parameter]) -> SetParametersResult:
        ours = {parameter.name: parameter for parameter in self.PARAMETERS}
        new = {parameter.name: parameter.value for parameter in changed if parameter.name in ours}
        fixed = [name for name in new if not ours[name].live]
        if self._configured and fixed:
            reason = f'{", ".join(fixed)}: read when the node is configured, so clean it up first'
            return SetParametersResult(successful=False, reason=reason)
        try:
            self._check({**self.values(), **new})
        except BlendferError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    def _follow_change(self, changed: list[rclpy.Parameter]) -> None:
        if self._configured and {parameter.name for parameter in changed} & {p.name for p in self.PARAMETERS}:
            self.retune()

    def _succeeds(self, what: str, action: Callable[[], None]) -> bool:
        # rclpy drops exceptions of transition callbacks without a word, so they are told here.
        self._problem = ''
        try:
            action()
        except BlendferError as error:
            self._problem = f'cannot {what}: {error}'
            self.get_logger().error(self._problem)
        except Exception as error:  # noqa: BLE001, a transition must end in a state, whatever happens
            self._problem = f'cannot {what}: {error}'
            # Ctrl-C while models load takes ROS away under whatever is made next.
            if self.context.ok():
                self.get_logger().error(f'cannot {what}: {traceback.format_exc()}')
        return not self._problem


def run(*factories: Callable[[], ManagedNode], args: Sequence[str] | None = None) -> int:
    """Run nodes in one process until Ctrl-C or SIGTERM; the exit code of a node's `main`.

    A node that cannot configure itself stays, unconfigured, to be tried again by whoever manages it.
    """
    interrupted = not begin(args)
    nodes: list[ManagedNode] = []
    executor = make_executor()
    try:
        if interrupted:
            return 0
        with until_shut_down():
            for factory in factories:
                node = factory()
                nodes.append(node)
                executor.add_node(node)
                node.autostart()
            settle_memory()
            spin(executor, nodes[0].get_logger())
    except (InvalidParameterValueException, InvalidParameterTypeException) as error:
        print(f'refused: {error}', file=sys.stderr)
        return REFUSED
    finally:
        # `ros2 launch` and a terminal each pass Ctrl-C on; the second must not cut the cleaning up short.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for node in nodes:
            node.end()
            node.destroy_node()
        executor.shutdown()
        rclpy.try_shutdown()
    exit_code = max((node.exit_code for node in nodes), default=0)
    leave_what_hangs(exit_code)
    return exit_code
