"""Memory: what C libraries have done with is given back, and what stays is not searched for garbage again and again."""

from __future__ import annotations

import ctypes
import functools
import gc


def give_back_freed() -> None:
    """Have the C library give back what was freed; glibc keeps much of it for later, in each thread's arena.

    For after something large was released in many pieces, such as a graph of MediaPipe. Takes milliseconds. C libraries
    other than glibc have no such call and need none.
    """
    trim = getattr(ctypes.CDLL(None), 'malloc_trim', None)
    if trim is not None:
        trim(0)


@functools.cache
def spare_what_is_there() -> None:
    """Have Python's garbage collector spare everything that is there by now; once in the life of a process.

    For before a long row of images: modules and models stay, and need not be looked through again and again.
    """
    gc.collect()
    gc.freeze()
