"""Importing MediaPipe without what it takes along and a FaceLandmarker never uses.

It imports all of its tasks: TensorFlow where that is installed, for two decorators of its documentation (half a
gigabyte and some seconds); a library for sound cards; and matplotlib, for one function that draws (with the former
36 MB and half a second).
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final

# MediaPipe goes without them when they are not there.
OPTIONAL: Final = ('tensorflow', 'sounddevice')
# It would not go without these.
NEEDED_LATE: Final = ('matplotlib', 'matplotlib.pyplot')


class LateModule(ModuleType):
    """Stands for a module, which is imported when something in it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith('__'):
            raise AttributeError(name)
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def lean_imports() -> Iterator[None]:
    """Within the block, OPTIONAL modules are not to be found, and NEEDED_LATE are stood for by a `LateModule`.

    What is imported already stays.
    """
    modules: dict[str, Any] = sys.modules
    absent: dict[str, Any] = {name: None for name in OPTIONAL if name not in modules}
    if not any(name in modules for name in NEEDED_LATE):
        absent |= {name: LateModule(name) for name in NEEDED_LATE}
        for name in NEEDED_LATE[1:]:
            package, _, module = name.rpartition('.')
            setattr(absent[package], module, absent[name])
    modules.update(absent)
    try:
        yield
    finally:
        for name, stand_in in absent.items():
            if modules.get(name) is stand_in:
                del modules[name]
