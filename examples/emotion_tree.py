#!/usr/bin/env python3
"""A behaviour tree that lets `/emotion` change what the robot says and does.

    ros2 run blendfer_ros emotion_tree         # beside `ros2 launch blendfer_ros emotion.launch.py`, or `make demo`

It needs py_trees (pip install py_trees, or apt install ros-$ROS_DISTRO-py-trees). Where py_trees_ros is installed
as well, its ToBlackboard takes the messages in; otherwise a behaviour of our own does the same.

    {-} Robot
        --> Listen                   /emotion -> blackboard
        [o] React                    the first of these that applies
            {-} Cheer                somebody is happy
            {-} Comfort              somebody has been sad for a while
            {-} Look around          nobody is there
            --> Carry on
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import py_trees
import rclpy
from py_trees.behaviour import Behaviour
from py_trees.common import Access, ParallelPolicy, Status
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy

from blendfer_ros.msg import Emotion

EMOTION = '/emotion'
# As /emotion offers; it repeats, so a tree that starts late soon knows.
QOS = QoSProfile(depth=10, reliability=ReliabilityPolicy.RELIABLE)
TICK_S = 0.1
SAD_FOR_A_WHILE_S = 1.0


class EmotionToBlackboard(Behaviour):
    """Writes the newest /emotion to the blackboard; RUNNING until there is one, as ToBlackboard of py_trees_ros."""

    def __init__(self, name: str, node: Node) -> None:
        super().__init__(name)
        self._blackboard = self.attach_blackboard_client(name=name)
        self._blackboard.register_key(key='emotion', access=Access.WRITE)
        self._newest: Emotion | None = None
        node.create_subscription(Emotion, EMOTION, self._on_emotion, QOS)

    def update(self) -> Status:
        """Once a tick."""
        if self._newest is None:
            return Status.RUNNING
        self._blackboard.emotion = self._newest
        return Status.SUCCESS

    def _on_emotion(self, message: Emotion) -> None:
        self._newest = message


class EmotionIs(Behaviour):
    """SUCCESS while what is on the blackboard satisfies a condition."""

    def __init__(self, name: str, condition: Callable[[Emotion], bool]) -> None:
        super().__init__(name)
        self._condition = condition
        self._blackboard = self.attach_blackboard_client(name=name)
        self._blackboard.register_key(key='emotion', access=Access.READ)

    def update(self) -> Status:
        """Once a tick."""
        if not self._blackboard.exists('emotion'):
            return Status.FAILURE
        return Status.SUCCESS if self._condition(self._blackboard.emotion) else Status.FAILURE


class Do(Behaviour):
    """Says and does something once, and keeps at it (RUNNING) until the tree turns to something else."""

    def __init__(self, name: str, says: str, does: str) -> None:
        super().__init__(name)
        self._says = says
        self._does = does

    def initialise(self) -> None:
        """When the tree turns to it."""
        print(f'{self.name}: robot says {self._says!r} and {self._does}', flush=True)

    def update(self) -> Status:
        """Once a tick."""
        return Status.RUNNING


def make_tree(node: Node) -> Behaviour:
    """The tree drawn above."""
    react = py_trees.composites.Selector('React', memory=False)
    react.add_children(
        [
            _branch('Cheer', _is_happy, 'You look happy!', 'nods'),
            _branch('Comfort', _is_sad, 'Is everything all right?', 'leans forward'),
            _branch('Look around', _is_nobody, 'Hello? Is anybody there?', 'turns its head'),
            Do('Carry on', 'As I was saying', 'goes on with what it did'),
        ]
    )
    robot = py_trees.composites.Parallel('Robot', ParallelPolicy.SuccessOnAll(synchronise=False))
    robot.add_children([_listener(node), react])
    return robot


def _branch(name: str, condition: Callable[[Emotion], bool], says: str, does: str) -> Behaviour:
    branch = py_trees.composites.Sequence(name, memory=False)
    branch.add_children([EmotionIs(f'{name}?', condition), Do(name, says, does)])
    return branch


def _listener(node: Node) -> Behaviour:
    try:
        from py_trees_ros.subscribers import ToBlackboard
    except ImportError:
        return EmotionToBlackboard('Listen', node)
    listener = ToBlackboard(
        name='Listen',
        topic_name=EMOTION,
        topic_type=Emotion,
        qos_profile=QOS,
        blackboard_variables={'emotion': None},
        clearing_policy=py_trees.common.ClearingPolicy.NEVER,
    )
    listener.setup(node=node)
    return listener


def _is_happy(emotion: Emotion) -> bool:
    return emotion.emotion == Emotion.HAPPY


def _is_sad(emotion: Emotion) -> bool:
    return emotion.emotion == Emotion.SAD and emotion.held_s >= SAD_FOR_A_WHILE_S


def _is_nobody(emotion: Emotion) -> bool:
    return emotion.state != Emotion.TRACKING


def main() -> int:
    """Tick the tree until Ctrl-C."""
    rclpy.init()
    node = Node('emotion_tree')
    tree = py_trees.trees.BehaviourTree(make_tree(node))
    print(py_trees.display.ascii_tree(tree.root), flush=True)
    node.create_timer(TICK_S, tree.tick)
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        tree.shutdown()
        node.destroy_node()
        rclpy.try_shutdown()
    return 0


if __name__ == '__main__':
    sys.exit(main())
