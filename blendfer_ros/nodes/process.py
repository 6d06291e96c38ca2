"""How our processes begin: from their first line on, Ctrl-C ends them in order, without a trace."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator, Sequence
from types import FrameType

import rclpy
from rclpy.executors import ExternalShutdownException


def begin(args: Sequence[str] | None = None) -> bool:
    """Initialise ROS so that Ctrl-C shuts its context down and interrupts nothing in the middle.

    Python's KeyboardInterrupt would come at any line, and in the native code of others. From here on Ctrl-C and SIGTERM
    only end `spin`, and make everything else that needs ROS fail: whoever finds `rclpy.ok()` to be false has been told
    to end, and says nothing.

    Returns:
        False when Ctrl-C has come before ROS could take note of it; the process should end.
    """
    interrupted = False

    def take_note(_number: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True

    # rclpy puts its own handler, which shuts the context down, before this one.
    signal.signal(signal.SIGINT, take_note)
    rclpy.init(args=args)
    return not interrupted


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
