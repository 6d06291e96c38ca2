"""replay_node publishes what a bag has, as it was recorded, and the nodes answer to it as they do offline."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy, qos_profile_sensor_data
from rosbags.interfaces import QosDurability
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import get_types_from_msg
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from support.bag_maker import observed, shipped_messages
from support.image_bags import RELIABLE as RELIABLY_OFFERED
from support.image_bags import TOPIC
from support.ros_process import NodeProcess, Peer

from blendfer_ros.bags.reading import Bag, typestore
from blendfer_ros.core.assets import find_recording
from blendfer_ros.core.stamps import NS_PER_S, time_to_ns
from blendfer_ros.msg import BlendshapesArray, EmotionArray
from blendfer_ros.nodes.conversions import ns_to_time
from blendfer_ros.nodes.qos import RELIABLE

EVERY_MESSAGE = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)
BLENDSHAPES = 'blendfer_ros/msg/BlendshapesArray'


@pytest.fixture
def short_bag(tmp_path: Path) -> Path:
    """Five blendshapes of the shipped recording, among them a message of a type nobody has."""
    bag = tmp_path / 'short'
    types = typestore()
    types.register(get_types_from_msg('uint8 value', 'no_such_msgs/msg/Thing'))
    with Writer(bag, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        faces = writer.add_connection('/faces', BLENDSHAPES, typestore=types)
        thing = writer.add_connection('/thing', 'no_such_msgs/msg/Thing', typestore=types)
        for message in shipped_messages()[:5]:
            writer.write(faces, message.recorded_ns, message.cdr)
            writer.write(thing, message.recorded_ns + 1, b'\0\1\0\0\7')
    return bag


def stamps(messages: list[Any]) -> list[int]:
    return [time_to_ns(message.header.stamp) for message in messages]


def test_images_arrive_byte_for_byte_with_the_offered_reliability_and_the_time_they_were_recorded(
    image_bag: Path, peer: Peer, start: Callable[..., NodeProcess]
) -> None:
    # Would not match a publisher that offers best effort.
    images = peer.collect(Image, TOPIC, EVERY_MESSAGE)
    clocks = peer.collect(Clock, '/clock', qos_profile_sensor_data)
    replay = start('replay_node', bag=image_bag, clock=True, wait_for_subscribers=1, rate=0.5)
    peer.spin_until(lambda: not replay.is_alive)
    assert replay.process.wait() == 0
    replay.wait_for_line('has ended: 72 messages published')
    recorded = list(Bag(image_bag).messages([TOPIC]))
    assert images
    types = typestore()
    sent = {}
    for message in recorded:
        content: Any = types.deserialize_cdr(message.cdr, message.topic.message_type)
        sent[time_to_ns(content.header.stamp)] = bytes(content.data)
    assert stamps(images) == sorted(set(stamps(images)))
    assert all(bytes(image.data) == sent[time_to_ns(image.header.stamp)] for image in images)
    told_ns = [time_to_ns(clock.clock) for clock in clocks]
    assert told_ns == sorted(told_ns)
    # Between the images too.
    assert len(set(told_ns) - {message.recorded_ns for message in recorded}) > 10
    assert recorded[0].recorded_ns <= told_ns[0] <= told_ns[-1] < recorded[-1].recorded_ns + NS_PER_S


def test_the_pace_is_that_of_the_answers_and_who_does_not_answer_is_counted(
    short_bag: Path, peer: Peer, start: Callable[..., NodeProcess]
) -> None:
    faces = peer.collect(BlendshapesArray, '/faces', qos_profile_sensor_data)
    answers = peer.node.create_publisher(EmotionArray, 'paced/emotions', RELIABLE)
    replay = start(
        'replay_node', namespace='paced', bag=short_bag, pace='acknowledged', acknowledge_timeout_s=3.0, clock=True
    )
    replay.wait_for_line('/thing is left out: its type no_such_msgs/msg/Thing is not installed')
    expected_ns = [message.recorded_ns for message in Bag(short_bag).messages(['/faces'])]
    refused_ns = expected_ns[2]

    def answer() -> bool:
        if faces and time_to_ns(faces[-1].header.stamp) != refused_ns:
            answers.publish(EmotionArray(header=faces[-1].header))
        return not replay.is_alive

    peer.spin_until(answer)
    replay.wait_for_line('has ended: 5 messages published, 1 of them unanswered')
    # What was not answered was sent again, and the next only when it was given up.
    assert sorted(set(stamps(faces))) == expected_ns
    assert stamps(faces) == sorted(stamps(faces))
    assert stamps(faces).count(refused_ns) > 1


def test_nothing_is_published_before_somebody_can_answer(
    short_bag: Path, peer: Peer, start: Callable[..., NodeProcess]
) -> None:
    replay = start(
        'replay_node', namespace='lonely', remappings={'/faces': '/lonely/faces'}, bag=short_bag, pace='acknowledged'
    )
    replay.wait_for_line('waiting for somebody to answer on /lonely/emotions')
    answers = peer.node.create_publisher(EmotionArray, 'lonely/emotions', RELIABLE)
    replay.wait_for_line('waiting for 1 subscribers on /lonely/faces, there are 0')
    peer.node.destroy_publisher(answers)
    assert replay.is_alive


def test_an_image_whose_answer_was_lost_is_answered_when_it_is_sent_again(
    image_bag: Path, bundle: Path, peer: Peer, start: Callable[..., NodeProcess]
) -> None:
    blendshapes = peer.collect(BlendshapesArray, 'lossy/blendshapes', qos_profile_sensor_data)
    answers = peer.node.create_publisher(EmotionArray, 'lossy/emotions', RELIABLE)
    landmarker = start('face_landmarker_node', namespace='lossy', remappings={'image': TOPIC}, bundle=bundle)
    landmarker.wait_for_line('waiting for images')
    replay = start('replay_node', namespace='lossy', bag=image_bag, pace='acknowledged', acknowledge_timeout_s=60.0)
    # There is nobody yet who would make an emotion of the first image.
    peer.spin_until(lambda: blendshapes)
    peer.node.destroy_publisher(answers)
    start('emotion_classifier_node', namespace='lossy')
    peer.spin_until(lambda: not replay.is_alive, timeout_s=120.0)
    replay.wait_for_line('72 messages published, 0 of them unanswered')
    assert not any('skipped' in line for line in landmarker.lines)


@pytest.mark.parametrize(
    ('parameters', 'cause'),
    [
        ({'bag': '/nowhere/bag'}, '/nowhere/bag'),
        ({'topics': '/odom'}, 'has no topic /odom; its topics: /blendshapes'),
        ({'pace': 'fast'}, "pace 'fast' is neither recorded nor acknowledged"),
    ],
)
def test_a_bag_that_cannot_be_played_as_asked_is_named(
    parameters: dict[str, object], cause: str, start: Callable[..., NodeProcess]
) -> None:
    node = start('replay_node', namespace='wrong', **parameters)
    assert cause in node.wait_for_line('cannot configure')
    assert node.is_alive


def test_a_damaged_bag_is_played_up_to_there_which_is_said(
    tmp_path: Path, peer: Peer, start: Callable[..., NodeProcess]
) -> None:
    whole = find_recording('sad_to_happy') / 'sad_to_happy.mcap'
    damaged = tmp_path / 'damaged.mcap'
    damaged.write_bytes(whole.read_bytes()[:200_000])
    replay = start('replay_node', bag=damaged, rate=20.0)
    peer.spin_until(lambda: not replay.is_alive)
    replay.wait_for_line('damaged.mcap is damaged at byte 200000')
    n_played = int(replay.wait_for_line('has ended').split(' has ended: ')[1].split()[0])
    assert n_played == sum(1 for _ in Bag(damaged).messages(['/blendshapes'])) > 0


def test_what_was_latched_is_latched_again(tmp_path: Path, peer: Peer, start: Callable[..., NodeProcess]) -> None:
    types = typestore()
    t = types.types
    header = t['std_msgs/msg/Header'](stamp=t['builtin_interfaces/msg/Time'](sec=1, nanosec=0), frame_id='latched')
    latched = RELIABLY_OFFERED._replace(durability=QosDurability.TRANSIENT_LOCAL)
    bag = tmp_path / 'latched'
    with Writer(bag, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        connection = writer.add_connection(
            '/latched', 'std_msgs/msg/Header', typestore=types, offered_qos_profiles=[latched]
        )
        for second in (1, 1_000):
            writer.write(connection, second * NS_PER_S, types.serialize_cdr(header, 'std_msgs/msg/Header'))
    start('replay_node', bag=bag)
    # The first is out when this one sees the publisher; it comes nevertheless.
    peer.spin_until(lambda: peer.node.count_publishers('/latched'))
    qos = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    headers = peer.collect(Header, '/latched', qos)
    assert peer.spin_until(lambda: headers)[0].frame_id == 'latched'


def test_the_nodes_answer_to_every_image_as_they_do_offline(
    image_bag: Path, bundle: Path, peer: Peer, start: Callable[..., NodeProcess]
) -> None:
    live = peer.collect(EmotionArray, 'live/emotions', EVERY_MESSAGE)
    start('emotion_classifier_node', namespace='live')
    # An answer shows that both have found each other: nobody in view, long before the first image.
    greeting = peer.node.create_publisher(BlendshapesArray, 'live/blendshapes', qos_profile_sensor_data)
    early_ns = itertools.count(1)
    peer.deliver(
        lambda: greeting.publish(BlendshapesArray(header=Header(stamp=ns_to_time(next(early_ns))))), lambda: live
    )
    peer.node.destroy_publisher(greeting)
    landmarker = start('face_landmarker_node', namespace='live', remappings={'image': TOPIC}, bundle=bundle)
    landmarker.wait_for_line('waiting for images')
    replay = start('replay_node', namespace='live', bag=image_bag, pace='acknowledged', acknowledge_timeout_s=60.0)
    peer.spin_until(lambda: not replay.is_alive)
    replay.wait_for_line('72 messages published, 0 of them unanswered')
    offline = observed(image_bag, bundle)
    peer.spin_until(lambda: live and stamps(live)[-1] == offline[-1][0])
    live = [message for n, message in enumerate(live) if stamps(live)[n] >= offline[0][0]]
    assert stamps(live) == [stamp_ns for stamp_ns, _ in offline]
    for message, (_, everybody) in zip(live, offline, strict=True):
        assert [e.face_id for e in message.emotions] == [e.face_id for e in everybody]
        for said, expected in zip(message.emotions, everybody, strict=True):
            assert (said.emotion, said.quality, said.state) == (expected.emotion, expected.quality, expected.state)
            probabilities = (said.probability_happy, said.probability_unknown, said.probability_sad)
            assert probabilities == pytest.approx(expected.probabilities, abs=1e-3)
    assert {e.emotion for message in live for e in message.emotions} == {'happy', 'unknown'}
