"""Face landmarker and classifier in one process: one Python, one DDS participant set, no hop between processes."""

from __future__ import annotations

from blendfer_ros.nodes.emotion_classifier_node import EmotionClassifierNode
from blendfer_ros.nodes.face_landmarker_node import FaceLandmarkerNode
from blendfer_ros.nodes.managed_node import run


def main() -> int:
    """Entry point of `ros2 run blendfer_ros emotion_pipeline`."""
    return run(EmotionClassifierNode, FaceLandmarkerNode)
