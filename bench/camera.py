"""The camera of the benchmarks: a process that publishes made-up streams in time, stamped when sent."""

from __future__ import annotations

import argparse
import array
import sys
import time

import cv2
import rclpy
from frames import CLIP, SCENES, read_bgr
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage, Image

from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.nodes.conversions import bgr_to_message

CONNECT_TIMEOUT_S = 60.0
# Images before those that count are of this frame.
WARM_UP = 'warm-up'
COUNTED = 'counted'


def main() -> int:
    """Publish, and print how many images were sent."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('clip')
    parser.add_argument('--size', default='640x480')
    parser.add_argument('--rate', type=float, default=30.0)
    parser.add_argument('--warm-up', type=int, default=60)
    parser.add_argument('--images', type=int, default=300)
    parser.add_argument('--compressed', action='store_true')
    parser.add_argument('--scene', choices=SCENES, default=CLIP)
    parser.add_argument('--scene-of-warm-up', choices=SCENES, default=None)
    parser.add_argument('--do-not-wait', action='store_true', help='publish though nobody subscribes')
    arguments = parser.parse_args()
    width_px, height_px = map(int, arguments.size.split('x'))

    rclpy.init()
    node = rclpy.create_node('bench_camera')
    scenes = {
        name: [message_of(bgr, arguments.compressed) for bgr in read_bgr(arguments.clip, width_px, height_px, name)]
        for name in {arguments.scene, arguments.scene_of_warm_up or arguments.scene}
    }
    kind, topic = (CompressedImage, 'image/compressed') if arguments.compressed else (Image, 'image')
    publisher = node.create_publisher(kind, topic, qos_profile_sensor_data)
    print('ready', flush=True)
    deadline_s = time.monotonic() + CONNECT_TIMEOUT_S
    while not arguments.do_not_wait and not publisher.get_subscription_count() and time.monotonic() < deadline_s:
        time.sleep(0.02)
    start_s = time.monotonic()
    for i in range(arguments.warm_up + arguments.images):
        if not rclpy.ok():
            return 0
        warm = i < arguments.warm_up
        messages = scenes[(arguments.scene_of_warm_up or arguments.scene) if warm else arguments.scene]
        message = messages[i % len(messages)]
        message.header.frame_id = WARM_UP if warm else COUNTED
        message.header.stamp = node.get_clock().now().to_msg()
        publisher.publish(message)
        time.sleep(max(0.0, start_s + (i + 1) / arguments.rate - time.monotonic()))
    time.sleep(0.5)
    rclpy.try_shutdown()
    return 0


def message_of(bgr: RgbImage, compressed: bool) -> Image | CompressedImage:
    """A picture as a camera driver would publish it; its stamp is set when it is sent."""
    raw = bgr_to_message(bgr, Image().header.stamp, COUNTED)
    if not compressed:
        return raw
    jpeg = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
    return CompressedImage(
        header=raw.header, format='bgr8; jpeg compressed bgr8', data=array.array('B', jpeg.tobytes())
    )


if __name__ == '__main__':
    sys.exit(main())
