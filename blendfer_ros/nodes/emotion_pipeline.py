"""Face landmarker and classifier in one process: one Python, and faces go from one to the other as they are."""

from __future__ import annotations

from blendfer_ros.nodes.emotion_classifier_node import EmotionClassifierNode
from blendfer_ros.nodes.face_landmarker_node import FaceLandmarkerNode
from blendfer_ros.nodes.managed_node import run


class NeighbouringClassifierNode(EmotionClassifierNode):
    """Takes faces from the landmarker beside it, and none from a topic."""

    def _open_input(self) -> None:
        pass

    def _close_input(self) -> None:
        pass

    def _why_nothing_can_come(self) -> str:
        return ''

    def _why_silent(self) -> str:
        return 'face_landmarker_node, in the same process, hands none over'


def main() -> int:
    """Entry point of `ros2 run blendfer_ros emotion_pipeline`."""
    classifiers: list[NeighbouringClassifierNode] = []

    def classifier() -> NeighbouringClassifierNode:
        classifiers.append(NeighbouringClassifierNode())
        return classifiers[0]

    return run(classifier, lambda: FaceLandmarkerNode(classifiers[0]))
