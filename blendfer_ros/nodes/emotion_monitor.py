"""`ros2 run blendfer_ros emotion_monitor`: who feels what, in a terminal, or line by line in a log."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence

import rclpy
from rclpy.node import Node
from rclpy.utilities import remove_ros_args

from blendfer_ros.core.errors import FrameError
from blendfer_ros.core.estimate import EmotionEstimate
from blendfer_ros.msg import Emotion, EmotionArray
from blendfer_ros.nodes.conversions import estimate_from_message
from blendfer_ros.nodes.monitor_view import SILENT_AFTER_S, Heard, change_line, says_the_same, screen_lines
from blendfer_ros.nodes.process import begin, until_shut_down
from blendfer_ros.nodes.qos import RELIABLE

PERIOD_S = 0.1

# Control sequences of every terminal since the VT100, and xterm's second screen: what was there before comes back.
ENTER_SCREEN = '\x1b[?1049h\x1b[?25l'
LEAVE_SCREEN = '\x1b[?25h\x1b[?1049l'
TO_TOP = '\x1b[H'
CLEAR_LINE_REST = '\x1b[K'
CLEAR_BELOW = '\x1b[J'


class EmotionMonitor(Node):
    """Listens to `emotion` and `emotions`."""

    def __init__(self) -> None:
        super().__init__('emotion_monitor')
        self._primary = EmotionEstimate()
        self._everybody: tuple[EmotionEstimate, ...] = ()
        self._heard_at_s: float | None = None
        self._started_at_s = time.monotonic()
        emotion = self.create_subscription(Emotion, 'emotion', self._on_emotion, RELIABLE)
        self._topic = emotion.topic_name
        self.create_subscription(EmotionArray, 'emotions', self._on_emotions, RELIABLE)

    def heard(self) -> Heard:
        """What is known by now."""
        silent_s = time.monotonic() - self._heard_at_s if self._heard_at_s is not None else None
        return Heard(self._topic, silent_s, self._primary, self._everybody, int(self.get_clock().now().nanoseconds))

    @property
    def is_new(self) -> bool:
        """True while publishers may just not have been found yet."""
        return self._heard_at_s is None and time.monotonic() - self._started_at_s < SILENT_AFTER_S

    def _on_emotion(self, message: Emotion) -> None:
        # What is not ours is as good as nothing heard.
        with contextlib.suppress(FrameError):
            self._primary = estimate_from_message(message)
            self._heard_at_s = time.monotonic()

    def _on_emotions(self, message: EmotionArray) -> None:
        with contextlib.suppress(FrameError):
            self._everybody = tuple(estimate_from_message(emotion) for emotion in message.emotions)


def main(argv: Sequence[str] | None = None) -> int:
    """Show until Ctrl-C, or until nobody reads any more."""
    parser = argparse.ArgumentParser(prog='emotion_monitor', description=__doc__)
    parser.parse_args(remove_ros_args(sys.argv)[1:] if argv is None else argv)
    # What a terminal of another encoding cannot show, the bars, it shows as question marks.
    sys.stdout.reconfigure(errors='replace')  # type: ignore[union-attr]
    if not begin():
        return 0
    monitor = EmotionMonitor()
    try:
        with until_shut_down():
            if sys.stdout.isatty():
                _show(monitor)
            else:
                _log(monitor)
    except BrokenPipeError:
        # Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    finally:
        # A second Ctrl-C must not cut the cleaning up short.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        monitor.destroy_node()
        rclpy.try_shutdown()
    return 0


def _show(monitor: EmotionMonitor) -> None:
    with _screen():
        while True:
            _spin_for(monitor, PERIOD_S)
            width, height = shutil.get_terminal_size()
            lines = screen_lines(monitor.heard(), width)[: height - 1]
            shown = ''.join(f'{line}{CLEAR_LINE_REST}\n' for line in lines)
            print(TO_TOP + shown + CLEAR_BELOW, end='', flush=True)


def _log(monitor: EmotionMonitor) -> None:
    before: Heard | None = None
    while True:
        # One message at a time, so that no change is passed over.
        rclpy.spin_once(monitor, timeout_sec=PERIOD_S)
        heard = monitor.heard()
        if not monitor.is_new and (before is None or not says_the_same(heard, before)):
            print(change_line(heard), flush=True)
            before = heard


def _spin_for(monitor: EmotionMonitor, duration_s: float) -> None:
    until_s = time.monotonic() + duration_s
    while (left_s := until_s - time.monotonic()) > 0.0:
        rclpy.spin_once(monitor, timeout_sec=left_s)


@contextlib.contextmanager
def _screen() -> Iterator[None]:
    print(ENTER_SCREEN, end='', flush=True)
    try:
        yield
    finally:
        print(LEAVE_SCREEN, end='', flush=True)
