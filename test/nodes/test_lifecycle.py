"""Deactivated nodes are silent and let go of what they hold; activated again they work again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
from support.ros_process import NodeProcess, Peer

from blendfer_ros.msg import BlendshapesArray, Emotion
from blendfer_ros.nodes.qos import RELIABLE


def change(peer: Peer, node: str, transition: int) -> bool:
    request = ChangeState.Request(transition=Transition(id=transition))
    return bool(peer.call(ChangeState, f'/{node}/change_state', request).success)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Three pictures without a face."""
    for i in range(3):
        cv2.imwrite(str(tmp_path / f'{i}.png'), np.full((48, 64, 3), 60 * i, np.uint8))
    return tmp_path


def test_the_classifier_goes_silent_and_speaks_again(peer: Peer, start: Callable[..., NodeProcess]) -> None:
    start('emotion_classifier_node', namespace='cycle', publish_rate=20.0)
    emotion = peer.collect(Emotion, 'cycle/emotion', RELIABLE)
    peer.spin_until(lambda: emotion)
    name = 'cycle/emotion_classifier_node'
    assert change(peer, name, Transition.TRANSITION_DEACTIVATE)
    assert change(peer, name, Transition.TRANSITION_CLEANUP)
    peer.spin_until(lambda: not peer.node.count_publishers('/cycle/emotion'))
    before = len(emotion)
    assert change(peer, name, Transition.TRANSITION_CONFIGURE)
    assert change(peer, name, Transition.TRANSITION_ACTIVATE)
    peer.spin_until(lambda: len(emotion) > before)


def test_an_impossible_transition_is_survived(peer: Peer, start: Callable[..., NodeProcess]) -> None:
    node = start('emotion_classifier_node', namespace='impossible')
    client = peer.node.create_client(ChangeState, '/impossible/emotion_classifier_node/change_state')
    assert client.wait_for_service(60.0)
    emotion = peer.collect(Emotion, 'impossible/emotion', RELIABLE)
    peer.spin_until(lambda: emotion)
    # Before Kilted rclpy gives no answer to this, so none is awaited.
    client.call_async(ChangeState.Request(transition=Transition(id=Transition.TRANSITION_CONFIGURE)))
    node.wait_for_line('ransition')
    before = len(emotion)
    peer.spin_until(lambda: len(emotion) > before + 2)


def test_a_node_that_is_not_to_start_by_itself_waits(peer: Peer, start: Callable[..., NodeProcess]) -> None:
    start('emotion_classifier_node', namespace='waiting', autostart=False)
    name = 'waiting/emotion_classifier_node'
    assert change(peer, name, Transition.TRANSITION_CONFIGURE)
    assert change(peer, name, Transition.TRANSITION_ACTIVATE)
    emotion = peer.collect(Emotion, 'waiting/emotion', RELIABLE)
    peer.spin_until(lambda: emotion)


def test_the_landmarker_works_again_after_a_round_trip(
    bundle: Path, peer: Peer, start: Callable[..., NodeProcess], pictures: Path
) -> None:
    blendshapes = peer.collect(BlendshapesArray, 'round/blendshapes', qos_profile_sensor_data)
    start('face_landmarker_node', namespace='round').wait_for_line('waiting for images')
    start('video_source_node', namespace='round', source=pictures, loop=True, rate=20.0)
    assert peer.spin_until(lambda: blendshapes)[0].faces == []
    name = 'round/face_landmarker_node'
    assert change(peer, name, Transition.TRANSITION_DEACTIVATE)
    peer.spin_until(lambda: not peer.node.count_subscribers('/round/image'))
    assert change(peer, name, Transition.TRANSITION_ACTIVATE)
    before = len(blendshapes)
    peer.spin_until(lambda: len(blendshapes) > before)


def test_a_folder_is_played_once_in_order_and_the_source_exits(
    peer: Peer, start: Callable[..., NodeProcess], pictures: Path
) -> None:
    images = peer.collect(Image, 'once/image', qos_profile_sensor_data)
    source = start('video_source_node', namespace='once', source=pictures, rate=1.0, wait_for_subscribers=1)
    peer.spin_until(lambda: not source.is_alive and images)
    source.wait_for_line('has ended: 3 of 3 images published')
    # Best effort: one may be lost while the peers find each other or part.
    shades = [image.data[0] for image in images]
    assert shades == sorted(set(shades))
    assert set(shades) <= {0, 60, 120}
    assert {(image.encoding, image.height, image.width, image.step) for image in images} == {('bgr8', 48, 64, 192)}
    assert source.process.wait(60.0) == 0


def test_looping_goes_on_after_the_end(peer: Peer, start: Callable[..., NodeProcess], pictures: Path) -> None:
    images = peer.collect(Image, 'loop/image', qos_profile_sensor_data)
    start('video_source_node', namespace='loop', source=pictures, rate=30.0, loop=True)
    peer.spin_until(lambda: len(images) >= 7)


def cpu_ticks(node: NodeProcess) -> int:
    """What a process has used of the processor so far; see proc(5)."""
    fields = Path(f'/proc/{node.process.pid}/stat').read_text().rpartition(')')[2].split()
    return int(fields[11]) + int(fields[12])


def test_a_deactivated_landmarker_rests_while_the_camera_goes_on(
    bundle: Path, clips: Path, peer: Peer, start: Callable[..., NodeProcess]
) -> None:
    images = peer.collect(Image, 'rest_eyes/image', qos_profile_sensor_data)
    landmarker = start('face_landmarker_node', namespace='rest_eyes')
    landmarker.wait_for_line('waiting for images')
    blendshapes = peer.collect(BlendshapesArray, 'rest_eyes/blendshapes', qos_profile_sensor_data)
    start('video_source_node', namespace='rest_eyes', source=clips / 'neutral_to_happy.mp4', loop=True)
    peer.spin_until(lambda: blendshapes)

    def used_during(n_images: int) -> int:
        before, end = cpu_ticks(landmarker), len(images) + n_images
        peer.spin_until(lambda: len(images) >= end)
        return cpu_ticks(landmarker) - before

    working = used_during(60)
    assert change(peer, 'rest_eyes/face_landmarker_node', Transition.TRANSITION_DEACTIVATE)
    resting = used_during(60)
    assert resting < 0.1 * working
    assert change(peer, 'rest_eyes/face_landmarker_node', Transition.TRANSITION_ACTIVATE)
    before = len(blendshapes)
    peer.spin_until(lambda: len(blendshapes) > before)


def test_a_deactivated_source_has_let_go_of_its_camera(
    clips: Path, peer: Peer, start: Callable[..., NodeProcess]
) -> None:
    clip = clips / 'neutral_to_happy.mp4'
    images = peer.collect(Image, 'lens/image', qos_profile_sensor_data)
    source = start('video_source_node', namespace='lens', source=clip, loop=True)

    def holds_it() -> bool:
        open_files = Path(f'/proc/{source.process.pid}/fd').iterdir()
        return any(file.resolve() == clip.resolve() for file in open_files)

    peer.spin_until(lambda: images)
    assert holds_it()
    assert change(peer, 'lens/video_source_node', Transition.TRANSITION_DEACTIVATE)
    assert not holds_it()
    assert change(peer, 'lens/video_source_node', Transition.TRANSITION_ACTIVATE)
    before = len(images)
    peer.spin_until(lambda: len(images) > before)
