"""Many messages of one type, deserialised together: as rosbags does one by one, in a fraction of the time.

Messages of a topic are mostly laid out alike: the same number of faces, of values and of letters, so that every field
begins at the same byte. Such messages are rows of a table, which numpy reads by columns. The layout is found by reading
one of them; those that differ from it in any length have another. See the OMG's CDR, "plain" and little-endian, which
is what ROS 2 sends (https://www.omg.org/spec/DDSI-RTPS, section 10.2).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from rosbags.interfaces import Nodetype
from rosbags.typesys.store import Typestore

ENCAPSULATION: Final = 'encapsulation'
# Its first two bytes, read as a number of that order.
LITTLE_ENDIAN: Final = 0x0100
# Of the encapsulation, which alignment does not count.
HEADER_BYTES: Final = 4
LENGTH: Final = struct.Struct('<I')
NUMBERS: Final = {
    **{f'int{bits}': np.dtype(f'<i{bits // 8}') for bits in (8, 16, 32, 64)},
    **{f'uint{bits}': np.dtype(f'<u{bits // 8}') for bits in (8, 16, 32, 64)},
    **{f'float{bits}': np.dtype(f'<f{bits // 8}') for bits in (32, 64)},
}

Rows = npt.NDArray[np.void]
# The values of one field in many messages.
Column = Callable[[Rows], Sequence[Any]]


class BulkDeserialiser:
    """Deserialises messages of one type."""

    def __init__(self, types: Typestore, message_type: str) -> None:
        self._types = types
        self._message_type = message_type
        self._layouts: dict[int, list[_Layout]] = {}

    def deserialise(self, messages: Sequence[bytes]) -> list[Any | None]:
        """The messages, equal to those of `Typestore.deserialize_cdr`; None for one that it should be asked about."""
        found: list[Any | None] = [None] * len(messages)
        by_size: dict[int, list[int]] = {}
        for i, message in enumerate(messages):
            by_size.setdefault(len(message), []).append(i)
        for size, indices in by_size.items():
            if size < HEADER_BYTES:
                continue
            content = np.frombuffer(b''.join([messages[i] for i in indices]), np.uint8).reshape(-1, size)
            self._deserialise_alike(content, np.array(indices), found)
        return found

    def _deserialise_alike(
        self, content: npt.NDArray[np.uint8], left: npt.NDArray[np.intp], found: list[Any | None]
    ) -> None:
        """Fill in `found` those of the messages, (n, bytes) each, that it has at the indices `left`."""
        layouts = self._layouts.setdefault(content.shape[1], [])
        known = iter(tuple(layouts))
        while len(left):
            layout = next(known, None)
            if layout is None:
                layout = self._layout(content[0].tobytes())
                if layout is None:
                    content, left = content[1:], left[1:]
                    continue
                layouts.append(layout)
            rows = np.ascontiguousarray(content).view(layout.dtype).reshape(-1)
            fits = layout.fits(rows)
            # Text that is none is for rosbags to complain of.
            with suppress(UnicodeDecodeError):
                for i, message in zip(left[fits].tolist(), layout.column(rows[fits]), strict=True):
                    found[i] = message
            content, left = content[~fits], left[~fits]

    def _layout(self, message: bytes) -> _Layout | None:
        """That of a message; None where it is damaged, or of a kind that is not read in bulk."""
        if int.from_bytes(message[:2], 'little') != LITTLE_ENDIAN:
            return None
        walk = _Walk(self._types, message)
        try:
            column = walk.message(self._message_type)
        except (KeyError, ValueError):
            return None
        return _Layout(walk.dtype(), walk.lengths, column) if walk.at == len(message) else None


@dataclass(frozen=True)
class _Layout:
    """dtype: of a message. lengths: which of its fields are lengths, and what they are. column: of whole messages."""

    dtype: np.dtype[np.void]
    lengths: dict[str, int]
    column: Column

    def fits(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """(n,) which messages are laid out so."""
        fits = np.ones(len(rows), np.bool_)
        for name, length in self.lengths.items():
            fits &= rows[name] == length
        return fits


@dataclass
class _Walk:
    """A walk through one message, noting which field begins at which byte. at: where it has come to."""

    types: Typestore
    content: bytes
    at: int = HEADER_BYTES
    lengths: dict[str, int] = field(default_factory=lambda: {ENCAPSULATION: LITTLE_ENDIAN})
    fields: list[tuple[str, npt.DTypeLike, int]] = field(default_factory=lambda: [(ENCAPSULATION, '<u2', 0)])

    def dtype(self) -> np.dtype[np.void]:
        """That of a message laid out as this one."""
        names, formats, offsets = (list(part) for part in zip(*self.fields, strict=True))
        return np.dtype({'names': names, 'formats': formats, 'offsets': offsets, 'itemsize': len(self.content)})

    def message(self, message_type: str) -> Column:
        """Walk through a message, or a part of one that is a message."""
        columns = [self._field(node, of) for _, (node, of) in self.types.fielddefs[message_type][1]]
        of_type = self.types.types[message_type]
        return lambda rows: [of_type(*values) for values in zip(*(column(rows) for column in columns), strict=True)]

    def _field(self, node: Nodetype, of: Any) -> Column:
        if node == Nodetype.NAME:
            return self.message(of)
        if node == Nodetype.BASE:
            return self._text() if of[0] == 'string' else self._number(of[0])
        (element, of_element), count = of
        return self._several(element, of_element, count if node == Nodetype.ARRAY else self._length())

    def _several(self, node: Nodetype, of: Any, count: int) -> Column:
        if node == Nodetype.BASE and of[0] != 'string':
            return self._numbers(of[0], count)
        columns = [self._field(node, of) for _ in range(count)]
        if not columns:
            return lambda rows: [[] for _ in rows]
        return lambda rows: [list(values) for values in zip(*(column(rows) for column in columns), strict=True)]

    def _number(self, kind: str) -> Column:
        name = self._take(NUMBERS[kind], NUMBERS[kind].itemsize)
        return lambda rows: rows[name].tolist()

    def _numbers(self, kind: str, count: int) -> Column:
        dtype = NUMBERS[kind]
        if not count:
            # Where an empty list of numbers wider than its length leaves off, libraries do not agree about.
            if dtype.itemsize > LENGTH.size:
                raise ValueError(kind)
            return lambda rows: [np.zeros(0, dtype) for _ in rows]
        name = self._take((dtype, (count,)), count * dtype.itemsize, dtype.itemsize)
        return lambda rows: list(np.ascontiguousarray(rows[name]))

    def _text(self) -> Column:
        # Its length counts the zero at its end.
        n_bytes = self._length() - 1
        if n_bytes < 1:
            self.at += max(n_bytes + 1, 0)
            return lambda rows: [''] * len(rows)
        name = self._take(f'S{n_bytes}', n_bytes, 1)
        self.at += 1
        return lambda rows: [text.decode() for text in rows[name].tolist()]

    def _length(self) -> int:
        name = self._take(NUMBERS['uint32'], LENGTH.size)
        length = int(LENGTH.unpack_from(self.content, self.at - LENGTH.size)[0])
        if length > len(self.content):
            raise ValueError(length)
        self.lengths[name] = length
        return length

    def _take(self, form: npt.DTypeLike, n_bytes: int, alignment: int = 0) -> str:
        """Note a field that begins here, or where it is aligned to; its name."""
        alignment = alignment or n_bytes
        start = self.at + (HEADER_BYTES - self.at) % alignment
        self.at = start + n_bytes
        if self.at > len(self.content):
            raise ValueError(self.at)
        self.fields.append((f'{start}', form, start))
        return f'{start}'
