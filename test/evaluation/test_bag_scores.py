"""Conduct and scores of bags against numbers worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from blendfer_ros.bags.reading import Damage
from blendfer_ros.core.answers import Segment
from blendfer_ros.evaluation.streams.bag_answers import AnsweredBag
from blendfer_ros.evaluation.streams.bag_scores import (
    LABELLED_KEYS,
    OVERALL_KEYS,
    ScoredBag,
    agreement,
    overall_as_json,
)
from blendfer_ros.evaluation.streams.worst_moments import worst_moments
from blendfer_ros.metrics.conduct import Conduct

MakeBag = Callable[..., AnsweredBag]


def test_an_answer_holds_until_the_next_and_the_last_for_an_interval(made_bag: MakeBag) -> None:
    # Half a second each; happy and sad are 0.8 sure.
    bag = made_bag(['happy', 'happy', 'sad', 'no_face', 'stale', 'unknown', 'unknown', 'unknown'])
    conduct = ScoredBag.of(bag, ()).conduct
    assert conduct.said_s == (1.0, 1.5, 0.5, 0.5, 0.5)
    assert conduct.time_share == {'happy': 0.25, 'unknown': 0.375, 'sad': 0.125, 'no_face': 0.125, 'stale': 0.125}
    assert conduct.flips_per_min == pytest.approx(4 / (4.0 / 60))
    assert conduct.mean_confidence == pytest.approx(0.8)


def test_several_bags_count_by_their_time(made_bag: MakeBag) -> None:
    parts = [ScoredBag.of(made_bag(said), ()).conduct for said in (['happy'] * 6, ['sad', 'unknown'])]
    both = Conduct.sum(parts)
    assert both.time_share['happy'] == pytest.approx(3.0 / 4.0)
    assert both.flips_per_min == pytest.approx(1 / (4.0 / 60))
    assert both.n_claimed == 7


def test_who_never_claims_anything_has_no_confidence_and_one_image_has_no_time(made_bag: MakeBag) -> None:
    conduct = ScoredBag.of(made_bag(['unknown', 'unknown']), ()).conduct
    assert conduct.mean_confidence is None
    one = made_bag(['happy'])
    one = replace(one, stream=replace(one.stream, interval_s=0.0))
    shares = ScoredBag.of(one, ()).as_json()
    assert set(shares['time_share'].values()) == {None}
    assert shares['flips_per_min'] is None


def test_labels_are_scored_as_far_as_the_bag_goes(made_bag: MakeBag) -> None:
    bag = made_bag(['happy', 'happy', 'sad', 'sad'])
    scored = ScoredBag.of(bag, [Segment(0.0, 99.0, 'happy'), Segment(100.0, 101.0, 'sad')])
    assert (scored.scores.n_segments, scored.scores.n_frames, scored.scores.frame_accuracy) == (1, 4, 0.5)
    assert ScoredBag.of(bag, [Segment(100.0, 101.0, 'sad')]).scores is None


def test_json_has_scores_only_with_labels_and_never_what_a_run_took(made_bag: MakeBag) -> None:
    damage = Damage('bag.mcap', 17, 'it ends')
    bag = replace(made_bag(['happy', 'sad']), damage=damage)
    bare = ScoredBag.of(bag, ()).as_json()
    labelled = ScoredBag.of(bag, [Segment(0.0, 1.0, 'happy')]).as_json()
    assert bare['damage'] == {'file': 'bag.mcap', 'offset': 17, 'reason': 'it ends'}
    assert set(labelled) - set(bare) == {*LABELLED_KEYS, 'right_share', 'confusion'}
    assert (bare['n_frames'], labelled['labelled_n_frames']) == (2, 2)
    assert 'ms' not in json.dumps(labelled)
    assert ScoredBag.of(made_bag(['happy']), ()).as_json()['damage'] is None


def test_every_number_of_all_bags_together_can_be_given_a_bound(made_bag: MakeBag) -> None:
    bags = [ScoredBag.of(made_bag(['happy', 'no_face']), [Segment(0.0, 1.0, 'happy'), Segment(1.0, 2.0, 'no_face')])]
    overall = overall_as_json(bags)
    numbers = {key for key, value in overall.items() if not isinstance(value, (dict, list))}
    assert numbers == {*OVERALL_KEYS, *LABELLED_KEYS}
    assert set(overall_as_json([ScoredBag.of(made_bag(['happy']), ())])) == {*OVERALL_KEYS, 'time_share'}


def test_agreement_is_by_images_whoever_calls_the_pauses_stale(made_bag: MakeBag) -> None:
    first, other = made_bag(['happy', 'stale', 'sad', 'sad', 'sad']), made_bag(['happy', 'sad', 'sad', 'happy'])
    both = replace(first, series=(*first.series, *other.series))
    assert agreement([both], 1) == 3 / 4
    assert agreement([both], 0) == 1.0


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
