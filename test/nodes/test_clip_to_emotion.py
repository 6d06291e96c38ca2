"""The main job: a clip goes in, /emotion comes out, each node a process of its own."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
from support.ros_process import NodeProcess, Peer

from blendfer_ros.commands import cli
from blendfer_ros.core.emotions import HAPPY, SAD, UNKNOWN
from blendfer_ros.core.stamps import time_to_ns
from blendfer_ros.msg import BlendshapesArray, Emotion, EmotionArray
from blendfer_ros.nodes.conversions import bgr_to_message, ns_to_time
from blendfer_ros.nodes.qos import LATCHED, RELIABLE
from blendfer_ros.perception.video import open_source

# What the clip shows when [s].
SAD_PART_S = (0.5, 5.7)
HAPPY_PART_S = (12.9, 19.8)

START_NS = 1_700_000_000 * 10**9
NS_PER_S = 10**9
WARM_UP_NS = 100 * NS_PER_S


@pytest.fixture(scope='module')
def played(clips: Path, peer: Peer, start: Callable[..., NodeProcess]) -> SimpleNamespace:
    """Everything that went over the wire while the clip played, the next image sent when the last was answered."""
    topics = SimpleNamespace(
        sent_ns=[],
        warm_up_ns=[],
        blendshapes=peer.collect(BlendshapesArray, 'blendshapes', qos_profile_sensor_data),
        emotion=peer.collect(Emotion, 'emotion', RELIABLE),
        changed=peer.collect(Emotion, 'emotion/changed', LATCHED),
        emotions=peer.collect(EmotionArray, 'emotions', RELIABLE),
    )
    camera = peer.node.create_publisher(Image, 'image', qos_profile_sensor_data)
    start('emotion_classifier_node')
    peer.spin_until(lambda: topics.emotion)
    start('face_landmarker_node').wait_for_line('waiting for images')
    connect(peer, camera, topics)
    video = open_source(str(clips / 'woman_sad_to_happy.mp4'))
    while (bgr := video.read()) is not None:
        stamp_ns = START_NS + round(len(topics.sent_ns) * NS_PER_S / video.rate_hz)
        topics.sent_ns.append(stamp_ns)
        image = bgr_to_message(bgr, ns_to_time(stamp_ns), 'head')
        peer.deliver(partial(camera.publish, image), partial(newest_is, topics.emotions, stamp_ns))
    video.close()
    for messages in (topics.blendshapes, topics.emotions):
        messages[:] = [message for message in messages if time_to_ns(message.header.stamp) >= START_NS]
    return topics


def connect(peer: Peer, camera: Any, topics: SimpleNamespace) -> None:
    """Send earlier images without a face until one has come all the way: best effort loses the first ones."""
    grey = np.full((48, 64, 3), 90, np.uint8)

    def send() -> None:
        topics.warm_up_ns.append(START_NS - WARM_UP_NS + len(topics.warm_up_ns) * NS_PER_S // 10)
        camera.publish(bgr_to_message(grey, ns_to_time(topics.warm_up_ns[-1]), 'head'))

    peer.deliver(send, lambda: len(topics.emotions) > 0)


def newest_is(messages: list, stamp_ns: int) -> bool:
    return stamps(messages[-1:]) == [stamp_ns]


def stamps(messages: list) -> list[int]:
    return [time_to_ns(message.header.stamp) for message in messages]


def emotions_between(played: SimpleNamespace, start_s: float, end_s: float) -> list[str]:
    return [
        message.emotions[0].emotion
        for message in played.emotions
        if message.emotions and start_s <= (time_to_ns(message.header.stamp) - START_NS) / NS_PER_S <= end_s
    ]


def test_images_become_blendshapes_and_emotions_with_the_images_stamps(played: SimpleNamespace) -> None:
    assert len(played.sent_ns) == 472
    assert stamps(played.blendshapes) == played.sent_ns
    assert stamps(played.emotions) == played.sent_ns
    assert set(stamps(played.emotion)) <= {0, *played.warm_up_ns, *played.sent_ns}


def test_stamps_of_the_repeated_emotion_rise_and_the_frame_is_the_cameras(played: SimpleNamespace) -> None:
    assert stamps(played.emotion) == sorted(stamps(played.emotion))
    assert {message.header.frame_id for message in played.blendshapes} == {'head'}
    assert {message.header.frame_id for message in played.emotion if message.state == Emotion.TRACKING} == {'head'}


def test_the_woman_is_sad_and_later_happy(played: SimpleNamespace) -> None:
    sad_part = emotions_between(played, *SAD_PART_S)
    happy_part = emotions_between(played, *HAPPY_PART_S)
    assert sad_part.count(SAD) > 0.8 * len(sad_part) > 0
    assert happy_part.count(HAPPY) > 0.8 * len(happy_part) > 0


def test_the_emotion_topic_says_the_same(played: SimpleNamespace) -> None:
    said = [message.emotion for message in played.emotion if message.state == Emotion.TRACKING]
    assert said.index(SAD) < said.index(HAPPY)


def test_each_label_goes_with_its_own_probability(played: SimpleNamespace) -> None:
    tracking = [message for message in played.emotion if message.state == Emotion.TRACKING]
    for message in tracking:
        probability = {
            HAPPY: message.probability_happy,
            UNKNOWN: message.probability_unknown,
            SAD: message.probability_sad,
        }
        assert message.confidence == probability[message.emotion]
        assert sum(probability.values()) == pytest.approx(1.0, abs=1e-5)
    most_happy = max(tracking, key=lambda message: message.probability_happy)
    most_sad = max(tracking, key=lambda message: message.probability_sad)
    assert (most_happy.emotion, most_sad.emotion) == (HAPPY, SAD)


def test_before_the_first_image_nothing_is_claimed(played: SimpleNamespace) -> None:
    first = played.emotion[0]
    assert (first.state, first.emotion, first.face_id, first.confidence) == (Emotion.STALE, UNKNOWN, '', 0.0)


def test_a_change_is_told_once_for_each_change(played: SimpleNamespace) -> None:
    def content(message: Emotion) -> tuple:
        return message.state, message.face_id, message.emotion

    told = [content(message) for message in played.changed]
    assert all(a != b for a, b in itertools.pairwise(told))
    assert set(map(content, played.emotion)) <= set(told)


def test_blendshapes_hold_one_face_with_geometry_and_quality(played: SimpleNamespace) -> None:
    faces = [face for message in played.blendshapes for face in message.faces]
    assert len(faces) > 100
    assert {len(face.geometry) for face in faces} == {276}
    assert all(0.0 <= face.quality <= 1.0 for face in faces)
    assert {(message.image_width, message.image_height) for message in played.blendshapes} == {(640, 360)}


def test_the_show_command_says_the_same(
    played: SimpleNamespace, clips: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(['show', str(clips / 'woman_sad_to_happy.mp4'), '--json', '-']) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [round(line['stamp_s'], 6) for line in lines] == [
        pytest.approx((stamp_ns - START_NS) / NS_PER_S, abs=1e-6) for stamp_ns in played.sent_ns
    ]
    for line, message in zip(lines, played.emotions, strict=True):
        assert len(line['faces']) == len(message.emotions)
        for face, emotion in zip(line['faces'], message.emotions, strict=True):
            assert face['emotion'] == emotion.emotion
            probabilities = (emotion.probability_happy, emotion.probability_unknown, emotion.probability_sad)
            assert list(face['probabilities'].values()) == pytest.approx(probabilities, abs=1e-4)
    boxes = [[face['box'] for face in line['faces']] for line in lines]
    assert boxes == [
        [pytest.approx([face.x_min, face.y_min, face.x_max, face.y_max], abs=1e-4) for face in message.faces]
        for message in played.blendshapes
    ]
