"""Events to a dialogue server, POSTed from a thread of its own, so that a dead or slow server delays nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from socket import SHUT_RDWR
from typing import Final
from urllib.parse import SplitResult, urlsplit

from blendfer_ros.core.errors import ParameterError
from blendfer_ros.core.options import option
from blendfer_ros.dialogue.events import DialogueEvent
from blendfer_ros.dialogue.wording import BodyWriter

CONNECTIONS: Final = {'http': HTTPConnection, 'https': HTTPSConnection}
TOO_MANY_REQUESTS: Final = 429
SERVER_ERRORS: Final = 500


@dataclass(frozen=True)
class HttpOptions:
    """Where events go, and how hard is tried; an event that a newer one overtakes is not sent again."""

    url: str
    timeout_s: float = option(2.0, 'longest wait for the server', 's', 0.1, 60.0)
    retries: int = option(3, 'how often an event is sent again', '', 0, 20)
    backoff_s: float = option(0.5, 'wait before that, doubled each time', 's', 0.01, 60.0)

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            # A name that no look-up would take is refused now, not at the first event.
            is_whole = parts.scheme in CONNECTIONS and bool((parts.hostname or '').encode('idna')) and parts.port != 0
        except ValueError:
            is_whole = False
        if not is_whole or not self.url.isascii() or not self.url.isprintable() or ' ' in self.url:
            raise ParameterError(f'http_url is {self.url!r}, expected something like http://localhost:5005/path')


class HttpSender:
    """Sends the newest event; one that a newer one overtakes while it waits, or is tried again, is dropped."""

    def __init__(
        self, options: HttpOptions, write: BodyWriter, warn: Callable[[str], None], inform: Callable[[str], None]
    ) -> None:
        self._options = options
        self._url = urlsplit(options.url)
        self._write = write
        self._warn = warn
        self._inform = inform
        # Why the last event did not arrive; empty when it did.
        self.problem = ''
        self._newest: DialogueEvent | None = None
        self._is_closed = False
        self._changed = threading.Condition()
        # A daemon, for a server that does not answer must not keep the process from ending.
        threading.Thread(target=self._work, name='dialogue server', daemon=True).start()

    def send(self, event: DialogueEvent) -> None:
        """Send an event as soon as the one on its way has arrived or failed."""
        with self._changed:
            self._newest = event
            self._changed.notify()

    def close(self) -> None:
        """Send nothing more; waits for nothing, and what is said of a request still on its way is not told."""
        with self._changed:
            self._is_closed = True
            self._newest = None
            self._changed.notify()

    def _work(self) -> None:
        while (event := self._next()) is not None:
            problem = self._deliver(self._write(event).encode())
            if not self._is_closed:
                self._tell(problem)

    def _next(self) -> DialogueEvent | None:
        """The newest event once there is one; None when closed."""
        with self._changed:
            self._changed.wait_for(self._is_overtaken)
            event, self._newest = self._newest, None
            return event

    def _is_overtaken(self) -> bool:
        return self._newest is not None or self._is_closed

    def _deliver(self, body: bytes) -> str:
        """Send a body, again where that may help; why it did not arrive, or nothing when it did."""
        wait_s = self._options.backoff_s
        for left in range(self._options.retries, -1, -1):
            problem, may_pass = _post(self._url, body, self._options.timeout_s)
            if not problem or not may_pass or not left:
                break
            with self._changed:
                if self._changed.wait_for(self._is_overtaken, wait_s):
                    break
            wait_s *= 2.0
        return problem

    def _tell(self, problem: str) -> None:
        """Warn when an outage begins, not at each event of it."""
        before, self.problem = self.problem, f'{self._options.url} {problem}' if problem else ''
        if problem and not before:
            self._warn(f'{self.problem}: events are lost until it answers')
        elif before and not problem:
            self._inform(f'{self._options.url} answers again')


def _post(url: SplitResult, body: bytes, timeout_s: float) -> tuple[str, bool]:
    """What went wrong, empty when nothing did, and whether it may go right another time.

    The connection's own time-out begins anew with each byte, so a server that sends one now and then would keep it for
    ever; hence another for all of them.
    """
    assert url.hostname is not None
    target = (url.path or '/') + (f'?{url.query}' if url.query else '')
    connection = CONNECTIONS[url.scheme](url.hostname, url.port, timeout=timeout_s)
    is_overdue = threading.Event()

    def hang_up() -> None:
        is_overdue.set()
        if connection.sock is not None:
            # It may have ended by itself just now.
            with suppress(OSError):
                connection.sock.shutdown(SHUT_RDWR)

    overdue = threading.Timer(timeout_s, hang_up)
    overdue.daemon = True
    overdue.start()
    try:
        connection.request('POST', target, body, {'Content-Type': 'application/json'})
        answer = connection.getresponse()
    except (OSError, HTTPException) as error:
        cause = 'timed out' if is_overdue.is_set() else str(error) or type(error).__name__
        return f'cannot be reached ({cause})', True
    finally:
        overdue.cancel()
        connection.close()
    if is_overdue.is_set():
        # Python takes the end of the connection for that of the headers.
        return 'cannot be reached (timed out)', True
    is_taken = 200 <= answer.status < 300
    may_pass = answer.status == TOO_MANY_REQUESTS or answer.status >= SERVER_ERRORS
    return '' if is_taken else f'answered {answer.status} {answer.reason}', may_pass
