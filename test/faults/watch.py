"""Whoever listens to the nodes: what is said on /emotion, /emotions and /diagnostics, and when it was heard."""

from __future__ import annotations

import math
import queue
import re
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from faults.judging import Heard
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

from blendfer_ros.core.stamps import time_to_ns
from blendfer_ros.msg import Emotion, EmotionArray
from blendfer_ros.nodes.qos import RELIABLE


@dataclass(frozen=True)
class Told:
    """A status on /diagnostics."""

    at_s: float
    node: str
    level: bytes
    text: str


class Watch:
    """A node in a thread of its own; `clear` forgets what was heard so far."""

    def __init__(self, domain: int) -> None:
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=domain)
        self.node: Node = rclpy.create_node('watch', context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self.clear()
        self.node.create_subscription(Emotion, '/emotion', self._on_emotion, RELIABLE)
        self.node.create_subscription(EmotionArray, '/emotions', self._on_emotions, RELIABLE)
        self.node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, RELIABLE)
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def clear(self) -> None:
        self.heard: list[Heard] = []
        self.told: list[Told] = []
        self.emotions: list[str] = []
        self.n_faces: list[int] = []

    def diagnosed(self, cause: str, since_s: float) -> bool:
        """Whether a status other than OK has named the cause, a regular expression."""
        return any(
            told.at_s >= since_s and told.level != DiagnosticStatus.OK and re.search(cause, told.text)
            for told in list(self.told)
        )

    def levels(self) -> dict[str, Told]:
        """The last that each node said of itself."""
        return {told.node: told for told in list(self.told)}

    def close(self) -> None:
        self._executor.shutdown()
        rclpy.shutdown(context=self._context)
        self._thread.join(10.0)

    def _spin(self) -> None:
        while self._context.ok():
            try:
                self._executor.spin_once(timeout_sec=0.2)
            except Exception:
                if self._context.ok():
                    raise

    def _on_emotion(self, message: Emotion) -> None:
        self.emotions.append(message.emotion)
        self.heard.append(Heard(time.monotonic(), message.state, time_to_ns(message.header.stamp)))

    def _on_emotions(self, message: EmotionArray) -> None:
        self.n_faces.append(len(message.emotions))
        self.heard.append(Heard(time.monotonic(), Emotion.TRACKING, time_to_ns(message.header.stamp), is_answer=True))

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        now_s = time.monotonic()
        self.told += [Told(now_s, s.name.partition(':')[0], s.level, s.message) for s in message.status]


def call(
    node: Node, service_type: Any, name: str, request: Any, timeout_s: float = 30.0, resend_s: float = math.inf
) -> Any:
    """The answer of a service, while somebody else spins the node; None when there is none in time.

    The first request to a process is lost where it comes before that knows of us: asked again every `resend_s`.
    """
    client = node.create_client(service_type, name)
    try:
        if not client.wait_for_service(timeout_s):
            return None
        answers: queue.Queue[Any] = queue.Queue()
        deadline_s = time.monotonic() + timeout_s
        while (left_s := deadline_s - time.monotonic()) > 0.0:
            client.call_async(request).add_done_callback(lambda future: answers.put(future.result()))
            with suppress(queue.Empty):
                return answers.get(timeout=min(left_s, resend_s))
        return None
    finally:
        node.destroy_client(client)
