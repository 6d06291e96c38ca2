"""What is answered over a time, counted by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from blendfer_ros.evaluation.streams.bag_answers import AnsweredBag
from blendfer_ros.metrics.conduct import Conduct

MakeBag = Callable[..., AnsweredBag]


@pytest.fixture
def conduct_of(made_bag: MakeBag) -> Callable[..., Conduct]:
    """Of answers half a second each; happy and sad are 0.8 sure."""

    def conduct(*said: str) -> Conduct:
        return Conduct.of(made_bag(said).series[0], 0.5 * len(said))

    return conduct


def test_an_answer_holds_until_the_next_and_the_last_until_the_end(conduct_of: Callable[..., Conduct]) -> None:
    conduct = conduct_of('happy', 'happy', 'sad', 'no_face', 'stale', 'unknown', 'unknown', 'unknown')
    assert conduct.said_s == (1.0, 1.5, 0.5, 0.5, 0.5)
    assert conduct.time_share == {'happy': 0.25, 'unknown': 0.375, 'sad': 0.125, 'no_face': 0.125, 'stale': 0.125}
    assert conduct.flips_per_min == pytest.approx(4 / (4.0 / 60))
    assert conduct.mean_confidence == pytest.approx(0.8)


def test_several_count_by_their_time(conduct_of: Callable[..., Conduct]) -> None:
    both = Conduct.sum([conduct_of(*['happy'] * 6), conduct_of('sad', 'unknown')])
    assert both.time_share['happy'] == pytest.approx(3.0 / 4.0)
    assert both.flips_per_min == pytest.approx(1 / (4.0 / 60))
    assert both.n_claimed == 7


def test_who_never_claims_anything_has_no_confidence(conduct_of: Callable[..., Conduct]) -> None:
    conduct = conduct_of('unknown', 'unknown')
    assert conduct.mean_confidence is None
    assert conduct.as_json()['mean_confidence'] is None


def test_no_time_has_no_shares() -> None:
    assert set(Conduct().time_share.values()) == {None}
    assert Conduct().flips_per_min is None
