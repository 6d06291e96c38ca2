"""Messages of a bag go out when they are due: by their times, or by the answers to them."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest

from blendfer_ros.bags.playback import (
    RESEND_NS,
    AcknowledgedPlayback,
    RecordedPlayback,
    header_stamp_ns,
    topics_to_play,
)
from blendfer_ros.bags.reading import Bag
from blendfer_ros.bags.salvage import BagMessage, Topic
from blendfer_ros.core.assets import find_recording
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.core.stamps import NS_PER_S, time_to_ns

FACES = Topic('/blendshapes', 'blendfer_ros/msg/BlendshapesArray')
ODOMETRY = Topic('/odom', 'nav_msgs/msg/Odometry')
BEGIN_NS = 5_000 * NS_PER_S


def message(topic: Topic, recorded_s: float, byte_order: str = '<') -> BagMessage:
    """Recorded so long after BEGIN_NS, stamped 10 ms before."""
    recorded_ns = BEGIN_NS + round(recorded_s * NS_PER_S)
    stamp = divmod(recorded_ns - 10_000_000, NS_PER_S)
    cdr = bytes((0, int(byte_order == '<'), 0, 0)) + struct.pack(f'{byte_order}iI', *stamp)
    return BagMessage(topic, recorded_ns, cdr)


def times_s(messages: Iterator[BagMessage]) -> list[float]:
    return [(m.recorded_ns - BEGIN_NS) / NS_PER_S for m in messages]


def test_recorded_timing_runs_at_the_rate_asked_for_from_the_first_message_on() -> None:
    playback = RecordedPlayback(iter([message(FACES, s) for s in (0.0, 0.5, 1.0, 3.0)]), rate=2.0)
    assert playback.recorded_ns(7 * NS_PER_S) is None
    assert times_s(playback.due(7 * NS_PER_S)) == [0.0]
    assert times_s(playback.due(7 * NS_PER_S + NS_PER_S // 5)) == []
    assert times_s(playback.due(7 * NS_PER_S + NS_PER_S // 2)) == [0.5, 1.0]
    assert playback.recorded_ns(8 * NS_PER_S) == BEGIN_NS + 2 * NS_PER_S
    assert not playback.is_over
    assert times_s(playback.due(9 * NS_PER_S)) == [3.0]
    assert playback.is_over
    assert playback.n_played == 4


def test_an_empty_bag_is_over_at_once() -> None:
    assert RecordedPlayback(iter(()), rate=1.0).is_over
    assert AcknowledgedPlayback(iter(()), timeout_s=1.0).is_over


def test_the_next_image_waits_for_the_answer_and_what_is_between_does_not() -> None:
    messages = [message(ODOMETRY, 0.0), message(FACES, 1.0), message(ODOMETRY, 2.0), message(FACES, 3.0)]
    playback = AcknowledgedPlayback(iter(messages), timeout_s=5.0)
    assert times_s(playback.due(0)) == [0.0, 1.0]
    playback.answer(time_of(messages[3]))
    assert times_s(playback.due(1)) == []
    playback.answer(time_of(messages[1]))
    assert times_s(playback.due(2)) == [2.0, 3.0]
    assert not playback.is_over
    playback.answer(time_of(messages[3]))
    assert playback.is_over
    assert (playback.n_played, playback.n_unanswered) == (4, 0)


def test_what_nobody_answers_is_sent_again_and_then_given_up() -> None:
    playback = AcknowledgedPlayback(iter([message(FACES, 0.0), message(FACES, 1.0)]), timeout_s=5.0)
    assert times_s(playback.due(0)) == [0.0]
    assert times_s(playback.due(RESEND_NS - 1)) == []
    assert times_s(playback.due(RESEND_NS)) == [0.0]
    assert times_s(playback.due(RESEND_NS + 1)) == []
    assert times_s(playback.due(5 * NS_PER_S)) == [1.0]
    assert (playback.n_played, playback.n_unanswered, playback.is_over) == (2, 1, False)
    assert times_s(playback.due(10 * NS_PER_S)) == []
    assert (playback.n_played, playback.n_unanswered, playback.is_over) == (2, 2, True)


def time_of(sent: BagMessage) -> int:
    stamp_ns = header_stamp_ns(sent)
    assert stamp_ns is not None
    return stamp_ns


@pytest.mark.parametrize('byte_order', ['<', '>'])
def test_the_stamp_is_read_in_either_byte_order(byte_order: str) -> None:
    assert header_stamp_ns(message(FACES, 1.0, byte_order)) == BEGIN_NS + 990_000_000


def test_the_stamp_is_what_rosbags_reads() -> None:
    bag = Bag(find_recording('sad_to_happy'))
    first = next(bag.messages(['/blendshapes']))
    content = bag.typestore().deserialize_cdr(first.cdr, first.topic.message_type)
    assert header_stamp_ns(first) == time_to_ns(content.header.stamp)  # type: ignore[attr-defined]


def test_a_message_too_short_for_a_stamp_has_none() -> None:
    assert header_stamp_ns(BagMessage(FACES, 0, b'\0\1\0\0\0')) is None
    assert header_stamp_ns(BagMessage(FACES, 0, b'')) is None


def test_topics_are_chosen_by_name_and_an_unknown_one_is_refused() -> None:
    bag = Bag(find_recording('sad_to_happy'))
    assert [topic.name for topic in topics_to_play(bag, '')] == ['/blendshapes']
    assert [topic.name for topic in topics_to_play(bag, ' blendshapes , ')] == ['/blendshapes']
    with pytest.raises(DatasetError, match='has no topic /image; its topics: /blendshapes'):
        topics_to_play(bag, '/blendshapes,image')
