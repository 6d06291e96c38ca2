"""A real server that answers with given bytes, whole or in drips without end, whatever it is asked."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

TIMEOUT_S = 60.0

Answer = bytes | Callable[[], Iterator[tuple[bytes, float]]]


def whole(body: bytes) -> bytes:
    """A sound answer."""
    return b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % len(body) + body


def drip(head: bytes, drop: bytes, pause_s: float) -> Answer:
    """An answer that begins well and never ends."""

    def parts() -> Iterator[tuple[bytes, float]]:
        yield head, 0.0
        yield from itertools.repeat((drop, pause_s))

    return parts


class FileServer:
    """Takes one connection after the other until it is closed."""

    def __init__(self, answer: Answer) -> None:
        self.n_requests = 0
        self._answer = answer
        self._closing = threading.Event()
        self._listener = socket.create_server(('127.0.0.1', 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def url(self) -> str:
        return f'http://127.0.0.1:{self._listener.getsockname()[1]}/file'

    def close(self) -> None:
        """May be called twice."""
        self._closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(TIMEOUT_S)
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        while not self._closing.is_set():
            with suppress(OSError):
                connection, _ = self._listener.accept()
                with connection:
                    connection.settimeout(TIMEOUT_S)
                    connection.recv(65536)
                    self.n_requests += 1
                    self._reply(connection)

    def _reply(self, connection: socket.socket) -> None:
        if isinstance(self._answer, bytes):
            connection.sendall(self._answer)
            return
        for part, pause_s in self._answer():
            if self._closing.wait(pause_s) if pause_s else self._closing.is_set():
                return
            connection.sendall(part)
