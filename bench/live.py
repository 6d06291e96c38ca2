"""Our nodes as processes of their own, between a camera and a listener, and what they cost meanwhile."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import rclpy
from ament_index_python.packages import get_package_prefix
from camera import COUNTED
from domain_coordinator import domain_id

from blendfer_ros.core.stamps import NS_PER_S, time_to_ns
from blendfer_ros.msg import EmotionArray
from blendfer_ros.nodes.process import make_executor
from blendfer_ros.nodes.qos import RELIABLE
from blendfer_ros.nodes.transport import environment_of, large_image_environment
from blendfer_ros.parameters.table import FACE_LANDMARKER

HERE: Final = Path(__file__).parent
COMPOSED: Final = ('emotion_pipeline',)
SEPARATE: Final = ('face_landmarker_node', 'emotion_classifier_node')
CNN_LSTM: Final = ('cnn_lstm_node',)
NODES: Final = {'two processes': SEPARATE, 'one process': COMPOSED, 'cnn_lstm_node': CNN_LSTM}
# The longer side of what the nodes make of larger images by default.
SMALLER_PX: Final = int(next(p.default for p in FACE_LANDMARKER if p.name == 'max_image_side_px'))
TICKS_PER_S: Final = os.sysconf('SC_CLK_TCK')
MS_PER_S: Final = 1000.0
# Field 22 of /proc/PID/stat is when it was started; of these lists, counted behind the command, user and system time.
USER_TICKS, SYSTEM_TICKS = 11, 12

_taken = contextlib.ExitStack()


@dataclass
class Heard:
    """What `emotions` said of the images that count.

    ages_ms: from an image's stamp until its answer was here. stamps_ns: of the images answered to. faces: in each.
    cpu_ms: CPU time of the nodes for one of them. rss_mb: their memory afterwards, one number for each process.
    """

    ages_ms: list[float] = field(default_factory=list)
    stamps_ns: list[int] = field(default_factory=list)
    faces: list[int] = field(default_factory=list)
    cpu_ms: float = float('nan')
    rss_mb: list[float] = field(default_factory=list)


class Nodes:
    """Some of our nodes, each started as `ros2 launch` would; `pids` of their processes."""

    def __init__(self, processes: Sequence[subprocess.Popen[bytes]], started_s: float) -> None:
        self.pids = [process.pid for process in processes]
        self.started_s = started_s

    def cpu_s(self) -> float:
        """CPU time of all of them so far [s]."""
        return sum(cpu_s(pid) for pid in self.pids)

    def rss_mb(self) -> list[float]:
        """Resident memory of each [MB]."""
        return [rss_mb(pid) for pid in self.pids]


def cpu_s(pid: int) -> float:
    """CPU time of a process so far, all threads [s]."""
    fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    return (int(fields[USER_TICKS]) + int(fields[SYSTEM_TICKS])) / TICKS_PER_S


def rss_mb(pid: int) -> float:
    """Resident memory of a process [MB]."""
    status = Path(f'/proc/{pid}/status').read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith('VmRSS')) / 1024.0


def change_domain() -> None:
    """What is started from here on hears nothing of what was before, nor of tests that run meanwhile."""
    _taken.close()
    os.environ['ROS_DOMAIN_ID'] = str(_taken.enter_context(domain_id()))


@contextlib.contextmanager
def running(
    executables: Sequence[str], parameters: Sequence[str] = (), environment: dict[str, str] | None = None
) -> Iterator[Nodes]:
    """Nodes as processes; all are gone when the block is left."""
    folder = Path(get_package_prefix('blendfer_ros'), 'lib', 'blendfer_ros')
    settings = [word for parameter in parameters for word in ('-p', parameter)]
    started_s = time.monotonic()
    processes = [
        subprocess.Popen(
            [str(folder / name), '--ros-args', '--log-level', 'warn', *settings],
            env={**os.environ, **(environment_of(name) if environment is None else environment)},
            stderr=subprocess.DEVNULL,
        )
        for name in executables
    ]
    try:
        yield Nodes(processes, started_s)
    finally:
        for process in processes:
            process.send_signal(signal.SIGINT)
        for process in processes:
            process.wait()


@contextlib.contextmanager
def camera(clip: str, *options: str, environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """The camera, which has decoded its images and publishes them while the block runs."""
    process = subprocess.Popen(
        [sys.executable, str(HERE / 'camera.py'), clip, *options],
        env={**os.environ, **(large_image_environment() if environment is None else environment)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    process.stdout.readline()
    try:
        yield process
    finally:
        # Not killed, for then DDS would leave its images in shared memory.
        process.send_signal(signal.SIGINT)
        process.wait()


class Listener:
    """Hears `emotions` in this process."""

    def __init__(self, on_answer: Callable[[EmotionArray], Any] = lambda _message: None) -> None:
        self._context = rclpy.Context()
        rclpy.init(context=self._context)
        self._node = rclpy.create_node('bench_listener', context=self._context)
        self._executor = make_executor(self._context)
        self._executor.add_node(self._node)
        self._node.create_subscription(EmotionArray, 'emotions', on_answer, RELIABLE)

    def now_ns(self) -> int:
        """The time that stamps are of [ns]."""
        return int(self._node.get_clock().now().nanoseconds)

    def listen(self, until: Callable[[], bool], timeout_s: float) -> bool:
        """Take messages until that is so; False when it was not within the timeout."""
        deadline_s = time.monotonic() + timeout_s
        while not until():
            if time.monotonic() > deadline_s:
                return False
            self._executor.spin_once(timeout_sec=0.05)
        return True

    def close(self) -> None:
        """Hear nothing any more."""
        self._executor.shutdown()
        rclpy.shutdown(context=self._context)


def hear(
    executables: Sequence[str],
    clip: str,
    *camera_options: str,
    parameters: Sequence[str] = (),
    environment: dict[str, str] | None = None,
) -> Heard:
    """Show the nodes a stream; what they said of the images that count, and their cost from the first to the last."""
    heard = Heard()
    change_domain()
    with running(executables, parameters, environment) as nodes:
        costs: list[tuple[int, float]] = []

        def note(message: EmotionArray) -> None:
            if message.header.frame_id != COUNTED:
                return
            stamp_ns = time_to_ns(message.header.stamp)
            heard.ages_ms.append((listener.now_ns() - stamp_ns) * MS_PER_S / NS_PER_S)
            heard.stamps_ns.append(stamp_ns)
            heard.faces.append(len(message.emotions))
            if not costs:
                costs.append((1, nodes.cpu_s()))

        listener = Listener(note)
        try:
            with camera(clip, *camera_options, environment=environment) as process:
                listener.listen(lambda: process.poll() is not None, timeout_s=300.0)
                if len(heard.stamps_ns) > 1:
                    heard.cpu_ms = (nodes.cpu_s() - costs[0][1]) * MS_PER_S / (len(heard.stamps_ns) - 1)
                heard.rss_mb = nodes.rss_mb()
        finally:
            listener.close()
    return heard
