"""A real HTTP server that answers as it is told, or not at all."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TIMEOUT_S = 60.0


class DialogueServer:
    """Keeps what is POSTed to it. While `hold()` lasts it takes requests and answers none."""

    def __init__(self, port: int = 0) -> None:
        self.bodies: list[Any] = []
        self.paths: list[str] = []
        self.statuses: list[int] = []
        self._arrived = threading.Condition()
        self._may_answer = threading.Event()
        self._may_answer.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
                assert self.headers['Content-Type'] == 'application/json'
                status = outer.take(self.path, body)
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(('127.0.0.1', port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={'poll_interval': 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        return f'http://127.0.0.1:{self.port}/events?token=1'

    def answer_with(self, *statuses: int) -> None:
        """The next answers; 200 after them."""
        self.statuses = list(statuses)

    def hold(self) -> None:
        self._may_answer.clear()

    def release(self) -> None:
        self._may_answer.set()

    def take(self, path: str, body: Any) -> int:
        with self._arrived:
            self.paths.append(path)
            self.bodies.append(body)
            status = self.statuses.pop(0) if self.statuses else 200
            self._arrived.notify_all()
        self._may_answer.wait(TIMEOUT_S)
        return status

    def wait_for(self, count: int) -> list[Any]:
        """The bodies, once there are so many."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.bodies) >= count, TIMEOUT_S)
            return list(self.bodies)

    def close(self) -> None:
        self.release()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
