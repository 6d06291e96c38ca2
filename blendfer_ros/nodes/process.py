"""How our processes begin: from their first line on, Ctrl-C ends them in order, without a trace."""

from __future__ import annotations

import contextlib
import ctypes
import signal
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Final

import rclpy
from rclpy.executors import Executor, ExternalShutdownException, SingleThreadedExecutor

# Options of glibc's mallopt and their values [bytes], see its manual page. Larger blocks than the first are mapped from
# the system and given back one by one; of what is free at the end of the heap the second is kept. A raw image in 4K is
# below both.
M_MMAP_THRESHOLD: Final = (-3, 32 << 20)
M_TRIM_THRESHOLD: Final = (-1, 64 << 20)


def begin(args: Sequence[str] | None = None) -> bool:
    """Initialise ROS so that Ctrl-C shuts its context down and interrupts nothing in the middle.

    Python's KeyboardInterrupt would come at any line, and in the native code of others. From here on Ctrl-C and SIGTERM
    only end `spin`, and make everything else that needs ROS fail: whoever finds `rclpy.ok()` to be false has been told
    to end, and says nothing.

    Returns:
        False when either has come before ROS could take note of it; the process should end.
    """
    interrupted = False

    def take_note(_number: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True

    # rclpy puts its own handler, which shuts the context down, before this one.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, take_note)
    keep_freed_memory()
    rclpy.init(args=args)
    return not interrupted


def keep_freed_memory() -> None:
    """Have the memory of one image used again for the next.

    Every image passes through several buffers of its size. By default glibc maps each from the system anew, and the
    page faults of that take longer than all else that is done to receive an image.
    """
    libc = ctypes.CDLL(None)
    # Other C libraries do not have it.
    if hasattr(libc, 'mallopt'):
        for option, value_bytes in (M_MMAP_THRESHOLD, M_TRIM_THRESHOLD):
            libc.mallopt(option, value_bytes)


def make_executor() -> Executor:
    """What spins our nodes: rclpy's executor in C++ where there is one (Kilted), which wakes up at little cost.

    The other one asks every entity of every node before each callback, in Python.
    """
    try:
        from rclpy.experimental import EventsExecutor
    except ImportError:
        return SingleThreadedExecutor()
    return EventsExecutor()


@contextlib.contextmanager
def until_shut_down() -> Iterator[None]:
    """End the block without a word when ROS is shut down under it; `begin` says by what."""
    try:
        yield
    except ExternalShutdownException:
        pass
    except Exception:
        # rclpy raises the former only where it looks; elsewhere a spin fails in whatever it makes of the context next.
        if rclpy.ok():
            raise
