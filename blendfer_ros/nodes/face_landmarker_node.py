"""Camera images → `blendshapes`, and for whoever looks `annotated`."""

from __future__ import annotations

from typing import Protocol

from rclpy.subscription import Subscription
from rclpy.timer import Timer
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from blendfer_ros.core.assets import find_bundle, find_expressions
from blendfer_ros.core.errors import FrameError, SkipReason
from blendfer_ros.core.face import FaceFrame
from blendfer_ros.core.stopwatch import Stopwatch
from blendfer_ros.msg import BlendshapesArray
from blendfer_ros.nodes.annotations import AnnotationPublisher
from blendfer_ros.nodes.conversions import frame_to_message
from blendfer_ros.nodes.diagnostics import (
    ERROR,
    OK,
    RESTING,
    WARN,
    Health,
    of_another_clock,
    values_of,
    why_nothing_can_come,
    why_silent,
)
from blendfer_ros.nodes.image_reader import ImageReader
from blendfer_ros.nodes.image_topic import Decode, image_topic, subscribe_to_images
from blendfer_ros.nodes.lazy import LazySubscription, anybody_listens
from blendfer_ros.nodes.managed_node import ManagedNode, run
from blendfer_ros.nodes.qos import SENSOR_DATA
from blendfer_ros.nodes.stream_meter import StreamMeter
from blendfer_ros.nodes.switch import Switch
from blendfer_ros.parameters.table import FACE_LANDMARKER, idle_options, landmarker_options
from blendfer_ros.perception.decoding import image_converter
from blendfer_ros.perception.far_faces import FarFaceOptions
from blendfer_ros.perception.perceiver import FacePerceiver
from blendfer_ros.perception.tracking import FaceTracker


class Neighbour(Protocol):
    """Who in the same process takes faces as they are, with no message made of them."""

    def wants_faces(self) -> bool:
        """Whether anything comes of them."""

    def take_faces(self, frame: FaceFrame, header: Header) -> None:
        """Everybody in the image that `header` belongs to; raises nothing, whatever it is."""


