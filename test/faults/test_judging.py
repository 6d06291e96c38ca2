"""The harness notices when a promise is broken."""

from __future__ import annotations

import re

from faults.fault import StreamFault
from faults.judging import STALE, TRACKING, Heard, SentLog, aged, first_right_s, once_each, out_of_turn, silences
from faults.processes import Holding, growth
from faults.soak import Minute, grown
from faults.table import TABLE


def sent_at(**times_s: float) -> SentLog:
    """Images with stamps by letter, `a` being 1 ns."""
    log = SentLog()
    for letter, at_s in times_s.items():
        log.sent(ord(letter) - ord('a') + 1, at_s)
    return log


def test_an_old_emotion_passed_off_as_new_is_noticed() -> None:
    sent = sent_at(a=10.0)
    assert aged([Heard(10.1, TRACKING, 1)], sent) == []
    assert aged([Heard(12.0, STALE, 1)], sent) == []
    assert aged([Heard(12.5, TRACKING, 1)], sent) == ['/emotion said TRACKING of an image 2.50 s old']


def test_an_emotion_about_no_image_is_noticed() -> None:
    assert 'which no image had' in aged([Heard(10.1, TRACKING, 7)], sent_at(a=10.0))[0]
    # Nor about one that is still to come.
    assert 'which no image had' in aged([Heard(9.0, TRACKING, 1)], sent_at(a=10.0))[0]


def test_of_images_with_one_stamp_only_the_first_counts_and_of_a_loop_the_last() -> None:
    log = SentLog()
    for at_s, stamp_ns in ((1.0, 5), (2.0, 5), (3.0, 6), (4.0, 5)):
        log.sent(stamp_ns, at_s)
    assert log.last_sent_s(5, before_s=2.5) == 1.0
    assert log.last_sent_s(5, before_s=4.5) == 4.0
    assert log.n == 4


def test_a_state_out_of_turn_counts_from_when_the_fault_must_have_been_noticed() -> None:
    heard = [Heard(1.0, TRACKING, 1), Heard(3.0, TRACKING, 1), Heard(9.0, TRACKING, 1)]
    assert out_of_turn(heard, {STALE}, 2.0, 8.0) == ['/emotion said TRACKING 1.0 s into the fault']


def test_silence_is_noticed_also_at_either_end() -> None:
    heard = [Heard(2.0, STALE, 0), Heard(2.5, STALE, 0)]
    assert silences(heard, 1.0, 3.0) == []
    assert silences(heard, 0.0, 6.0) == ['/emotion was silent for 2.0 s', '/emotion was silent for 3.5 s']
    assert silences([], 0.0, 6.0) == ['/emotion was silent for 6.0 s']


def test_right_again_is_an_emotion_about_an_image_sent_since() -> None:
    sent = sent_at(a=1.0, b=2.0)
    heard = [Heard(2.1, TRACKING, 1), Heard(2.2, STALE, 2), Heard(2.3, TRACKING, 2, is_answer=True)]
    assert first_right_s(heard, sent, 1.5) is None
    assert first_right_s([*heard, Heard(2.4, TRACKING, 2)], sent, 1.5) == 2.4


def test_many_problems_of_a_kind_are_told_briefly() -> None:
    assert once_each(str(n) for n in range(5)) == ['0', '1', '2', '… and 2 more of these']
    assert once_each(['0']) == ['0']


def test_what_a_process_holds_more_of_is_noticed_unless_it_is_another_process() -> None:
    before = {'node': Holding(1, 100.0, 10, 20)}
    assert growth(before, {'node': Holding(1, 101.0, 10, 20)}, mb=2.0) == []
    assert growth(before, {'node': Holding(2, 200.0, 30, 40)}, mb=2.0) == []
    assert growth(before, {'node': Holding(1, 103.0, 11, 22)}, mb=2.0) == [
        'node grew by 3.0 MB',
        'node has 1 more threads',
        'node has 2 more open files',
    ]


def test_a_soak_notices_growth_after_the_first_minute_of_each_life() -> None:
    def minutes(*held: Holding) -> list[Minute]:
        return [Minute(i, 0, 0, 0, 0, 0, 0, {'node': holding}) for i, holding in enumerate(held)]

    steady = [Holding(1, 100.0, 10, 20), Holding(1, 101.5, 10, 20)]
    assert grown(minutes(*steady)) == []
    assert grown(minutes(*steady, Holding(1, 103.0, 10, 20))) == ['node grew by 3.0 MB in 2 minutes']
    # Started anew in the middle of the third minute, and measured before it was complete.
    anew = [Holding(2, 50.0, 5, 9), Holding(2, 120.0, 10, 20), Holding(2, 121.0, 11, 20)]
    assert grown(minutes(*steady, *anew)) == ['node has 1 more threads']


def test_the_table_has_each_name_once_and_what_diagnostics_must_say_is_a_pattern() -> None:
    names = [fault.name for fault in TABLE]
    assert len(set(names)) == len(names) >= 30
    for fault in TABLE:
        if isinstance(fault, StreamFault):
            re.compile(fault.cause)
