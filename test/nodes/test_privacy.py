"""Pictures of people stay where they are: what is published, written and connected while a clip of a face plays."""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header
from support.ros_process import NodeProcess, Peer, executable

from blendfer_ros.core.face import FaceFrame
from blendfer_ros.msg import EmotionArray
from blendfer_ros.nodes.annotations import AnnotationPublisher
from blendfer_ros.nodes.qos import RELIABLE

N_IMAGES = 60
NAMESPACE = 'private'
PICTURE_TYPES = {'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'}
NODES = ('emotion_pipeline', 'dialogue_bridge_node', 'video_source_node')
# What pictures begin with.
MAGIC = (b'\xff\xd8\xff', b'\x89PNG', b'RIFF', b'BM6', b'GIF8')
TRACED = 'openat,open,creat,connect,sendto,sendmsg,sendmmsg,rename,renameat,renameat2,mkdir,mkdirat'


def can_trace() -> bool:
    if shutil.which('strace') is None:
        return False
    return subprocess.run(['strace', '-o', '/dev/null', 'true'], capture_output=True, check=False).returncode == 0


class Watched:
    """The nodes at work in folders of their own. traces: what `strace` saw of each, where there is one."""

    def __init__(self, folder: Path, clip: Path) -> None:
        self.folder = folder
        places = {name: folder / name for name in ('HOME', 'TMPDIR', 'XDG_CACHE_HOME', 'ROS_LOG_DIR', 'cwd', 'traces')}
        for place in places.values():
            place.mkdir()
        self.traces = places['traces']
        self._environment = {name: str(places[name]) for name in ('HOME', 'TMPDIR', 'XDG_CACHE_HOME', 'ROS_LOG_DIR')}
        parameters = {'video_source_node': ['-p', f'source:={clip}', '-p', 'loop:=true']}
        before = Path.cwd()
        os.chdir(places['cwd'])
        try:
            self.processes = [self._start(name, parameters.get(name, [])) for name in NODES]
        finally:
            os.chdir(before)

    def _start(self, name: str, parameters: list[str]) -> NodeProcess:
        command = [str(executable(name)), '--ros-args', '-r', f'__ns:=/{NAMESPACE}', *parameters]
        if can_trace():
            trace = ['strace', '-f', '-qq', '--seccomp-bpf', '-e', f'trace={TRACED}', '-o', str(self.traces / name)]
            command = [*trace, *command]
        environment = {**self._environment, 'PYTHONDONTWRITEBYTECODE': '1'}
        return NodeProcess(command, environment, own_group=True)

    def pids(self) -> set[int]:
        """Of all processes of the nodes."""
        found = {process.process.pid for process in self.processes}
        parents = {
            int(path.parent.name): int(re.findall(r'^PPid:\s+(\d+)', path.read_text(), re.MULTILINE)[0])
            for path in Path('/proc').glob('[0-9]*/status')
            if path.exists()
        }
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return found

    def written(self) -> list[Path]:
        """Files in all folders that are theirs, but for what watches them."""
        return [path for path in self.folder.rglob('*') if path.is_file() and self.traces not in path.parents]


