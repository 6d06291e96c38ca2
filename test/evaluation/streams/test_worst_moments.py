"""The wrong answers that come first were held long and sure of themselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from blendfer_ros.core.answers import Segment
from blendfer_ros.evaluation.streams.bag_answers import AnsweredBag
from blendfer_ros.evaluation.streams.bag_scores import ScoredBag
from blendfer_ros.evaluation.streams.worst_moments import worst_moments

MakeBag = Callable[..., AnsweredBag]


def test_the_worst_moments_are_long_and_sure(made_bag: MakeBag) -> None:
    bags = {
        'a': ScoredBag.of(made_bag(['happy', 'sad', 'sad', 'no_face', 'no_face', 'no_face']), [Segment(0, 9, 'happy')]),
        'b': ScoredBag.of(made_bag(['unknown', 'happy', 'happy', 'happy', 'sad']), [Segment(0.5, 9, 'sad')]),
    }
    moments = worst_moments(bags, 9)
    # 1.5 s at 0.8, 1 s at 0.8, and 1.5 s of an answer without a probability.
    assert [(m.bag, m.label, m.said, m.start_s, m.held_s) for m in moments] == [
        ('b', 'sad', 'happy', 0.5, 1.5),
        ('a', 'happy', 'sad', 0.5, 1.0),
        ('a', 'happy', 'no_face', 1.5, 1.5),
    ]
    assert [m.confidence for m in moments] == [pytest.approx(0.8), pytest.approx(0.8), None]
    assert worst_moments(bags, 1) == moments[:1]
    # Of three images from 0.5 s on, the second.
    assert moments[0].stamp_ns == made_bag(['sad']).first_stamp_ns + 1_000_000_000


def test_a_wrong_answer_while_no_images_came_has_no_image(made_bag: MakeBag) -> None:
    (moment,) = worst_moments({'a': ScoredBag.of(made_bag(['stale', 'happy']), [Segment(0, 9, 'happy')])}, 9)
    assert (moment.said, moment.stamp_ns) == ('stale', None)


@pytest.mark.parametrize(('start', 'code'), [(0, '0:00.0'), (150, '1:15.0'), (1215, '10:07.5')])
def test_time_codes_are_minutes_and_seconds(start: int, code: str, made_bag: MakeBag) -> None:
    bag = made_bag(['sad'] * start + ['happy'] * 4)
    (moment,) = worst_moments({'a': ScoredBag.of(bag, [Segment(start / 2, start / 2 + 2, 'sad')])}, 9)
    assert moment.time_code == code
