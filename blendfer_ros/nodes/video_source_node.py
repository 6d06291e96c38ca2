"""A webcam, a video file or a folder of pictures → `image`, for machines without a camera driver."""

from __future__ import annotations

import rclpy
from rclpy.timer import Timer
from sensor_msgs.msg import Image

from blendfer_ros.core.errors import SourceError
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.nodes.conversions import bgr_to_message
from blendfer_ros.nodes.managed_node import ManagedNode, run
from blendfer_ros.nodes.qos import SENSOR_DATA
from blendfer_ros.parameters.table import AUTOSTART, VIDEO_SOURCE
from blendfer_ros.perception.video import VideoSource, is_camera, open_source

SUBSCRIBER_CHECK_S = 0.05


class VideoSourceNode(ManagedNode):
    """Publishes pictures in real time; where it cannot keep up, it leaves pictures out."""

    PARAMETERS = VIDEO_SOURCE

    _source: VideoSource
    _timer: Timer

    def __init__(self) -> None:
        super().__init__('video_source_node')

    def configure(self) -> None:
        self._publisher = self.create_lifecycle_publisher(Image, 'image', SENSOR_DATA)

    def activate(self) -> None:
        self._source = open_source(self.value('source'))
        self._rate_hz = self.value('rate') or self._source.rate_hz
        self._timer = self.every(SUBSCRIBER_CHECK_S, self._start_when_watched)

    def deactivate(self) -> None:
        self.destroy_timer(self._timer)
        self._source.close()

    def cleanup(self) -> None:
        self.destroy_lifecycle_publisher(self._publisher)

    def autostart(self) -> None:
        super().autostart()
        if self.value(AUTOSTART.name) and not self._active and is_camera(self.value('source')):
            # A camera may be back later, which a file will not: for whoever started the process to try again.
            self.exit_code = 1
            rclpy.try_shutdown()

    def _start_when_watched(self) -> None:
        if self._publisher.get_subscription_count() < self.value('wait_for_subscribers'):
            return
        self.destroy_timer(self._timer)
        self._start_ns = self.steady_ns()
        self._passed = 0
        self._published = 0
        self._timer = self.every(1.0 / self._rate_hz, self._show_next)
        self.get_logger().info(f'playing {self.value("source")} at {self._rate_hz:.4g} images per second')

    def _show_next(self) -> None:
        try:
            self._catch_up()
            bgr = self._source.read()
            if bgr is None and self.value('loop'):
                self._source.rewind()
                bgr = self._source.read()
        except SourceError as error:
            self.warn('picture', f'picture skipped: {error}')
            return
        if bgr is None:
            self._finish()
            return
        self._passed += 1
        self._published += 1
        self._publisher.publish(bgr_to_message(bgr, self.get_clock().now().to_msg(), self.value('frame_id')))

    def _catch_up(self) -> None:
        if self._source.is_live:
            return
        due = (self.steady_ns() - self._start_ns) * self._rate_hz / NS_PER_S
        while self._passed < int(due) - 1 and self._source.skip():
            self._passed += 1

    def _finish(self) -> None:
        if self._source.is_live:
            # For whoever started the process to start it again, when the camera may be back.
            self.exit_code = 1
            self.get_logger().error(f'camera {self.value("source")} gives no more images')
        published = f'{self._published} of {self._passed} images published, the rest were too late'
        self.get_logger().info(f'{self.value("source")} has ended: {published}')
        rclpy.try_shutdown()


def main() -> int:
    """Entry point of `ros2 run blendfer_ros video_source_node`."""
    return run(VideoSourceNode)
