"""`annotated` shows the faces, and nothing leaves while nobody looks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage, Image
from support.ros_process import NodeProcess, Peer

from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.msg import BlendshapesArray, Emotion, EmotionArray
from blendfer_ros.nodes.conversions import bgr_to_message, ns_to_time
from blendfer_ros.nodes.qos import NEWEST_RELIABLE
from blendfer_ros.pages.annotated_image import COLOURS
from blendfer_ros.perception.decoding import decode_compressed_image, decode_image


def test_boxes_appear_while_somebody_looks(
    bundle: Path, peer: Peer, start: Callable[..., NodeProcess], face_frames: list[RgbImage]
) -> None:
    start('face_landmarker_node', namespace='drawn', bundle=bundle).wait_for_line('waiting for images')
    blendshapes = peer.collect(BlendshapesArray, 'drawn/blendshapes', qos_profile_sensor_data)
    images = peer.node.create_publisher(Image, 'drawn/image', qos_profile_sensor_data)
    emotions = peer.node.create_publisher(EmotionArray, 'drawn/emotions', NEWEST_RELIABLE)
    stamp_ns = NS_PER_S

    def show() -> None:
        nonlocal stamp_ns
        stamp_ns += NS_PER_S // 30
        images.publish(bgr_to_message(face_frames[0][..., ::-1], ns_to_time(stamp_ns), 'head'))
        if blendshapes and blendshapes[-1].faces:
            sad = Emotion(face_id=blendshapes[-1].faces[0].face_id, emotion='sad', quality='good', confidence=0.7)
            emotions.publish(EmotionArray(emotions=[sad]))

    timer = peer.node.create_timer(0.05, show)
    peer.spin_until(lambda: len(blendshapes) > 3)
    annotated = peer.collect(Image, 'drawn/annotated', NEWEST_RELIABLE)
    compressed = peer.collect(CompressedImage, 'drawn/annotated/compressed', NEWEST_RELIABLE)

    def is_sad(image: RgbImage) -> bool:
        near = np.abs(image.astype(int) - COLOURS['sad']).max(axis=-1) < 40
        return int(near.sum()) > 200

    drawn = peer.spin_until(lambda: next((m for m in annotated[-3:] if is_sad(decode_image(m))), None))
    peer.node.destroy_timer(timer)
    assert drawn.header.frame_id == 'head'
    assert decode_image(drawn).shape == face_frames[0].shape
    assert not is_sad(face_frames[0])
    jpeg = decode_compressed_image(compressed[-1])
    assert jpeg.shape == face_frames[0].shape
    assert cv2.absdiff(jpeg, face_frames[0]).max() > 60
