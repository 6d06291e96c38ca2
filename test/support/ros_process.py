"""Our nodes as processes, and a node of the test's own to talk to them."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from ament_index_python.packages import get_package_prefix
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

# Generous, for a loaded machine: tests end as soon as what they wait for happens.
TIMEOUT_S = 60.0

T = TypeVar('T')


def executable(name: str) -> Path:
    """What `ros2 run blendfer_ros NAME` runs."""
    return Path(get_package_prefix('blendfer_ros'), 'lib', 'blendfer_ros', name)


class NodeProcess:
    """A process of ours whose output can be waited for.

    own_group: it and its children are signalled together, as a terminal does; otherwise it alone.
    """

    def __init__(
        self, command: list[str], environment: dict[str, str] | None = None, *, own_group: bool = False
    ) -> None:
        self._own_group = own_group
        self.process = subprocess.Popen(
            command,
            start_new_session=own_group,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, 'PYTHONUNBUFFERED': '1', 'RCUTILS_LOGGING_BUFFERED_STREAM': '0', **(environment or {})},
        )
        self.lines: list[str] = []
        self._queue: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._queue.put(line.rstrip())
        self._queue.put(None)

    def wait_for_line(self, text: str, timeout_s: float = TIMEOUT_S) -> str:
        """The next line of output that contains `text`; fails the test when none comes."""
        deadline_s = time.monotonic() + timeout_s
        while True:
            try:
                line = self._queue.get(timeout=max(0.0, deadline_s - time.monotonic()))
            except queue.Empty:
                pytest.fail(f'no line with {text!r} in {timeout_s} s; so far:\n' + '\n'.join(self.lines))
            if line is None:
                # For `end`, which reads up to it.
                self._queue.put(None)
                pytest.fail(f'ended without a line with {text!r}:\n' + '\n'.join(self.lines))
            self.lines.append(line)
            if text in line:
                return line

    def has_line(self, text: str) -> bool:
        """Whether a line of output so far contains `text`; does not wait."""
        while not self._queue.empty():
            line = self._queue.get()
            if line is None:
                self._queue.put(None)
                break
            self.lines.append(line)
        return any(text in line for line in self.lines)

    def end(self, with_signal: signal.Signals = signal.SIGINT) -> int:
        """Interrupt it as Ctrl-C does; its exit code."""
        if self.process.poll() is None:
            if self._own_group:
                os.killpg(self.process.pid, with_signal)
            else:
                self.process.send_signal(with_signal)
        try:
            code = self.process.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        while (line := self._queue.get(timeout=TIMEOUT_S)) is not None:
            self.lines.append(line)
        self._queue.put(None)
        return code

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None


class Peer:
    """A node of the test's own: publishes, subscribes, and spins until something is true."""

    def __init__(self) -> None:
        self.node = Node('test_peer')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)

    def collect(self, message_type: Any, topic: str, qos: Any) -> list[Any]:
        """A list that fills with the topic's messages while spinning."""
        messages: list[Any] = []
        self.node.create_subscription(message_type, topic, messages.append, qos)
        return messages

    def spin_until(self, condition: Callable[[], T], timeout_s: float = TIMEOUT_S) -> T:
        """Handle messages until `condition` holds, and give what it gave; fails the test on time-out."""
        deadline_s = time.monotonic() + timeout_s
        while not (result := condition()):
            if time.monotonic() > deadline_s:
                pytest.fail(f'not within {timeout_s} s')
            self._executor.spin_once(timeout_sec=0.05)
        return result

    def deliver(self, send: Callable[[], None], answered: Callable[[], T], resend_s: float = 2.0) -> T:
        """Send, again every `resend_s`, until `answered` holds: best effort loses what is sent while peers connect."""
        deadline_s = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline_s:
            send()
            resend_at_s = time.monotonic() + resend_s
            while time.monotonic() < resend_at_s:
                if result := answered():
                    return result
                self._executor.spin_once(timeout_sec=0.05)
        pytest.fail(f'no answer in {TIMEOUT_S} s')

    def call(self, service_type: Any, name: str, request: Any) -> Any:
        """The answer of a service; asked again when it is lost, as it may be while the two still connect."""
        client = self.node.create_client(service_type, name)
        assert client.wait_for_service(TIMEOUT_S)
        futures: list[Any] = []
        answered = self.deliver(
            lambda: futures.append(client.call_async(request)),
            lambda: next((future for future in futures if future.done()), None),
            resend_s=10.0,
        )
        self.node.destroy_client(client)
        return answered.result()

    def close(self) -> None:
        self._executor.shutdown()
        self.node.destroy_node()
