"""Faults of the dialogue server that the bridge tells of emotions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from faults.bench import Bench
from faults.fault import RESTART_S, Arrangement, StreamFault
from support.dialogue_server import DialogueServer
from support.lying_server import LyingServer

BRIDGED: Final = Arrangement(
    'one process, bridge with http',
    {
        'emotion_pipeline': {},
        # Every change is told at once: the clip changes every three seconds.
        'dialogue_bridge_node': {
            'adapter': 'http',
            'stable_s': 0.0,
            'quiet_s': 0.0,
            'min_interval_s': 0.0,
            'http_timeout_s': 0.5,
            'http_retries': 1,
        },
    },
    serves_dialogue=True,
)
# The clip turns happy, or sad, once in this; an event comes of it.
CHANGES_WITHIN_S: Final = 6.0
LASTS_S: Final = 8.0


Inflict = Callable[[Bench], AbstractContextManager[None]]


def replaced(make: Callable[[int], LyingServer | None]) -> Inflict:
    """In place of the server another one on the same port, or none; then the good one is back, and is told again."""

    @contextmanager
    def inflict(bench: Bench) -> Iterator[None]:
        bench.wait_for(lambda: bench.server.bodies, 'an event', 2 * CHANGES_WITHIN_S)
        port = bench.server.port
        bench.server.close()
        liar = make(port)
        yield
        if liar:
            liar.close()
        bench.server = DialogueServer(port)
        bench.wait_for(lambda: bench.server.bodies, 'an event', CHANGES_WITHIN_S + RESTART_S)

    return inflict


@contextmanager
def slow(bench: Bench) -> Iterator[None]:
    bench.wait_for(lambda: bench.server.bodies, 'an event', 2 * CHANGES_WITHIN_S)
    bench.server.hold()
    yield
    before = len(bench.server.bodies)
    bench.server.release()
    bench.wait_for(lambda: len(bench.server.bodies) > before, 'an event', CHANGES_WITHIN_S + RESTART_S)


def lie(beginning: bytes, again: bytes = b'', every_s: float = 60.0) -> Inflict:
    return replaced(lambda port: LyingServer(port, beginning, again, every_s))


def row(name: str, what: str, inflict: Inflict, cause: str) -> StreamFault:
    return StreamFault(
        name=name,
        what=f'the dialogue server {what}',
        arrangement=BRIDGED,
        inflict=inflict,
        lasts_s=LASTS_S,
        cause=cause,
    )


DIALOGUE_FAULTS: Final = (
    row('server-slow', 'takes events and does not answer', slow, r'cannot be reached \(timed out\)'),
    row('server-dead', 'is gone', replaced(lambda _: None), 'cannot be reached.*refused'),
    row('server-fails', 'answers 500', lie(b'HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n'), 'answered 500 Oh'),
    row(
        'server-redirects',
        'sends us elsewhere, to where nobody is told of anybody',
        lie(b'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n'),
        'answered 302 Found',
    ),
    row(
        'server-never-ends',
        'answers 200 and a body without an end',
        lie(b'HTTP/1.1 200 OK\r\n\r\n', b'x' * 65536, 0.01),
        '',
    ),
    row(
        'server-drips',
        'sends a header every 0.3 s, for ever',
        lie(b'HTTP/1.1 200 OK\r\n', b'X: y\r\n', 0.3),
        'timed out',
    ),
    row('server-talks-nonsense', 'does not talk HTTP', lie(b'SSH-2.0-OpenSSH_9.2\r\n'), 'cannot be reached'),
)
