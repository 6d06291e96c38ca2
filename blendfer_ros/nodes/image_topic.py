"""The topic that images come in on, as parameters say."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from rclpy.subscription import Subscription
from sensor_msgs.msg import CompressedImage, Image

from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.nodes.managed_node import ManagedNode
from blendfer_ros.nodes.qos import NEWEST_BEST_EFFORT, NEWEST_RELIABLE
from blendfer_ros.perception.decoding import decode_compressed_image, decode_image

# By `image_reliability`. Under load images are skipped, never queued: an old face is worth less than the next one.
IMAGE_QOS: Final = {'best_effort': NEWEST_BEST_EFFORT, 'reliable': NEWEST_RELIABLE}

Decode = Callable[[Any], RgbImage]


def image_topic(node: ManagedNode) -> tuple[str, type[Image | CompressedImage]]:
    """Its name, and what is published on it, for a node with the parameters IMAGES."""
    topic = node.resolve_topic_name('image')
    # image_transport's convention, which keeps holding when `image` is remapped.
    return (f'{topic}/compressed', CompressedImage) if node.value('compressed') else (topic, Image)


def subscribe_to_images(node: ManagedNode, on_image: Callable[[Decode, Any], None]) -> Subscription:
    """Subscribe to `image`, or to its compressed sibling.

    Args:
        node: with the parameters IMAGES.
        on_image: called with what decodes a message, and the message.
    """
    topic, message_type = image_topic(node)
    decode: Decode = partial(
        decode_compressed_image if message_type is CompressedImage else decode_image,
        max_side_px=node.value('max_image_side_px'),
    )
    qos = IMAGE_QOS[node.value('image_reliability')]
    return node.create_subscription(message_type, topic, lambda message: on_image(decode, message), qos)
