"""What the monitor shows, as text."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from blendfer_ros.core.estimate import EmotionEstimate, TrackingState
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.nodes.monitor_view import Heard, change_line, says_the_same, screen_lines

NOW_NS = 1_000 * NS_PER_S


def person(face_id: str = 'face_1', emotion: str = 'happy', **fields: Any) -> EmotionEstimate:
    return EmotionEstimate(
        **{
            'stamp_ns': NOW_NS - NS_PER_S // 10,
            'face_id': face_id,
            'emotion': emotion,
            'state': TrackingState.TRACKING,
            'quality': 'good',
            'probabilities': (0.75, 0.2, 0.05),
            'held_s': 4.2,
            **fields,
        }
    )


NOBODY = EmotionEstimate(stamp_ns=NOW_NS, state=TrackingState.NO_FACE)
UNSEEN = person('face_2', 'unknown', quality='too_small', probabilities=(0.0, 0.0, 0.0))


def heard(primary: EmotionEstimate, *everybody: EmotionEstimate, silent_s: float | None = 0.1) -> Heard:
    return Heard('/emotion', silent_s, primary, everybody, NOW_NS)


def test_a_person_is_shown_with_bars_of_the_three_probabilities() -> None:
    assert screen_lines(heard(person()), 57) == [
        '/emotion  tracking for 4.2 s  image 0.10 s old',
        '',
        '▶ face_1 happy 75%  held for 4.2 s',
        '    happy   ' + '█' * 30 + '·' * 10 + '  75%',
        '    unknown ' + '█' * 8 + '·' * 32 + '  20%',
        '    sad     ' + '█' * 2 + '·' * 38 + '   5%',
    ]


def test_everybody_is_shown_once_the_primary_person_first_and_marked() -> None:
    others = (person('face_3', 'sad'), person(), UNSEEN)
    heads = [line for line in screen_lines(heard(person(), *others), 80) if 'face_' in line]
    assert heads == [
        '▶ face_1 happy 75%  held for 4.2 s',
        '  face_3 sad 5%  held for 4.2 s',
        '  face_2 unknown (too_small)  held for 4.2 s',
    ]


def test_who_is_not_judged_has_a_reason_and_no_bars() -> None:
    assert screen_lines(heard(UNSEEN), 80)[1:] == ['', '▶ face_2 unknown (too_small)  held for 4.2 s']


@pytest.mark.parametrize('width', [1, 10, 17, 21, 22, 40, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = screen_lines(heard(person(), person(), UNSEEN), width)
    assert len(lines) == 8
    assert all(len(line) <= width for line in lines)


def test_a_narrow_terminal_has_percentages_without_bars() -> None:
    assert screen_lines(heard(person()), 21)[3] == '    happy     75%'


@pytest.mark.parametrize(
    ('primary', 'expected'),
    [
        (NOBODY, '/emotion  nobody for 0.0 s  image 0.00 s old'),
        (EmotionEstimate(), '/emotion  no images for 0.0 s  no image yet'),
        (replace(NOBODY, stamp_ns=NOW_NS - 7200 * NS_PER_S), '/emotion  nobody for 0.0 s  images are of another time'),
        (replace(NOBODY, stamp_ns=NOW_NS + NS_PER_S), '/emotion  nobody for 0.0 s  images are of another time'),
    ],
)
def test_where_nobody_is_seen_the_state_and_the_age_of_the_image_are_shown(
    primary: EmotionEstimate, expected: str
) -> None:
    assert screen_lines(heard(primary), 80) == [expected]


def test_without_images_the_people_of_the_last_one_are_not_shown() -> None:
    assert len(screen_lines(heard(EmotionEstimate(), person()), 80)) == 1


@pytest.mark.parametrize(
    ('silent_s', 'expected'),
    [
        (None, 'no /emotion yet: is emotion_classifier_node running?'),
        (12.3, 'no /emotion for 12 s: is emotion_classifier_node still running?'),
    ],
)
def test_silence_is_told(silent_s: float | None, expected: str) -> None:
    silent = heard(person(), silent_s=silent_s)
    assert screen_lines(silent, 80) == [expected]
    assert change_line(silent) == expected


def test_a_log_has_everybody_in_one_line() -> None:
    assert change_line(heard(person(), person(), UNSEEN)) == 'tracking: face_1 happy 75%, face_2 unknown (too_small)'
    assert change_line(heard(NOBODY)) == 'nobody'


def test_numbers_alone_are_no_change() -> None:
    before = heard(person(), UNSEEN)
    assert says_the_same(heard(person(held_s=9.0, probabilities=(0.6, 0.3, 0.1)), UNSEEN), before)
    assert says_the_same(heard(person(), silent_s=20.0), heard(person(), silent_s=10.0))


@pytest.mark.parametrize(
    'after',
    [
        heard(person(emotion='sad'), UNSEEN),
        heard(person('face_3'), UNSEEN),
        heard(person()),
        heard(person(), replace(UNSEEN, quality='cut_off')),
        heard(NOBODY, UNSEEN),
        heard(person(), UNSEEN, silent_s=10.0),
        heard(person(), UNSEEN, silent_s=None),
    ],
)
def test_what_is_said_in_words_is_a_change(after: Heard) -> None:
    assert not says_the_same(after, heard(person(), UNSEEN))
