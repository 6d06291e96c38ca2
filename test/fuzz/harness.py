"""What an entry for bytes of others is, and how bytes become the values that a case consists of."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from blendfer_ros.core.errors import BlendferError

T = TypeVar('T')

Run = Callable[[bytes], None]

MIB: Final = 2**20


@dataclass(frozen=True)
class Harness:
    """One entry: bytes in, and nothing but a `BlendferError` may come out.

    prepare: loads what is needed, given a folder of its own, and gives what runs one case.
    seeds: sound input to begin with. share: of all cases, relative to the others.
    max_bytes: of one case. memory_mib: it may take beyond what is taken before the first case.
    case_s: the longest that one case may take. needs_ros: only where rclpy is installed.
    trusted: why native crashes are no findings here; empty where they are.
    """

    name: str
    what: str
    prepare: Callable[[Path], Run]
    seeds: Callable[[], Sequence[bytes]]
    share: float = 1.0
    max_bytes: int = 4096
    memory_mib: int = 1024
    case_s: int = 10
    needs_ros: bool = False
    trusted: str = ''

    def runner(self, folder: Path) -> Run:
        """Runs one case, in which refusals in our own words are as good as success."""
        run = self.prepare(folder)

        def refused_or_done(data: bytes) -> None:
            try:
                run(data)
            except BlendferError as error:
                check_sentence(str(error))

        return refused_or_done


def check_sentence(text: str) -> None:
    """A refusal is one readable line, whatever it is about: it goes to terminals and logs."""
    assert text, 'a refusal says nothing'
    assert len(text) < 4000, f'a refusal of {len(text)} characters'
    assert text.isprintable(), f'a refusal with control characters: {text[:200]!r}'


class Taken:
    """Values taken from bytes one after the other; zeros once they are used up."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_empty(self) -> bool:
        return self._at >= len(self._data)

    def raw(self, n: int) -> bytes:
        found = self._data[self._at : self._at + n]
        self._at += n
        return found.ljust(n, b'\0')

    def number(self, n_bytes: int = 1, *, signed: bool = False) -> int:
        return int.from_bytes(self.raw(n_bytes), 'little', signed=signed)

    def chance(self) -> bool:
        return self.number() % 2 == 1

    def choice(self, options: Sequence[T]) -> T:
        return options[self.number(2) % len(options)]

    def floating(self) -> float:
        """Any 32-bit float; NaN and infinity are."""
        return float(struct.unpack('<f', self.raw(4))[0])

    def text(self) -> str:
        return self.raw(self.number()).decode('utf-8', 'surrogateescape')

    def rest(self) -> bytes:
        found, self._at = self._data[self._at :], len(self._data)
        return found


def file_run(folder: Path, name: str, use: Callable[[Path], Any]) -> Run:
    """Runs cases that are the content of a file."""
    path = folder / name

    def run(data: bytes) -> None:
        path.write_bytes(data)
        use(path)

    return run
