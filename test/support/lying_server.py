"""A server that does not keep to HTTP."""

from __future__ import annotations

import socket
import threading


class LyingServer:
    """A server that takes what is sent to it and answers with bytes of its own making, piece by piece."""

    def __init__(self, port: int, beginning: bytes, again: bytes = b'', every_s: float = 60.0) -> None:
        self._beginning, self._again, self._every_s = beginning, again, every_s
        self._ended = threading.Event()
        self._socket = socket.create_server(('127.0.0.1', port))
        self.url = f'http://127.0.0.1:{self._socket.getsockname()[1]}/'
        self.n = 0
        self._threads = [threading.Thread(target=self._listen)]
        self._threads[0].start()

    def _listen(self) -> None:
        self._socket.settimeout(0.1)
        while not self._ended.is_set():
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            self.n += 1
            self._threads.append(threading.Thread(target=self._answer, args=[connection]))
            self._threads[-1].start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            try:
                connection.sendall(self._beginning)
                while not self._ended.wait(self._every_s):
                    connection.sendall(self._again)
            except OSError:
                # Whoever asked has had enough.
                return

    def close(self) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(10.0)
        self._socket.close()
