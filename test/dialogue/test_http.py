"""A dialogue server that is slow, dead, back again, or refuses: the newest event arrives, and nobody waits."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.dialogue_server import TIMEOUT_S, DialogueServer
from support.file_server import Answer, FileServer, drip, whole
from support.lying_server import LyingServer

from blendfer_ros.core.errors import ParameterError
from blendfer_ros.dialogue.events import EMOTION_CHANGED, DialogueEvent
from blendfer_ros.dialogue.http_sender import HttpOptions, HttpSender
from blendfer_ros.dialogue.wording import as_json


def event(number: int) -> DialogueEvent:
    return DialogueEvent(EMOTION_CHANGED, f'face_{number}', 'sad', 'happy', 0.5, number, number)


def numbers(bodies: list[Any]) -> list[int]:
    return [int(body['face_id'].removeprefix('face_')) for body in bodies]


class Log:
    """What the sender says, to be waited for."""

    def __init__(self) -> None:
        self.lines: queue.Queue[str] = queue.Queue()
        self.warn = lambda text: self.lines.put(f'warn: {text}')
        self.inform = lambda text: self.lines.put(f'info: {text}')

    def next(self) -> str:
        return self.lines.get(timeout=TIMEOUT_S)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def server() -> Iterator[DialogueServer]:
    server = DialogueServer()
    yield server
    server.close()


@pytest.fixture
def make_sender(log: Log) -> Iterator[Callable[..., HttpSender]]:
    senders: list[HttpSender] = []

    def make(url: str, **options: Any) -> HttpSender:
        settings = {'timeout_s': TIMEOUT_S, 'backoff_s': 0.01, **options}
        senders.append(HttpSender(HttpOptions(url, **settings), as_json, log.warn, log.inform))
        return senders[-1]

    yield make
    for sender in senders:
        sender.close()


def test_each_event_arrives_at_the_path_of_the_url(server: DialogueServer, make_sender: Callable) -> None:
    sender = make_sender(server.url)
    for number in (1, 2):
        sender.send(event(number))
        server.wait_for(number)
    assert numbers(server.bodies) == [1, 2]
    assert server.paths == ['/events?token=1'] * 2


def test_while_a_slow_server_thinks_nobody_waits_and_the_newest_wins(
    server: DialogueServer, make_sender: Callable
) -> None:
    sender = make_sender(server.url)
    server.hold()
    sender.send(event(1))
    server.wait_for(1)
    # The server answers nothing, so each of these would block for ever if `send` waited for it.
    for number in range(2, 100):
        sender.send(event(number))
    server.release()
    assert numbers(server.wait_for(2)) == [1, 99]


def test_an_event_is_sent_again_after_an_error_of_the_server(
    server: DialogueServer, make_sender: Callable, log: Log
) -> None:
    server.answer_with(500, 503, 429)
    sender = make_sender(server.url, retries=3)
    sender.send(event(1))
    assert numbers(server.wait_for(4)) == [1, 1, 1, 1]
    sender.send(event(2))
    assert numbers(server.wait_for(5)) == [1, 1, 1, 1, 2]
    assert log.lines.empty()


def test_a_request_that_the_server_refuses_is_not_repeated(
    server: DialogueServer, make_sender: Callable, log: Log
) -> None:
    server.answer_with(404)
    sender = make_sender(server.url, retries=3)
    sender.send(event(1))
    assert log.next() == f'warn: {server.url} answered 404 Not Found: events are lost until it answers'
    sender.send(event(2))
    assert numbers(server.wait_for(2)) == [1, 2]


def test_a_server_that_does_not_answer_in_time_is_tried_again(
    server: DialogueServer, make_sender: Callable, log: Log
) -> None:
    server.hold()
    sender = make_sender(server.url, timeout_s=0.1, retries=2)
    sender.send(event(1))
    assert numbers(server.wait_for(3)) == [1, 1, 1]
    assert 'cannot be reached (timed out)' in log.next()


@pytest.mark.parametrize('beginning', [b'', b'HTTP/1.1 200 OK\r\n'])
def test_a_server_that_sends_a_little_now_and_then_is_given_up(
    beginning: bytes, make_sender: Callable, log: Log
) -> None:
    dripping = LyingServer(0, beginning, b'X: y\r\n' if beginning else b'H', 0.02)
    try:
        make_sender(dripping.url, timeout_s=0.5, retries=0).send(event(1))
        assert 'cannot be reached (timed out)' in log.next()
    finally:
        dripping.close()


def test_an_outage_is_warned_of_once_and_its_end_is_told(
    server: DialogueServer, make_sender: Callable, log: Log
) -> None:
    server.answer_with(500, 500, 500)
    sender = make_sender(server.url, retries=0)
    for number in range(1, 5):
        sender.send(event(number))
        server.wait_for(number)
    assert 'answered 500' in log.next()
    assert log.next() == f'info: {server.url} answers again'


def test_a_dead_server_gets_events_once_it_is_back(make_sender: Callable, log: Log) -> None:
    gone = DialogueServer()
    gone.close()
    sender = make_sender(gone.url, retries=0)
    sender.send(event(1))
    assert 'Connection refused' in log.next()
    back = DialogueServer(gone.port)
    try:
        sender.send(event(2))
        assert numbers(back.wait_for(1)) == [2]
        assert log.next() == f'info: {gone.url} answers again'
    finally:
        back.close()


def test_an_event_that_is_tried_again_gives_way_to_a_newer_one(
    server: DialogueServer, make_sender: Callable, log: Log
) -> None:
    server.answer_with(500)
    sender = make_sender(server.url, retries=20, backoff_s=TIMEOUT_S)
    sender.send(event(1))
    server.wait_for(1)
    sender.send(event(2))
    assert numbers(server.wait_for(2)) == [1, 2]
    assert 'answered 500' in log.next()


def test_closed_it_sends_nothing_more_and_says_nothing(server: DialogueServer, make_sender: Callable, log: Log) -> None:
    sender = make_sender(server.url)
    server.hold()
    server.answer_with(404)
    sender.send(event(1))
    server.wait_for(1)
    sender.send(event(2))
    sender.close()
    server.release()
    # Another sender, whose event the server gets after whatever the first one would have sent.
    make_sender(server.url).send(event(3))
    assert numbers(server.wait_for(2)) == [1, 3]
    assert log.lines.empty()


@pytest.fixture
def hostile() -> Iterator[Callable[[Answer], FileServer]]:
    """Makes servers that answer as they are told."""
    servers: list[FileServer] = []

    def make(answer: Answer) -> FileServer:
        servers.append(FileServer(answer))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


@pytest.mark.parametrize(
    'answer',
    [
        drip(b'', b'H', 0.02),
        drip(b'HTTP/1.1 200 OK\r\n', b'x', 0.02),
        drip(b'', b'HTTP/1.1 100 Continue\r\n\r\n', 0.0),
        drip(b'', b'HTTP/1.1 100 Continue\r\n\r\n', 0.02),
    ],
    ids=['status', 'header', 'endless promises', 'slow promises'],
)
def test_a_server_that_never_comes_to_the_point_is_given_up(
    answer: Answer, hostile: Callable, make_sender: Callable, log: Log
) -> None:
    server = hostile(answer)
    make_sender(server.url, timeout_s=0.5, retries=0).send(event(1))
    assert log.next() == f'warn: {server.url} cannot be reached (timed out): events are lost until it answers'


def test_of_a_body_without_end_nothing_is_read(hostile: Callable, make_sender: Callable, log: Log) -> None:
    endless = drip(b'HTTP/1.1 200 OK\r\n\r\n', b'x' * 2**16, 0.0)
    server = hostile(endless)
    sender = make_sender(server.url, retries=0)
    sender.send(event(1))
    # It is asked again only when the first answer was dealt with.
    sender.send(event(2))
    deadline_s = time.monotonic() + TIMEOUT_S
    while server.n_requests < 2 and time.monotonic() < deadline_s:
        sender.send(event(3))
        threading.Event().wait(0.02)
    assert server.n_requests >= 2
    assert log.lines.empty()


@pytest.mark.parametrize('status', [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int, hostile: Callable, make_sender: Callable, log: Log) -> None:
    other = hostile(whole(b''))
    server = hostile(f'HTTP/1.1 {status} Elsewhere\r\nLocation: {other.url}\r\n\r\n'.encode())
    make_sender(server.url, retries=3).send(event(1))
    assert log.next() == f'warn: {server.url} answered {status} Elsewhere: events are lost until it answers'
    assert (server.n_requests, other.n_requests) == (1, 0)


@pytest.mark.parametrize(
    'answer',
    [b'HTTP/1.1 500 \x1b[2J\x1b]0;x\x07\r\n\r\n', b'\x1b[2J' * 1000, b'HTTP/1.1 404 ' + b'x' * 60_000 + b'\r\n\r\n'],
)
def test_what_a_server_says_is_told_in_one_short_line_without_control_characters(
    answer: bytes, hostile: Callable, make_sender: Callable, log: Log
) -> None:
    make_sender(hostile(answer).url, retries=0).send(event(1))
    line = log.next()
    assert line.isprintable()
    assert len(line) < 400


@pytest.mark.parametrize(
    'url',
    [
        '',
        'localhost:5005',
        'ftp://localhost/x',
        'http://',
        'http://host:99999/',
        'http://host:x/',
        'http://a..b/',
        'http://host/a b',
        'http://host/é',
        'http://host/\n',
        'http://[::1',
    ],
)
def test_a_malformed_url_is_refused(url: str) -> None:
    with pytest.raises(ParameterError, match=r'http_url is .*, expected something like http://localhost:5005/path'):
        HttpOptions(url)


@pytest.mark.parametrize(
    'url', ['http://localhost', 'https://host.example/hook?x=1', 'http://[::1]:8080/', 'http://h:1']
)
def test_a_whole_url_is_taken(url: str) -> None:
    assert HttpOptions(url).url == url
