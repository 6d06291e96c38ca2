"""A node's output is about what happens: nothing native at its start, nothing twice, and word when all is well."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sensor_msgs.msg import Image
from support.ros_process import NodeProcess, Peer
from support.shown_faces import published

from blendfer_ros.msg import BlendshapesArray
from blendfer_ros.nodes.conversions import bgr_to_message, ns_to_time
from blendfer_ros.nodes.qos import SENSOR_DATA


def test_a_start_is_without_native_lines_and_missing_images_are_told_once_and_when_they_are_back(
    bundle: object, peer: Peer, start: Callable[..., NodeProcess]
) -> None:
    node = start('face_landmarker_node', namespace='quiet', no_image_warning_s=1.0)
    node.wait_for_line('no images: nobody publishes on /quiet/image')
    peer.collect(BlendshapesArray, 'quiet/blendshapes', SENSOR_DATA)

    def black() -> Image:
        return bgr_to_message(np.zeros((48, 64, 3), np.uint8), ns_to_time(0), 'eye')

    for _ in range(2):
        with published(peer, '/quiet/image', black, 0.05):
            peer.spin_until(lambda: node.has_line('images arrive again on /quiet/image'))
        node.lines.clear()
        node.wait_for_line('no images: nobody publishes on /quiet/image')
    assert node.end() == 0
    # As the logger has it: [LEVEL] [time] [name]: text.
    assert [line for line in node.lines if not line.startswith('[')] == []
    assert sum('no images' in line for line in node.lines) == 1
