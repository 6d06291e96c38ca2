"""Processes under test: how they are started, and what they hold of the machine."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faults.judging import SentLog
from support.ros_process import NodeProcess, executable

STARTED = re.compile(r'\[(\w+)-\d+\]: process started with pid \[(\d+)\]')
HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Holding:
    """What a process holds: memory [MB], threads, open files."""

    pid: int
    rss_mb: float
    threads: int
    files: int

    @classmethod
    def of(cls, pid: int) -> Holding | None:
        """None where it is gone."""
        try:
            status = dict(line.split(':', 1) for line in Path(f'/proc/{pid}/status').read_text().splitlines())
            n_files = sum(1 for _ in Path(f'/proc/{pid}/fd').iterdir())
            return cls(pid, int(status['VmRSS'].split()[0]) / 1024, int(status['Threads']), n_files)
        except (FileNotFoundError, ProcessLookupError, KeyError):
            return None


def growth(before: dict[str, Holding], after: dict[str, Holding], mb: float, threads: int = 0) -> list[str]:
    """Which process holds more than it did; one that was started anew is not held against the one before."""
    problems = []
    for name, was in before.items():
        now = after.get(name)
        if now is None or now.pid != was.pid:
            continue
        if now.rss_mb > was.rss_mb + mb:
            problems.append(f'{name} grew by {now.rss_mb - was.rss_mb:.1f} MB')
        if now.threads > was.threads + threads:
            problems.append(f'{name} has {now.threads - was.threads} more threads')
        if now.files > was.files:
            problems.append(f'{name} has {now.files - was.files} more open files')
    return problems


def start_node(
    name: str,
    parameters: dict[str, Any],
    environment: dict[str, str],
    *,
    troubled: bool = False,
    namespace: str = '',
) -> NodeProcess:
    """One of our executables."""
    settings = [word for key, value in parameters.items() for word in ('-p', f'{key}:={value}')]
    names = ['-r', f'__ns:=/{namespace}'] if namespace else []
    command = [sys.executable, str(HERE / 'troubled.py'), name] if troubled else [str(executable(name))]
    arguments = ['--ros-args', *settings, *names] if settings or names else []
    return NodeProcess([*command, *arguments], {**with_tests(), **environment})


def with_tests() -> dict[str, str]:
    """An environment in which the modules beside this one are found."""
    path = os.environ.get('PYTHONPATH', '')
    return {'PYTHONPATH': f'{HERE.parent}{os.pathsep}{path}' if path else str(HERE.parent)}


class CameraProcess:
    """`faults.camera` as a process; what it sends is noted in `sent`."""

    def __init__(self, frames: Path, environment: dict[str, str], settings: dict[str, Any], sent: SentLog) -> None:
        self.settings = dict(settings)
        self._frames, self._environment, self._sent = frames, environment, sent
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / 'camera.py'), str(self._frames)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **with_tests(), **self._environment},
        )
        self._reader = threading.Thread(target=self._read, args=[self.process], daemon=True)
        self._reader.start()
        self.tell(**self.settings)

    def tell(self, **settings: Any) -> None:
        """Change how images are, or when they come; the camera does so before its next one."""
        self.settings.update(settings)
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(settings) + '\n')
        self.process.stdin.flush()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        if self.process.poll() is None:
            assert self.process.stdin is not None
            self.process.stdin.close()
            try:
                self.process.wait(10.0)
            except subprocess.TimeoutExpired:
                self.kill()
        self._reader.join(10.0)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            stamp_ns, sent_ns = line.split()
            self._sent.sent(int(stamp_ns), int(sent_ns) / 1e9)


class LaunchedNodes:
    """Our launch file as a process, and the processes it has started so far."""

    def __init__(self, arguments: Iterable[str], environment: dict[str, str]) -> None:
        command = ['ros2', 'launch', 'blendfer_ros', 'emotion.launch.py', *arguments]
        self.launched = NodeProcess(command, environment)

    def pids(self) -> dict[str, int]:
        """The newest process of each executable."""
        self.launched.has_line('')
        return {name: int(pid) for line in list(self.launched.lines) for name, pid in STARTED.findall(line)}

    def end(self) -> int:
        return self.launched.end()


def wait_until(condition: Callable[[], Any], timeout_s: float, period_s: float = 0.02) -> Any:
    """What `condition` gave when it first held; falsy when it did not in time."""
    deadline_s = time.monotonic() + timeout_s
    while not (result := condition()) and time.monotonic() < deadline_s:
        time.sleep(period_s)
    return result


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
