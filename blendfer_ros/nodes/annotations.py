"""`annotated`: the image with what is seen in it, published only while somebody looks."""

from __future__ import annotations

import array
from contextlib import suppress

import cv2
import numpy as np
from rclpy.lifecycle import LifecycleNode
from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from blendfer_ros.core.errors import FrameError
from blendfer_ros.core.face import FaceFrame
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.msg import EmotionArray
from blendfer_ros.nodes.conversions import bgr_to_message, estimate_from_message
from blendfer_ros.nodes.lazy import anybody_listens
from blendfer_ros.nodes.qos import NEWEST_RELIABLE
from blendfer_ros.pages.annotated_image import Label, annotate


class AnnotationPublisher:
    """Draws and publishes for a node; without subscribers it costs nothing."""

    def __init__(self, node: LifecycleNode) -> None:
        self._node = node
        # Reliable, because RViz asks for it.
        self._raw = node.create_lifecycle_publisher(Image, 'annotated', NEWEST_RELIABLE)
        self._compressed = node.create_lifecycle_publisher(CompressedImage, 'annotated/compressed', NEWEST_RELIABLE)
        self._emotions: Subscription | None = None
        self._labels: dict[str, Label] = {}

    def are_wanted(self) -> bool:
        """Whether somebody looks."""
        return anybody_listens([self._raw, self._compressed])

    def publish(self, rgb: RgbImage, frame: FaceFrame, header: Header) -> None:
        """Show the faces of an image, with the emotions of the image before, for those of this one come later."""
        wants_raw = self._raw.get_subscription_count() > 0
        wants_compressed = self._compressed.get_subscription_count() > 0
        if not wants_raw and not wants_compressed:
            self._forget_emotions()
            return
        if self._emotions is None:
            self._emotions = self._node.create_subscription(
                EmotionArray, 'emotions', self._on_emotions, NEWEST_RELIABLE
            )
        bgr = np.asarray(cv2.cvtColor(annotate(rgb, frame, self._labels), cv2.COLOR_RGB2BGR), np.uint8)
        if wants_raw:
            self._raw.publish(bgr_to_message(bgr, header.stamp, header.frame_id))
        if wants_compressed:
            jpeg = array.array('B', cv2.imencode('.jpg', bgr)[1].tobytes())
            self._compressed.publish(CompressedImage(header=header, format='jpeg', data=jpeg))

    def close(self) -> None:
        """Stop publishing."""
        self._forget_emotions()
        self._node.destroy_lifecycle_publisher(self._raw)
        self._node.destroy_lifecycle_publisher(self._compressed)

    def _on_emotions(self, message: EmotionArray) -> None:
        with suppress(FrameError):
            estimates = map(estimate_from_message, message.emotions)
            self._labels = {each.face_id: Label.of(each.emotion, each.quality, each.confidence) for each in estimates}

    def _forget_emotions(self) -> None:
        if self._emotions is not None:
            self._node.destroy_subscription(self._emotions)
            self._emotions = None
            self._labels = {}
