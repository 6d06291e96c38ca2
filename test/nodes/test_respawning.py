"""How long a node that died has to wait."""

from __future__ import annotations

from blendfer_ros.nodes.respawning import GOOD_LIFE_S, LONGEST_DELAY_S, Backoff


def test_each_start_waits_twice_as_long_up_to_a_limit_until_one_has_lived_well() -> None:
    now_s = 100.0
    backoff = Backoff(lambda: now_s)
    delays_s = []
    for _ in range(7):
        backoff.started()
        now_s += GOOD_LIFE_S - 1.0
        delays_s.append(backoff.ended())
    assert delays_s == [1.0, 2.0, 4.0, 8.0, 16.0, LONGEST_DELAY_S, LONGEST_DELAY_S]
    backoff.started()
    now_s += GOOD_LIFE_S
    assert backoff.ended() == 1.0
