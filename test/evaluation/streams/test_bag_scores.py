"""Scores of bags against numbers worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from blendfer_ros.bags.salvage import Damage
from blendfer_ros.core.answers import Segment
from blendfer_ros.evaluation.streams.bag_answers import AnsweredBag
from blendfer_ros.evaluation.streams.bag_scores import (
    LABELLED_KEYS,
    OVERALL_KEYS,
    ScoredBag,
    agreement,
    overall_as_json,
)
from blendfer_ros.metrics.conduct import Conduct

MakeBag = Callable[..., AnsweredBag]


def test_the_conduct_is_that_of_the_candidate_and_the_last_answer_holds_for_an_interval(made_bag: MakeBag) -> None:
    first, other = made_bag(['happy'] * 4), made_bag(['sad', 'sad', 'unknown', 'unknown'])
    both = replace(first, series=(*first.series, *other.series))
    assert ScoredBag.of(both, ()).conduct == Conduct.of(first.series[0], 2.0)
    assert ScoredBag.of(both, (), 1).conduct == Conduct.of(other.series[0], 2.0)


def test_one_image_has_no_time(made_bag: MakeBag) -> None:
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
