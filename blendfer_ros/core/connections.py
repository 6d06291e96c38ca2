"""Talking to servers that may be slow, broken or hostile: in bounded time and size, and to nobody else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from email.message import Message
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import IO, Any, Final
from urllib.error import HTTPError
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, Request, build_opener

# For each wait for the server [s].
WAIT_S: Final = 15.0
BLOCK_BYTES: Final = 2**16


@contextmanager
def cut_after(connected: socket.socket, timeout_s: float) -> Iterator[None]:
    """End a connection, whatever it is waiting for, unless the block ends before; what that leads to is a TimeoutError.

    The time-out of a socket is for each of its waits: who sends a byte now and then would be waited for for ever.
    """
    was_cut = threading.Event()

    def cut() -> None:
        was_cut.set()
        with suppress(OSError):
            connected.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(timeout_s, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, HTTPException) as error:
        if was_cut.is_set():
            raise TimeoutError('timed out') from error
        raise
    else:
        # To some readers the end of a connection is that of the headers, or of the body.
        if was_cut.is_set():
            raise TimeoutError('timed out')
    finally:
        timer.cancel()


def download(url: str, target: Path, max_bytes: int, timeout_s: float) -> None:
    """Write what is at `url` to `target`, whose content is for the caller to check.

    Args:
        url: of the file; what it redirects to is not followed.
        target: is written as it comes.
        max_bytes: it may have.
        timeout_s: for all of it, once connected [s].

    Raises:
        OSError: it cannot be had, leads elsewhere, is larger, or takes longer; says which.
    """
    n_bytes = 0
    try:
        with ExitStack() as stack, target.open('wb') as file:
            response = stack.enter_context(_open(url, timeout_s, stack))
            # `read` would wait for a whole block, and there may be a byte now and then.
            while block := response.read1(BLOCK_BYTES):
                n_bytes += len(block)
                if n_bytes > max_bytes:
                    raise OSError(f'it is larger than {max_bytes} bytes')
                file.write(block)
    except HTTPException as error:
        raise OSError(f'the answer cannot be read ({type(error).__name__})') from error


def _open(url: str, timeout_s: float, stack: ExitStack) -> HTTPResponse:
    """By urllib, for its proxies."""
    make = partial(_connection, timeout_s, stack)

    class Plain(HTTPHandler):
        def http_open(self, req: Request) -> HTTPResponse:
            return self.do_open(partial(make, HTTPConnection), req)

    class Encrypted(HTTPSHandler):
        def https_open(self, req: Request) -> HTTPResponse:
            return self.do_open(partial(make, HTTPSConnection), req)

    opened: HTTPResponse = build_opener(Plain, Encrypted, _Unmoved).open(url, timeout=min(WAIT_S, timeout_s))
    return opened


def _connection(timeout_s: float, stack: ExitStack, kind: type[HTTPConnection], host: str, **more: Any) -> Any:
    connection = kind(host, **more)
    connect = connection.connect

    def connect_and_watch() -> None:
        connect()
        stack.enter_context(cut_after(connection.sock, timeout_s))

    connection.connect = connect_and_watch  # type: ignore[method-assign]
    return connection


class _Unmoved(HTTPRedirectHandler):
    """Goes to no other address than the one that was asked for."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, _msg: str, headers: Message, _newurl: str
    ) -> Request | None:
        raise HTTPError(req.full_url, code, 'it leads elsewhere, which is not followed', headers, fp)