@pytest.fixture(scope='module')
def watched(bundle: Path, clips: Path, peer: Peer, tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """What could be seen while a face was read for a while, and after the nodes had ended."""
    watched = Watched(tmp_path_factory.mktemp('watched'), clips / 'neutral_to_happy.mp4')
    emotions = peer.collect(EmotionArray, f'{NAMESPACE}/emotions', RELIABLE)
    try:
        peer.spin_until(lambda: sum(bool(message.emotions) for message in emotions) >= N_IMAGES, 180.0)
        seen = SimpleNamespace(
            topics=dict(peer.node.get_topic_names_and_types()),
            pids=(pids := watched.pids()),
            peers=tcp_peers(pids),
            open_files=[link for pid in pids for link in open_files(pid)],
        )
    finally:
        codes = [process.end() for process in watched.processes]
    assert all(code == 0 for code in codes), [process.lines for process in watched.processes]
    seen.written = watched.written()
    seen.traces = watched.traces
    seen.folder = watched.folder
    return seen


def open_files(pid: int) -> list[str]:
    """What a process holds open for writing."""
    found = []
    for info in Path(f'/proc/{pid}/fdinfo').glob('*'):
        try:
            flags = int(re.findall(r'^flags:\s+(\d+)', info.read_text(), re.MULTILINE)[0], 8)
            if flags & (os.O_WRONLY | os.O_RDWR):
                found.append(str(Path(f'/proc/{pid}/fd/{info.name}').readlink()))
        except OSError:
            continue
    return found


def tcp_peers(pids: set[int]) -> set[str]:
    """The addresses at the other end of the processes' TCP connections."""
    sockets = set()
    for pid in pids:
        for link in Path(f'/proc/{pid}/fd').glob('*'):
            sockets |= set(re.findall(r'socket:\[(\d+)\]', str(link.readlink()) if link.is_symlink() else ''))
    rows = [line.split() for name in ('tcp', 'tcp6') for line in Path('/proc/net', name).read_text().splitlines()[1:]]
    return {row[2].partition(':')[0] for row in rows if row[9] in sockets and int(row[2].partition(':')[0], 16)}


def own_addresses() -> set[str]:
    """Of this machine, from the kernel's routes."""
    lines = Path('/proc/net/fib_trie').read_text().splitlines()
    return {before.split()[-1] for before, line in pairwise(lines) if 'host LOCAL' in line}


def test_pictures_are_on_no_topic_but_those_that_are_made_for_them(watched: SimpleNamespace) -> None:
    shown = {name for name, kinds in watched.topics.items() if PICTURE_TYPES & set(kinds) and NAMESPACE in name}
    assert shown == {f'/{NAMESPACE}/{name}' for name in ('image', 'annotated', 'annotated/compressed')}


def test_nothing_is_drawn_or_published_while_nobody_looks() -> None:
    published: list[object] = []
    publisher = SimpleNamespace(get_subscription_count=lambda: 0, publish=published.append)
    node = SimpleNamespace(create_lifecycle_publisher=lambda kind, *_: publisher)
    annotations = AnnotationPublisher(node)
    header = Header(frame_id='camera')
    annotations.publish(np.zeros((4, 4, 3), np.uint8), FaceFrame(0, 4, 4, ()), header)
    assert not published
    publisher.get_subscription_count = lambda: 1
    node.create_subscription = lambda *_: None
    annotations.publish(np.zeros((4, 4, 3), np.uint8), FaceFrame(0, 4, 4, ()), header)
    assert [type(message) for message in published] == [Image, CompressedImage]


def test_no_file_is_written_but_a_log_without_pictures(watched: SimpleNamespace) -> None:
    for path in watched.written:
        content = path.read_bytes()
        if path.parent.name == 'matplotlib':
            # MediaPipe imports it, and it notes which fonts there are.
            continue
        assert path.parent.name == 'ROS_LOG_DIR', path
        assert path.suffix == '.log', path
        assert not any(magic in content for magic in MAGIC), path
        assert len(content) < 100_000, path


def test_no_file_is_held_open_for_writing_but_logs_and_what_dds_shares(watched: SimpleNamespace) -> None:
    held = {link for link in watched.open_files if link.startswith('/') and not link.startswith(('/dev/', '/proc/'))}
    assert all(str(watched.folder) in link for link in held), held
    shared = {Path(link).name for link in watched.open_files if link.startswith('/dev/shm/')}
    assert all(name.startswith(('fastrtps_', 'fastdds_', 'sem.fastrtps_', 'sem.fastdds_')) for name in shared), shared


def test_nobody_but_this_machine_is_connected_to(watched: SimpleNamespace) -> None:
    assert watched.peers == set()


def traced_lines(watched: SimpleNamespace) -> list[str]:
    if not can_trace():
        pytest.skip('needs strace, and leave to trace: apt install strace')
    lines = [line for name in NODES for line in (watched.traces / name).read_text(errors='replace').splitlines()]
    assert len(lines) > 1000
    return lines


def test_no_file_was_ever_opened_for_writing_elsewhere(watched: SimpleNamespace) -> None:
    opened = set()
    for line in traced_lines(watched):
        if ' = -1 ' in line or not re.search(r'O_WRONLY|O_RDWR|O_CREAT|creat\(|rename|mkdir', line):
            continue
        opened |= set(re.findall(r'"([^"]*)"', line))
    # Semaphores are made under another name first, by the C library.
    shared = re.compile(r'/dev/shm/(sem\.)?(fastrtps_|fastdds_|\w{6}$)')
    allowed = (str(watched.folder), '/dev/null', '/dev/tty', '/proc/')
    assert {path for path in opened if not path.startswith(allowed) and not shared.match(path)} == set()


def test_nothing_was_ever_sent_beyond_this_machine_but_the_search_for_ros_peers(watched: SimpleNamespace) -> None:
    addresses = {address for line in traced_lines(watched) for address in re.findall(r'inet_addr\("([0-9.]+)"\)', line)}
    # Participants find each other by multicast within the site: https://www.omg.org/spec/DDSI-RTPS.
    beyond = {each for each in addresses - own_addresses() if not ipaddress.ip_address(each).is_loopback}
    assert beyond <= {'239.255.0.1'}, beyond
    names = {name for line in traced_lines(watched) for name in re.findall(r'sin_port=htons\(53\)', line)}
    assert not names, 'a name was looked up'
