"""Images that are missing show by the pauses they leave."""

from __future__ import annotations

import numpy as np
import pytest

from blendfer_ros.core.intervals import count_lost, usual_interval


@pytest.mark.parametrize(
    ('steps', 'interval', 'n_lost'),
    [
        ([], 0.0, 0),
        ([0.5], 0.5, 0),
        ([0.0, 0.0, 0.5], 0.0, 0),
        ([0.1, 0.1, 0.1, 0.14, 0.1], 0.1, 0),
        ([0.1, 0.1, 0.2, 0.1, 0.1], 0.1, 1),
        ([0.1, 0.41, 0.1, 0.2, 0.1], 0.1, 4),
        ([0.2, 0.2, 0.2], 0.2, 0),
    ],
)
def test_a_pause_has_room_for_what_is_missing(steps: list[float], interval: float, n_lost: int) -> None:
    given = np.array(steps)
    assert usual_interval(given) == pytest.approx(interval)
    assert count_lost(given) == n_lost
