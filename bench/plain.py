"""A node with one subscription and nothing else: ends with its first image. What any node waits for DDS."""

from __future__ import annotations

import rclpy
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image


def main() -> None:
    """Wait for an image."""
    rclpy.init()
    node = rclpy.create_node('bench_plain')
    images: list[Image] = []
    node.create_subscription(Image, 'image', images.append, qos_profile_sensor_data)
    while not images:
        rclpy.spin_once(node)


if __name__ == '__main__':
    main()
