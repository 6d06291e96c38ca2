"""Entries for what a dialogue server answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from fuzz.harness import Harness, Run, check_sentence

from blendfer_ros.dialogue.http_sender import _post

TIMEOUT_S = 2.0


def http_answer(_: Path) -> Run:
    """A server that answers each request with the bytes at hand, and hangs up."""
    listener = socket.create_server(('127.0.0.1', 0), backlog=64)
    url = urlsplit(f'http://127.0.0.1:{listener.getsockname()[1]}/')
    answer = [b'']

    def serve() -> None:
        while True:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.recv(65536)
                connection.sendall(answer[0])

    threading.Thread(target=serve, daemon=True).start()

    def run(data: bytes) -> None:
        answer[0] = data
        problem, _ = _post(url, b'{}', TIMEOUT_S)
        if problem:
            check_sentence(problem)

    return run


def answers() -> Sequence[bytes]:
    return [
        b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
        b'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n\r\n',
        b'HTTP/1.1 100 Continue\r\n\r\n' * 20 + b'HTTP/1.1 500 \x1b[2J\r\n\r\n',
        b'HTTP/1.1 503 ' + b'x' * 2000 + b'\r\n\r\n',
        b'HTTP/1.0 200\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n',
        b'\x1b[2J not HTTP',
    ]


HARNESSES = (Harness('http_answer', 'answers of a dialogue server', http_answer, answers, share=0.5),)
