"""Probabilities stay a distribution when they are calibrated, and weights move decisions alone."""

from __future__ import annotations

import numpy as np
import pytest

from blendfer_ros.core.probabilities import calibrate, decide


def test_temperature_1_changes_nothing_and_a_higher_one_flattens() -> None:
    probabilities = np.array([[0.7, 0.2, 0.1]], np.float32)
    np.testing.assert_allclose(calibrate(probabilities, 1.0), probabilities, atol=1e-6)
    flatter = calibrate(probabilities, 2.0)
    assert flatter.sum() == pytest.approx(1.0)
    assert 1 / 3 < flatter[0, 0] < 0.7


def test_a_probability_of_nothing_stays_finite() -> None:
    calibrated = calibrate(np.array([1.0, 0.0, 0.0], np.float32), 0.5)
    assert np.isfinite(calibrated).all()
    assert calibrated.sum() == pytest.approx(1.0)


def test_one_face_is_decided_on_as_many_are() -> None:
    rows = np.array([[0.5, 0.3, 0.2], [0.2, 0.7, 0.1]])
    assert decide(rows, (1.0, 1.0, 3.0)).tolist() == [2, 1]
    assert int(decide(rows[0], (1.0, 1.0, 3.0))) == 2
