"""Freed memory goes back to the machine."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from blendfer_ros.core.memory import give_back_freed


def resident_mb() -> float:
    (line,) = (line for line in Path('/proc/self/status').read_text().splitlines() if line.startswith('VmRSS'))
    return int(line.split()[1]) / 1024


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), 'malloc_trim'), reason='the C library is not glibc')
def test_what_lies_below_something_still_in_use_is_given_back_too() -> None:
    # Each small enough to come from the heap; one in fifty stays, so that no large piece becomes free.
    pieces = [bytearray(60_000) for _ in range(2000)]
    kept = pieces[::50]
    del pieces
    before_mb = resident_mb()
    give_back_freed()
    assert resident_mb() < before_mb - 80.0
    assert len(kept) == 40