class FaceLandmarkerNode(ManagedNode):
    """Runs FaceLandmarker on the newest image and publishes numbers; pixels only to who looks at `annotated`."""

    PARAMETERS = FACE_LANDMARKER

    _reader: ImageReader
    _images: LazySubscription
    _watchdog: Timer
    _last_answer: tuple[FaceFrame, Header]

    def __init__(self, neighbour: Neighbour | None = None) -> None:
        super().__init__('face_landmarker_node')
        self._neighbour = neighbour
        self._images_since_check = 0
        self._warned_of_silence = False
        self._meter = StreamMeter()
        # Of the node, not of one configuration, so that no id is ever given twice.
        self._tracker = FaceTracker()
        self._switch = Switch(self)

    def configure(self) -> None:
        perceiver = FacePerceiver(
            find_bundle(self.value('bundle')),
            landmarker_options(self.values()),
            self._tracker,
            FarFaceOptions(self.value('min_far_face_px'), self.value('far_tiles_per_image')),
            find_expressions(self.value('expression_model')) if self.value('expression_model') else None,
        )
        self._reader = ImageReader(perceiver, self.value('time_limit_s'), idle_options(self.values()))
        self.get_logger().info(f'converting raw images with {image_converter().name}')
        self._publisher = self.create_lifecycle_publisher(BlendshapesArray, 'blendshapes', SENSOR_DATA)
        self._annotations = AnnotationPublisher(self)

    def activate(self) -> None:
        self._last_image: Image | CompressedImage | None = None
        self._images = LazySubscription(self, self._subscribe, self._wants_images)
        self._watch()
        self.get_logger().info(f'waiting for images on {image_topic(self)[0]}')

    def health(self) -> Health:
        summary = self._meter.summary(self.steady_ns())
        values = values_of(summary)
        if not self._switch.is_on:
            return Health(OK, 'the reading of faces is switched off', values)
        if self._images.current is None:
            reason = why_nothing_can_come(self, *image_topic(self))
            return Health(ERROR, f'no images: {reason}', values) if reason else Health(OK, RESTING, values)
        if summary.is_silent:
            return Health(ERROR, f'no images: {why_silent(self, self._images.current)}', values)
        if not summary.rate_hz:
            return Health(ERROR, f'no image can be used: {summary.newest_problem}', values)
        if summary.is_overloaded:
            return Health(WARN, f'FaceLandmarker takes {summary.processing_p95_ms:.1f} ms an image: too slow', values)
        if summary.skipped:
            return Health(WARN, f'some images cannot be used: {summary.newest_problem}', values)
        if another_clock := of_another_clock(summary):
            return Health(WARN, another_clock, values)
        return Health(OK, 'faces in view' if summary.n_faces else 'images, but nobody in view', values)

    def retune(self) -> None:
        if not self._active:
            return
        self.destroy_timer(self._watchdog)
        self._watch()
        if self._switch.is_on:
            self._images.look()
        else:
            self._images.drop()

    def deactivate(self) -> None:
        self.destroy_timer(self._watchdog)
        self._images.close()

    def cleanup(self) -> None:
        self.destroy_lifecycle_publisher(self._publisher)
        self._annotations.close()
        self._reader.close()

    def _subscribe(self) -> Subscription:
        self._images_since_check = 0
        return subscribe_to_images(self, self._on_image)

    def _wants_images(self) -> bool:
        if not self._switch.is_on:
            return False
        if not self.value('lazy') or self.is_watched():
            return True
        return self._publishes() or self._annotations.are_wanted() or self._hands_over()

    def _publishes(self) -> bool:
        return anybody_listens([self._publisher])

    def _hands_over(self) -> bool:
        return self._neighbour is not None and self._neighbour.wants_faces()

    def _watch(self) -> None:
        self._watchdog = self.every(self.value('no_image_warning_s'), self._check_for_images)

    def _on_image(self, decode: Decode, message: Image | CompressedImage) -> None:
        if not self._active or not self._switch.is_on:
            # It was on its way when that changed.
            return
        self._images_since_check += 1
        if self._warned_of_silence:
            self._warned_of_silence = False
            self.get_logger().info(f'images arrive again on {image_topic(self)[0]}')
        watch = Stopwatch()
        try:
            frame, rgb = self._reader.read(decode, message, watch, pixels_wanted=self._annotations.are_wanted())
        except FrameError as error:
            self._meter.skipped(self.steady_ns(), error)
            if error.reason is SkipReason.REPEATED_STAMP and message == self._last_image:
                # Whoever sends the very same image again has missed the answer.
                self._answer(*self._last_answer)
            else:
                self.warn(error.reason, f'image skipped: {error}')
            return
        self._last_image, self._last_answer = message, (frame, message.header)
        self._answer(*self._last_answer)
        if rgb is not None:
            self._annotations.publish(rgb, frame, message.header)
        watch.lap('published')
        latency_ns = self.now_ns() - frame.stamp_ns
        self._meter.used(
            self.steady_ns(), frame.stamp_ns, latency_ns, watch.total_ns(), len(frame.faces), watch.laps_ns
        )

    def _answer(self, frame: FaceFrame, header: Header) -> None:
        """Tell everybody who wants to know."""
        if self._neighbour is not None:
            self._neighbour.take_faces(frame, header)
        if self._neighbour is None or self._publishes():
            self._publisher.publish(frame_to_message(frame, header))

    def _check_for_images(self) -> None:
        if self._switch.is_on and not self._images_since_check and not self._warned_of_silence:
            subscription = self._images.current
            # Of images that nobody wants just now it matters only whether there could be any.
            reason = why_silent(self, subscription) if subscription else why_nothing_can_come(self, *image_topic(self))
            if reason:
                # Once, and again only after there were some; /diagnostics goes on saying it.
                self._warned_of_silence = True
                self.get_logger().warning(f'no images: {reason}')
        self._images_since_check = 0


def main() -> int:
    """Entry point of `ros2 run blendfer_ros face_landmarker_node`."""
    return run(FaceLandmarkerNode)
