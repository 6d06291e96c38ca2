"""The monitor as a process: to a pipe line by line, to a terminal in place."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from collections.abc import Callable

from support.ros_process import NodeProcess, Peer, executable
from support.shown_faces import sad_face, shown

from blendfer_ros.nodes.emotion_monitor import ENTER_SCREEN, LEAVE_SCREEN, TO_TOP


def test_to_a_pipe_it_writes_a_line_for_each_change(peer: Peer, start: Callable[..., NodeProcess]) -> None:
    monitor = start('emotion_monitor', namespace='piped')
    assert 'is emotion_classifier_node running?' in monitor.wait_for_line('no /piped/emotion yet')
    start('emotion_classifier_node', namespace='piped').wait_for_line('model blendfer')
    monitor.wait_for_line('no images')
    with shown(peer, 'piped', [sad_face()]):
        # The lines come from a thread of their own while the peer shows the face.
        peer.spin_until(lambda: monitor.has_line(f'tracking: {sad_face().face_id} sad'))
    monitor.wait_for_line('no images')
    assert all('\x1b' not in line for line in monitor.lines)
    assert len(monitor.lines) < 20


def test_to_a_terminal_it_writes_in_place_and_leaves_it_clean(start: Callable[..., NodeProcess]) -> None:
    start('emotion_classifier_node', namespace='shown').wait_for_line('model blendfer')
    ours, theirs = pty.openpty()
    command = [str(executable('emotion_monitor')), '--ros-args', '-r', '__ns:=/shown']
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    try:
        shown_text = read_until(ours, '/shown/emotion  no images')
        # And once more in the same place.
        shown_text += read_until(ours, '/shown/emotion  no images')
        process.send_signal(signal.SIGINT)
        shown_text += read_until(ours, LEAVE_SCREEN)
        assert process.wait(60.0) == 0
    finally:
        process.kill()
        os.close(ours)
    assert shown_text.startswith(ENTER_SCREEN)
    assert shown_text.count(TO_TOP) > 1
    assert shown_text.endswith(LEAVE_SCREEN)
    assert 'Traceback' not in shown_text


def test_it_ends_when_nobody_reads_any_more(start: Callable[..., NodeProcess]) -> None:
    command = [str(executable('emotion_monitor')), '--ros-args', '-r', '__ns:=/unread']
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        assert 'no /unread/emotion yet' in process.stdout.readline()
        process.stdout.close()
        start('emotion_classifier_node', namespace='unread')
        assert process.wait(60.0) == 0
        assert process.stderr.read() == ''
    finally:
        process.kill()
        process.stderr.close()


def read_until(terminal: int, text: str) -> str:
    """What a terminal was sent up to and with `text`."""
    got = ''
    while text not in got:
        got += os.read(terminal, 65536).decode(errors='replace')
    return got
