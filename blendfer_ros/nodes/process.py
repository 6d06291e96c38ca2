"""How our processes begin: from their first line on, Ctrl-C ends them in order, without a trace."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Final

import rclpy
from rclpy.context import Context
from rclpy.executors import Executor, ExternalShutdownException, SingleThreadedExecutor
from rclpy.impl.rcutils_logger import RcutilsLogger

from blendfer_ros.core.memory import give_back_freed, spare_what_is_there
from blendfer_ros.core.worker import has_given_up

# Of glibc's mallopt, see its manual page: how many heaps there are for all threads to share.
M_ARENA_MAX: Final = -8
N_HEAPS: Final = 2
# Nothing waits for it but the end of a wait itself.
LONGEST_WAIT_S: Final = 1.0


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
    share_heaps()
    rclpy.init(args=args)
    return not interrupted


def share_heaps() -> None:
    """Have threads share two heaps, before they are started.

    By default nearly each has its own and keeps what was freed in it: some megabytes in a pipeline, and more each time
    that MediaPipe is started anew with new threads.
    """
    libc = ctypes.CDLL(None)
    # Other C libraries do not have it.
    if hasattr(libc, 'mallopt'):
        libc.mallopt(M_ARENA_MAX, N_HEAPS)


def settle_memory() -> None:
    """Give back what only starting needed, and spare what is there to stay."""
    spare_what_is_there()
    give_back_freed()


def make_executor(context: Context | None = None) -> Executor:
    """What spins our nodes: rclpy's executor in C++ where there is one (Kilted), which wakes up at little cost.

    The other one asks every entity of every node before each callback, in Python.
    """
    try:
        from rclpy.experimental import EventsExecutor
    except ImportError:
        return SingleThreadedExecutor(context=context)
    return EventsExecutor(context=context)


def spin(executor: Executor, logger: RcutilsLogger) -> None:
    """Spin until shut down. Before Kilted, rclpy lets the error of an impossible lifecycle transition escape."""
    while rclpy.ok():
        try:
            # Step by step, for `spin` of rclpy's executor in C++ does not end when ROS is shut down.
            executor.spin_once(timeout_sec=LONGEST_WAIT_S)
        except RuntimeError as error:
            if not rclpy.ok():
                raise
            logger.error(f'cannot do what was asked: {error}')


def leave_what_hangs(exit_code: int) -> None:
    """End the process at once where a thread hangs in native code, for which Python would wait for ever."""
    if has_given_up():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(exit_code)


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
