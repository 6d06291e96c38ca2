"""Targets are reached or not, at their very bounds too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from blendfer_ros.study.scores import Measured
from blendfer_ros.study.study import Study
from blendfer_ros.study.targets import TARGETS, outcomes
from blendfer_ros.training.recipe import RECIPES


def with_accuracy(study: Study, name: str, accuracy: float) -> Measured:
    model = study.models[0]
    score = replace(model.private_test, metrics=replace(model.private_test.metrics, accuracy=accuracy))
    return replace(model, name=name, private_test=score)


def test_every_shipped_model_has_targets() -> None:
    assert set(TARGETS) == set(RECIPES)


@pytest.mark.parametrize(
    ('name', 'accuracy', 'reached'),
    [
        ('blendfer', 0.84, True),
        ('blendfer', 0.839, False),
        ('blendfer_paper', 0.74, False),
        ('blendfer_paper', 0.741, True),
    ],
)
def test_more_than_is_not_at_least(name: str, accuracy: float, reached: bool, study: Study) -> None:
    outcome = outcomes(with_accuracy(study, name, accuracy))[0]
    assert (outcome.quantity, outcome.reached) == ('accuracy', reached)


def test_time_is_of_the_file_and_less_is_better(study: Study) -> None:
    model = replace(study.models[0], name='blendfer_blendshapes')
    assert model.file is not None
    slow = replace(model, file=replace(model.file, median_ms=0.301))
    for measured, shown, reached in ((model, '0.050', True), (slow, '0.301', False)):
        of = {outcome.quantity: outcome for outcome in outcomes(measured)}['median time of one inference [ms]']
        assert (of.wanted, of.measured, of.reached) == ('≤ 0.3', shown, reached)


def test_what_is_wanted_of_votes_is_reached_with_votes_alone(study: Study) -> None:
    without = with_accuracy(study, 'blendfer', 0.9)
    for measured, shown, reached in (
        (without, 'nan', False),
        (replace(without, voted=without.private_test), '0.900', True),
    ):
        of = {outcome.quantity: outcome for outcome in outcomes(measured)}['accuracy, FER+ majority']
        assert (of.wanted, of.measured, of.reached) == ('≥ 0.89', shown, reached)


def test_a_model_of_another_name_has_none(study: Study) -> None:
    assert outcomes(with_accuracy(study, 'mine', 1.0)) == []
