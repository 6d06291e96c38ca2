"""Camera images → `emotion`, `emotion/changed` and `emotions` by the CNN–LSTM: pixels in, emotions out, no hop between.

Images stay in this process, as they do in `face_landmarker_node`.
"""

from __future__ import annotations

from functools import partial

from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage, Image

from blendfer_ros.core.assets import find_bundle, find_expressions
from blendfer_ros.core.face import FaceFrame
from blendfer_ros.core.stamps import time_to_ns
from blendfer_ros.nodes.emotion_classifier_node import EmotionClassifierNode
from blendfer_ros.nodes.image_topic import Decode, subscribe_to_images
from blendfer_ros.nodes.managed_node import run
from blendfer_ros.parameters.table import CNN_LSTM, HAAR, landmarker_options
from blendfer_ros.perception.haar import HaarPerceiver
from blendfer_ros.perception.perceiver import FacePerceiver
from blendfer_ros.perception.tracking import FaceTracker


class CnnLstmNode(EmotionClassifierNode):
    """Finds faces by a Haar cascade or by landmarks, scores their pixels, and carries an LSTM on for each of them."""

    PARAMETERS = CNN_LSTM
    INPUT = 'images'

    _perceiver: HaarPerceiver | FacePerceiver

    def __init__(self) -> None:
        super().__init__('cnn_lstm_node')
        # Of the node, not of one configuration, so that no id is ever given twice.
        self._tracker = FaceTracker()

    def configure(self) -> None:
        # First, for what is published by would stay if this failed afterwards.
        self._perceiver = self._make_perceiver()
        try:
            super().configure()
        except Exception:
            self._perceiver.close()
            raise

    def cleanup(self) -> None:
        super().cleanup()
        self._perceiver.close()

    def _make_perceiver(self) -> HaarPerceiver | FacePerceiver:
        expressions = find_expressions(self.value('expression_model'))
        if self.value('detector') == HAAR:
            return HaarPerceiver(expressions, self._tracker, self.value('num_faces'))
        bundle = find_bundle(self.value('bundle'))
        return FacePerceiver(bundle, landmarker_options(self.values()), self._tracker, expressions=expressions)

    def _subscribe(self) -> Subscription:
        return subscribe_to_images(self, self._on_image)

    def _on_image(self, decode: Decode, message: Image | CompressedImage) -> None:
        self._take(message, partial(self._perceive, decode))

    def _perceive(self, decode: Decode, message: Image | CompressedImage) -> FaceFrame:
        return self._perceiver.perceive(decode(message), time_to_ns(message.header.stamp))


def main() -> int:
    """Entry point of `ros2 run blendfer_ros cnn_lstm_node`."""
    return run(CnnLstmNode)
