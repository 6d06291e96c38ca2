"""Camera images → `blendshapes`, and for whoever looks `annotated`."""

from __future__ import annotations

import time

from rclpy.subscription import Subscription
from rclpy.timer import Timer
from sensor_msgs.msg import CompressedImage, Image

from blendfer_ros.core.assets import find_bundle, find_expressions
from blendfer_ros.core.errors import FrameError, SkipReason
from blendfer_ros.core.stamps import time_to_ns
from blendfer_ros.msg import BlendshapesArray
from blendfer_ros.nodes.annotations import AnnotationPublisher
from blendfer_ros.nodes.conversions import frame_to_message
from blendfer_ros.nodes.diagnostics import ERROR, OK, WARN, Health, values_of, why_silent
from blendfer_ros.nodes.image_topic import Decode, subscribe_to_images
from blendfer_ros.nodes.managed_node import ManagedNode, run
from blendfer_ros.nodes.qos import SENSOR_DATA
from blendfer_ros.nodes.stream_meter import StreamMeter
from blendfer_ros.parameters.table import FACE_LANDMARKER, landmarker_options
from blendfer_ros.perception.decoding import image_converter
from blendfer_ros.perception.far_faces import FarFaceOptions
from blendfer_ros.perception.perceiver import FacePerceiver
from blendfer_ros.perception.tracking import FaceTracker


class FaceLandmarkerNode(ManagedNode):
    """Runs FaceLandmarker on the newest image and publishes numbers; pixels only to who looks at `annotated`."""

    PARAMETERS = FACE_LANDMARKER

    _perceiver: FacePerceiver
    _subscription: Subscription
    _watchdog: Timer
    _last_answer: BlendshapesArray

    def __init__(self) -> None:
        super().__init__('face_landmarker_node')
        self._images_since_check = 0
        self._warned_of_silence = False
        self._meter = StreamMeter()
        # Of the node, not of one configuration, so that no id is ever given twice.
        self._tracker = FaceTracker()

    def configure(self) -> None:
        self._perceiver = FacePerceiver(
            find_bundle(self.value('bundle')),
            landmarker_options(self.values()),
            self._tracker,
            FarFaceOptions(self.value('min_far_face_px'), self.value('far_tiles_per_image')),
            find_expressions(self.value('expression_model')) if self.value('expression_model') else None,
        )
        self.get_logger().info(f'converting raw images with {image_converter().name}')
        self._publisher = self.create_lifecycle_publisher(BlendshapesArray, 'blendshapes', SENSOR_DATA)
        self._annotations = AnnotationPublisher(self)

    def activate(self) -> None:
        self._subscription = subscribe_to_images(self, self._on_image)
        self._last_image: Image | CompressedImage | None = None
        self._watch()
        self.get_logger().info(f'waiting for images on {self._subscription.topic_name}')

    def health(self) -> Health:
        summary = self._meter.summary(self.steady_ns())
        values = values_of(summary)
        if summary.is_silent:
            return Health(ERROR, f'no images: {why_silent(self, self._subscription)}', values)
        if not summary.rate_hz:
            return Health(ERROR, f'no image can be used: {summary.newest_problem}', values)
        if summary.is_overloaded:
            return Health(WARN, f'FaceLandmarker takes {summary.processing_p95_ms:.1f} ms an image: too slow', values)
        if summary.skipped:
            return Health(WARN, f'some images cannot be used: {summary.newest_problem}', values)
        return Health(OK, 'faces in view' if summary.n_faces else 'images, but nobody in view', values)

    def retune(self) -> None:
        if self._active:
            self.destroy_timer(self._watchdog)
            self._watch()

    def deactivate(self) -> None:
        self.destroy_timer(self._watchdog)
        self.destroy_subscription(self._subscription)

    def cleanup(self) -> None:
        self.destroy_lifecycle_publisher(self._publisher)
        self._annotations.close()
        self._perceiver.close()

    def _watch(self) -> None:
        self._watchdog = self.every(self.value('no_image_warning_s'), self._check_for_images)

    def _on_image(self, decode: Decode, message: Image | CompressedImage) -> None:
        self._images_since_check += 1
        if self._warned_of_silence:
            self._warned_of_silence = False
            self.get_logger().info(f'images arrive again on {self._subscription.topic_name}')
        began_ns = time.perf_counter_ns()
        try:
            rgb = decode(message)
            frame = self._perceiver.perceive(rgb, time_to_ns(message.header.stamp))
        except FrameError as error:
            self._meter.skipped(self.steady_ns(), error)
            if error.reason is SkipReason.REPEATED_STAMP and message == self._last_image:
                # Whoever sends the very same image again has missed the answer.
                self._publisher.publish(self._last_answer)
            else:
                self.warn(error.reason, f'image skipped: {error}')
            return
        self._last_image, self._last_answer = message, frame_to_message(frame, message.header)
        self._publisher.publish(self._last_answer)
        self._annotations.publish(rgb, frame, message.header)
        processing_ns = time.perf_counter_ns() - began_ns
        latency_ns = self.now_ns() - frame.stamp_ns
        self._meter.used(self.steady_ns(), frame.stamp_ns, latency_ns, processing_ns, len(frame.faces))

    def _check_for_images(self) -> None:
        if not self._images_since_check and not self._warned_of_silence:
            # Once, and again only after there were some; /diagnostics goes on saying it.
            self._warned_of_silence = True
            self.get_logger().warning(f'no images: {why_silent(self, self._subscription)}')
        self._images_since_check = 0


def main() -> int:
    """Entry point of `ros2 run blendfer_ros face_landmarker_node`."""
    return run(FaceLandmarkerNode)
