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
    [('blendfer', 0.79, True), ('blendfer', 0.789, False), ('blendfer_paper', 0.72, False)],
)
def test_more_than_is_not_at_least(name: str, accuracy: float, reached: bool, study: Study) -> None:
    outcome = outcomes(with_accuracy(study, name, accuracy))[0]
    assert (outcome.quantity, outcome.reached) == ('accuracy', reached)


def test_size_and_time_are_of_the_file(study: Study) -> None:
    of = {outcome.quantity: outcome for outcome in outcomes(study.models[0])}
    assert (of['size [KB]'].wanted, of['size [KB]'].measured, of['size [KB]'].reached) == ('≤ 200', '117', True)
    assert of['median time of one inference [ms]'].measured == '0.050'


def test_a_model_of_another_name_has_none(study: Study) -> None:
    assert outcomes(with_accuracy(study, 'mine', 1.0)) == []
