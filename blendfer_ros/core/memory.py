"""Memory that C libraries have done with, given back to the machine."""

from __future__ import annotations

import ctypes


def give_back_freed() -> None:
    """Have the C library give back what was freed; glibc keeps much of it for later, in each thread's arena.

    For after something large was released in many pieces, such as a graph of MediaPipe. Takes milliseconds. C libraries
    other than glibc have no such call and need none.
    """
    trim = getattr(ctypes.CDLL(None), 'malloc_trim', None)
    if trim is not None:
        trim(0)
