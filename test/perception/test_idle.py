"""Images that need not be looked at."""

from __future__ import annotations

from collections.abc import Callable

from blendfer_ros.core.face import Face, FaceFrame
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.perception.idle import IdleOptions, IdleWatch

RATE_HZ = 30


def looked_at(watch: IdleWatch, faces: tuple[Face, ...], first: int, n: int) -> int:
    """How many of `n` images from number `first` on must be looked at, each of which would show these faces."""
    count = 0
    for i in range(first, first + n):
        stamp_ns = i * NS_PER_S // RATE_HZ
        frame = watch.instead_of(stamp_ns)
        if frame is None:
            watch.note(FaceFrame(stamp_ns, 640, 480, faces))
            count += 1
        else:
            assert frame == FaceFrame(stamp_ns, 640, 480, ())
    return count


def test_every_image_is_looked_at_while_somebody_is_there(make_face: Callable[..., Face]) -> None:
    watch = IdleWatch(IdleOptions(idle_rate=10.0, idle_after_s=1.0))
    assert looked_at(watch, (make_face(),), 0, 90) == 90


def test_once_nobody_has_been_there_for_a_while_ten_a_second_are_looked_at() -> None:
    watch = IdleWatch(IdleOptions(idle_rate=10.0, idle_after_s=1.0))
    assert looked_at(watch, (), 0, RATE_HZ) == RATE_HZ
    assert looked_at(watch, (), RATE_HZ, 90) in (30, 31)


def test_whoever_comes_has_every_image_looked_at_again(make_face: Callable[..., Face]) -> None:
    watch = IdleWatch(IdleOptions(idle_rate=10.0, idle_after_s=1.0))
    looked_at(watch, (), 0, 90)
    assert looked_at(watch, (make_face(),), 90, 30) >= 28


def test_a_rate_of_zero_looks_at_all() -> None:
    watch = IdleWatch(IdleOptions(idle_rate=0.0, idle_after_s=0.0))
    assert looked_at(watch, (), 0, 90) == 90


def test_when_time_jumps_back_the_image_is_looked_at() -> None:
    watch = IdleWatch(IdleOptions(idle_rate=10.0, idle_after_s=1.0))
    looked_at(watch, (), 300, 90)
    assert looked_at(watch, (), 0, 20) == 20
