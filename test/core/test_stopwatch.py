"""Where the time of one image goes."""

from __future__ import annotations

from blendfer_ros.core.stopwatch import Stopwatch


def test_laps_make_up_the_whole() -> None:
    watch = Stopwatch()
    for name in ('first', 'second', 'first'):
        watch.lap(name)
    assert list(watch.laps_ns) == ['first', 'second']
    assert 0 <= sum(watch.laps_ns.values()) <= watch.total_ns()
