"""Writing a result so that nothing half-written looks finished."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt

from blendfer_ros.core.errors import BlendferError


def require_folder_of(path: Path) -> None:
    """Refuse a file that cannot be written for want of its folder, before the work that leads to it.

    Raises:
        BlendferError: the folder `path` would lie in does not exist, or `path` is itself a folder.
    """
    if path.is_dir():
        raise BlendferError(f'cannot write {path}: it is a folder, give the name of a file')
    if not path.parent.is_dir():
        raise BlendferError(f'cannot write {path}: there is no folder {path.parent}')


def make_folder(path: Path) -> None:
    """Make a folder, and those it lies in, unless it is there; raises BlendferError when it cannot be made."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BlendferError(f'cannot make the folder {path}: {error.strerror or error}') from error


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text beside `path` and rename it, so that `path` is whole, or as it was before.

    Raises:
        BlendferError: the file cannot be written; names it and says why.
    """
    try:
        if path.exists() and not path.is_file():
            # /dev/stdout and its like are written to; a rename would take their place.
            path.write_text(text, encoding='utf-8')
        else:
            _replace(path.resolve(), text)
    except OSError as error:
        raise BlendferError(f'cannot write {path}: {error.strerror or error}') from error


@contextmanager
def writing_text(path: Path) -> Iterator[TextIO]:
    """A file to write UTF-8 text to piece by piece; `path` is whole when the block ends, or as it was before.

    Raises:
        BlendferError: the file cannot be opened; names it and says why.
    """
    # /dev/stderr, pipes and their like are written to; a rename would take their place.
    is_special = path.exists() and not path.is_file()
    part = path if is_special else path.with_name(f'.{path.name}.{os.getpid()}.part')
    try:
        file = part.open('w', encoding='utf-8')
    except OSError as error:
        raise BlendferError(f'cannot write {path}: {error.strerror or error}') from error
    try:
        with file:
            yield file
        if not is_special:
            part.replace(path)
    finally:
        if not is_special:
            part.unlink(missing_ok=True)


def write_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write arrays to an .npz file, whole or not at all, in a folder that is made where it is missing.

    Raises:
        BlendferError: the file cannot be written; names it and says why.
    """
    make_folder(path.parent)
    part = path.with_name(f'.{path.name}.{os.getpid()}.npz')
    try:
        np.savez(part, **dict[str, Any](arrays))
        part.replace(path)
    except OSError as error:
        raise BlendferError(f'cannot write {path}: {error.strerror or error}') from error
    finally:
        part.unlink(missing_ok=True)


def _replace(target: Path, text: str) -> None:
    part = target.with_name(f'.{target.name}.{os.getpid()}.part')
    try:
        part.write_text(text, encoding='utf-8')
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
