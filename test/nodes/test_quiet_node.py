"""Ctrl-C in the middle of a callback: nothing is said of what fails then, everything of what fails at other times."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support.ros_process import NodeProcess

NODE = """
import sys
import rclpy
from blendfer_ros.msg import Emotion
from blendfer_ros.nodes.managed_node import ManagedNode, run
from blendfer_ros.nodes.qos import RELIABLE
from blendfer_ros.parameters.table import AUTOSTART


class Interrupted(ManagedNode):
    PARAMETERS = (AUTOSTART,)

    def __init__(self):
        super().__init__('interrupted')

    def activate(self):
        self._own = self.create_publisher(Emotion, 'emotion', RELIABLE)
        if sys.argv[1] == 'timer':
            self.every(0.01, self._fail)
        else:
            self.create_subscription(Emotion, 'emotion', self._fail, RELIABLE)
            self.every(0.01, lambda: self._own.publish(Emotion()))

    def _fail(self, _message=None):
        if sys.argv[2] == 'interrupted':
            rclpy.shutdown()
        raise RuntimeError('the publisher is gone')


sys.exit(run(Interrupted))
"""


@pytest.fixture(params=['timer', 'subscription'])
def command(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    (tmp_path / 'interrupted.py').write_text(NODE)
    return [sys.executable, str(tmp_path / 'interrupted.py'), request.param]


def test_what_fails_because_ros_is_shut_down_is_not_told(command: list[str]) -> None:
    node = NodeProcess([*command, 'interrupted'])
    assert node.process.wait(60.0) == 0
    node.end()
    assert node.lines == []


def test_what_fails_otherwise_is_told(command: list[str]) -> None:
    node = NodeProcess([*command, 'alive'])
    node.wait_for_line('the publisher is gone')
    node.end()
