"""Camera images → `emotion`, `emotion/changed` and `emotions` by the CNN–LSTM: pixels in, emotions out, no hop between.

Images stay in this process, as they do in `face_landmarker_node`.
"""

from __future__ import annotations

from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage, Image

from blendfer_ros.core.assets import find_bundle, find_expressions
from blendfer_ros.nodes.diagnostics import why_nothing_can_come
from blendfer_ros.nodes.emotion_classifier_node import EmotionClassifierNode
from blendfer_ros.nodes.image_reader import ImageReader
from blendfer_ros.nodes.image_topic import Decode, image_topic, subscribe_to_images
from blendfer_ros.nodes.managed_node import run
from blendfer_ros.nodes.switch import Switch
from blendfer_ros.parameters.table import CNN_LSTM, HAAR, idle_options, landmarker_options
from blendfer_ros.perception.haar import HaarPerceiver
from blendfer_ros.perception.perceiver import FacePerceiver, Perceiver
from blendfer_ros.perception.tracking import FaceTracker


class CnnLstmNode(EmotionClassifierNode):
    """Finds faces by a Haar cascade or by landmarks, scores their pixels, and carries an LSTM on for each of them."""

    PARAMETERS = CNN_LSTM
    INPUT = 'images'

    _reader: ImageReader

    def __init__(self) -> None:
        super().__init__('cnn_lstm_node')
        # Of the node, not of one configuration, so that no id is ever given twice.
        self._tracker = FaceTracker()
        self._switch = Switch(self)

    def configure(self) -> None:
        # First, for what is published by would stay if this failed afterwards.
        self._reader = ImageReader(self._make_perceiver(), self.value('time_limit_s'), idle_options(self.values()))
        try:
            self._enabled = self._switch.is_on
            super().configure()
        except Exception:
            self._reader.close()
            raise

    def retune(self) -> None:
        super().retune()
        if self._enabled != self._switch.is_on:
            self.enable(enabled=self._switch.is_on)

    def cleanup(self) -> None:
        super().cleanup()
        self._reader.close()

    def _make_perceiver(self) -> Perceiver:
        expressions = find_expressions(self.value('expression_model'))
        if self.value('detector') == HAAR:
            return HaarPerceiver(expressions, self._tracker, self.value('num_faces'))
        bundle = find_bundle(self.value('bundle'))
        return FacePerceiver(bundle, landmarker_options(self.values()), self._tracker, expressions=expressions)

    def _why_nothing_can_come(self) -> str:
        return why_nothing_can_come(self, *image_topic(self))

    def _subscribe(self) -> Subscription:
        return subscribe_to_images(self, self._on_image)

    def _on_image(self, decode: Decode, message: Image | CompressedImage) -> None:
        if not self._active or not self._switch.is_on:
            # It was on its way when that changed.
            return
        self._take(message.header, message, lambda watch: self._reader.read(decode, message, watch)[0])


def main() -> int:
    """Entry point of `ros2 run blendfer_ros cnn_lstm_node`."""
    return run(CnnLstmNode)
