"""Percentiles, shares and rates, also of what there is nothing of."""

from __future__ import annotations

import math

import numpy as np
import pytest

from blendfer_ros.metrics.numbers import percentile, ratio, rounded


@pytest.mark.parametrize('percent', [0, 37, 50, 95, 100])
@pytest.mark.parametrize('values', [[3.0], [2.0, 1.0], [4.0, 0.5, 2.0, 1.0]])
def test_percentiles_are_numpys(values: list[float], percent: float) -> None:
    assert percentile(values, percent) == pytest.approx(np.percentile(values, percent))


def test_percentiles_beside_infinite_ones_are_numbers() -> None:
    assert percentile([math.inf, 1.0, 2.0], 50) == 2.0
    assert percentile([math.inf, 1.0], 50) == math.inf
    assert percentile([math.inf, math.inf], 50) == math.inf


def test_a_share_of_nothing_is_not_known() -> None:
    assert ratio(1.0, 4.0) == 0.25
    assert ratio(0, 3) == 0.0
    assert ratio(0.0, 0.0) is None


@pytest.mark.parametrize(
    ('value', 'expected'), [(None, None), (math.nan, None), (math.inf, None), (-math.inf, None), (1 / 3, 0.333333)]
)
def test_what_is_not_known_or_not_finite_is_null_in_json(value: float | None, expected: float | None) -> None:
    assert rounded(value) == expected
