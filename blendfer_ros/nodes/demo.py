"""`make demo`: the nodes as processes over DDS, what `emotion` says while a source plays, and what a robot answers."""

from __future__ import annotations

import argparse
import collections
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import rclpy
from ament_index_python.packages import get_package_prefix, get_package_share_directory
from rclpy.node import Node

from blendfer_ros.core import assets
from blendfer_ros.core.emotions import HAPPY, SAD, UNKNOWN
from blendfer_ros.core.errors import AssetError, BlendferError
from blendfer_ros.core.images import PICTURE_SUFFIXES
from blendfer_ros.msg import Emotion
from blendfer_ros.nodes.monitor_view import STATE_NAMES
from blendfer_ros.nodes.process import begin, until_shut_down
from blendfer_ros.nodes.qos import RELIABLE
from blendfer_ros.nodes.transport import large_image_environment
from blendfer_ros.perception.face_landmarker import FaceLandmarker
from blendfer_ros.perception.video import is_camera, open_source

CLIP = 'data/clips/woman_sad_to_happy.mp4'
RECORDING = 'sad_to_happy'
START_TIMEOUT_S = 60.0
END_TIMEOUT_S = 10.0


class EmotionWatcher(Node):
    """Counts what `emotion` says and prints each change."""

    def __init__(self) -> None:
        super().__init__('demo_watcher')
        self.counts: collections.Counter[str] = collections.Counter()
        self.heard = False
        self.started_s: float | None = None
        self._last: tuple[int, str, str] | None = None
        self.create_subscription(Emotion, 'emotion', self._on_emotion, RELIABLE)

    def _on_emotion(self, message: Emotion) -> None:
        self.heard = True
        # Counting starts with the first image, not while the nodes are still loading.
        if self.started_s is None:
            if message.state == Emotion.STALE:
                return
            self.started_s = time.monotonic()
        self.counts[message.emotion] += 1
        current = (message.state, message.face_id, message.emotion)
        if current != self._last:
            self._last = current
            self._show(message)

    def _show(self, message: Emotion) -> None:
        assert self.started_s is not None
        bar = '█' * round(20 * message.confidence)
        what = message.emotion if message.state == Emotion.TRACKING else f'({STATE_NAMES[message.state]})'
        elapsed_s = time.monotonic() - self.started_s
        print(
            f'{elapsed_s:6.1f} s  {what:<11} {message.face_id:<8} {message.confidence:4.0%} {bar}',
            flush=True,
        )

    def summary(self) -> str:
        """The demo's last line."""
        elapsed_s = time.monotonic() - self.started_s if self.started_s is not None else 0.0
        return (
            f'demo: {self.counts.total()} emotion messages in {elapsed_s:.1f} s: '
            f'happy {self.counts[HAPPY]}, sad {self.counts[SAD]}, unknown {self.counts[UNKNOWN]}'
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo; exit code 0 when emotions were seen."""
    parser = argparse.ArgumentParser(prog='demo', description=__doc__)
    parser.add_argument('--source', default='', help='camera index, video file or folder of pictures (default: a clip)')
    parser.add_argument(
        '--out', type=Path, metavar='DIR', help='leave the annotated video and a page with the timeline in this folder'
    )
    arguments = parser.parse_args(argv)
    try:
        shown, nodes, source = _commands(arguments.source)
    except BlendferError as error:
        print(f'demo: {error}', file=sys.stderr)
        return 1
    os.environ.update(large_image_environment())
    if not begin():
        return 0
    watcher = EmotionWatcher()
    with _running(nodes) as processes, until_shut_down():
        # The source starts when the classifier is heard, so that nothing of a short clip is missed.
        if _spin_while(lambda: not watcher.heard and _alive(processes), watcher, START_TIMEOUT_S):
            processes.append(subprocess.Popen(source))
            _spin_while(lambda: watcher.started_s is None and _alive(processes), watcher, START_TIMEOUT_S)
            _spin_while(lambda: watcher.started_s is not None and _alive(processes), watcher)
    print(watcher.summary())
    seen = watcher.counts.total() > 0
    rclpy.try_shutdown()
    if not seen:
        print('demo: no emotion arrived; the nodes say why above', file=sys.stderr)
        return 1
    return _leave(shown, arguments.out) if arguments.out else 0


def _leave(shown: str, folder: Path) -> int:
    """Write what was shown, annotated, by the command that needs no ROS; its exit code."""
    if is_camera(shown):
        print(f'demo: for a video of a camera, blendfer show {shown} --out film.mp4')
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    outputs = ['--out', str(folder / 'annotated.mp4')]
    if not Path(shown).is_dir() and Path(shown).suffix.lower() not in PICTURE_SUFFIXES:
        outputs += ['--html', str(folder / 'timeline.html')]
    print(f'demo: blendfer show {shown} {" ".join(outputs)}', flush=True)
    return subprocess.run([_executable('blendfer'), 'show', shown, *outputs], check=False).returncode


def _spin_while(condition: Callable[[], bool], node: Node, timeout_s: float = float('inf')) -> bool:
    """Handle messages while `condition` holds; False when that lasted `timeout_s`."""
    give_up_s = time.monotonic() + timeout_s
    while condition():
        if time.monotonic() > give_up_s:
            return False
        rclpy.spin_once(node, timeout_sec=0.1)
    return True


def _alive(processes: list[subprocess.Popen[bytes]]) -> bool:
    return all(process.poll() is None for process in processes)


def _commands(source: str) -> tuple[str, list[list[str]], list[str]]:
    """What is shown, the nodes to run, and the source whose end ends the demo; tells the user what they will see.

    Raises:
        SourceError: `source` cannot be opened. AssetError: it cannot be looked at.
    """
    if source:
        open_source(source).close()
    common = [
        _command('emotion_classifier_node'),
        # So lively only for a short clip; a robot that comments every smile is a nuisance.
        _command('dialogue_bridge_node', adapter='topic', min_interval_s=2.0),
        [sys.executable, str(Path(get_package_share_directory('blendfer_ros'), 'examples', 'dialogue_manager.py'))],
    ]
    clip = source or str(assets.find_asset(CLIP) or '')
    try:
        bundle = assets.find_bundle()
        FaceLandmarker(bundle).close()
        reason = f'there is no clip {Path(CLIP).name}: name a video or camera with SOURCE=…' if not clip else ''
    except AssetError as error:
        if source:
            raise
        reason = str(error)
    if reason:
        print(f'demo: {reason}.\ndemo: replaying the shipped blendshape recording {RECORDING!r} instead.', flush=True)
        return RECORDING, common, _command('replay_node', bag=RECORDING, wait_for_subscribers=1)
    print(f'demo: {clip} → FaceLandmarker → LSTM → /emotion → dialogue manager; Ctrl-C ends it.', flush=True)
    nodes = [*common, _command('face_landmarker_node', bundle=bundle)]
    return clip, nodes, _command('video_source_node', source=f'"{clip}"', wait_for_subscribers=1)


def _command(executable: str, **parameters: object) -> list[str]:
    settings = [word for name, value in parameters.items() for word in ('-p', f'{name}:={value}')]
    return [_executable(executable), '--ros-args', '--log-level', 'warn', *settings]


def _executable(name: str) -> str:
    return str(Path(get_package_prefix('blendfer_ros'), 'lib', 'blendfer_ros', name))


@contextlib.contextmanager
def _running(commands: list[list[str]]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Each command as a process of its own; all are gone when the block is left."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        processes.extend(subprocess.Popen(command) for command in commands)
        yield processes
    finally:
        for process in processes:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in processes:
            try:
                process.wait(END_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()


if __name__ == '__main__':
    sys.exit(main())
