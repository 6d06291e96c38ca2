"""One of our nodes with a trouble in it: `python troubled.py EXECUTABLE --ros-args …`.

It is the real node in a process of its own; only what fails in the field, MediaPipe, TFLite or the clock, is wrapped.
The file that $TROUBLE names says what the trouble is, as long as it is there:

`landmarker raises`: each call of FaceLandmarker fails; `expressions raises`, of TFLite with the network for pixels;
`classifier raises`, of TFLite with any other.
`landmarker hangs` and so on: the next call never returns, those after it do.
`clock SECONDS`: the clock of the node is this far from the machine's. It stands for the step of a wall clock: timers
and DDS go by the steady one, which nobody sets, so what a step changes for a node is what `Clock.now` says.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

VARIABLE = 'TROUBLE'
NS_PER_S = 1_000_000_000


def trouble() -> str:
    try:
        return Path(os.environ[VARIABLE]).read_text()
    except FileNotFoundError:
        return ''


def failing(who: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """`call`, except that it raises or hangs while there is trouble with it."""

    def wrapped(*arguments: Any, **named: Any) -> Any:
        told = trouble()
        if told == f'{who} raises':
            raise RuntimeError(f'{who} raises, as told')
        if told == f'{who} hangs':
            Path(os.environ[VARIABLE]).unlink(missing_ok=True)
            threading.Event().wait()
        return call(*arguments, **named)

    return wrapped


def stepping(now: Callable[..., Any]) -> Callable[..., Any]:
    """`Clock.now` of a clock that somebody sets."""
    from rclpy.clock_type import ClockType
    from rclpy.time import Time

    def wrapped(clock: Any) -> Any:
        time = now(clock)
        told = trouble()
        if clock.clock_type == ClockType.STEADY_TIME or not told.startswith('clock '):
            return time
        offset_ns = round(float(told.removeprefix('clock ')) * NS_PER_S)
        return Time(nanoseconds=time.nanoseconds + offset_ns, clock_type=clock.clock_type)

    return wrapped


def main() -> int:
    # As our executables do, see resource/node.py.in.
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    from rclpy.clock import Clock

    from blendfer_ros.core.tflite import TfliteFile
    from blendfer_ros.perception.face_landmarker import FaceLandmarker

    executable = sys.argv.pop(1)
    # Below what turns the errors of MediaPipe into ours, so that these come from where they do in the field.
    FaceLandmarker.__init__ = with_failing_task(FaceLandmarker.__init__)
    TfliteFile.__init__ = with_failing_interpreter(TfliteFile.__init__)
    Clock.now = stepping(Clock.now)
    return importlib.import_module(f'blendfer_ros.nodes.{executable}').main()


def with_failing_task(init: Callable[..., None]) -> Callable[..., None]:
    def wrapped(self: Any, *arguments: Any, **named: Any) -> None:
        init(self, *arguments, **named)
        self._detect_for_video = failing('landmarker', self._detect_for_video)

    return wrapped


def with_failing_interpreter(init: Callable[..., None]) -> Callable[..., None]:
    def wrapped(self: Any, path: Path, *arguments: Any, **named: Any) -> None:
        init(self, path, *arguments, **named)
        who = 'expressions' if path.stem == 'expressions' else 'classifier'
        self._interpreter.invoke = failing(who, self._interpreter.invoke)

    return wrapped


if __name__ == '__main__':
    sys.exit(main())
