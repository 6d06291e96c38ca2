"""Files: what is written is whole or not there, and what is read is of bounded size and runs nothing."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO

import numpy as np
import numpy.typing as npt

from blendfer_ros.core.errors import BlendferError, one_line

# Of text that is read whole; the largest of ours are tables of some 10,000 rows.
MAX_TEXT_BYTES: Final = 2**26
# Of all arrays of one file together; those of FER2013's faces are a fifth of it.
MAX_ARRAYS_BYTES: Final = 2**31


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


def read_text(path: Path) -> str:
    """A file of UTF-8 text.

    Raises:
        OSError: it cannot be read. ValueError: it is larger than MAX_TEXT_BYTES, or not UTF-8.
    """
    with path.open('rb') as file:
        data = file.read(MAX_TEXT_BYTES + 1)
    if len(data) > MAX_TEXT_BYTES:
        raise ValueError(f'it is larger than {MAX_TEXT_BYTES >> 20} MiB')
    return data.decode('utf-8')


def read_json(path: Path) -> Any:
    """A JSON file; errors as `read_text`, and ValueError for what is no JSON."""
    return parse_json(read_text(path))


def parse_json(text: str) -> Any:
    """What JSON says; raises ValueError also for brackets in thousands of brackets."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError('it is nested too deeply') from error


def read_yaml(path: Path) -> Any:
    """A YAML file of plain values: no tag makes an object; errors as `read_json`."""
    # Takes long to import, and is needed for few files only.
    from ruamel.yaml import YAML

    text = read_text(path)
    try:
        return YAML(typ='safe', pure=True).load(text)
    except Exception as error:  # of any kind, as what is no date or no key is no YAMLError
        raise ValueError('it is nested too deeply' if isinstance(error, RecursionError) else one_line(error)) from error


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The arrays of an .npz file, of numbers and text only: objects would be unpickled, which runs what they say.

    Raises:
        BlendferError: it cannot be read, is damaged, or holds more than MAX_ARRAYS_BYTES.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_ARRAYS_BYTES:
                raise ValueError(f'it unpacks to more than {MAX_ARRAYS_BYTES >> 20} MiB')
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except Exception as error:  # of any kind, as zip, its compression and NumPy have errors of their own
        raise BlendferError(f'the arrays in {path} cannot be read ({one_line(error)}): delete the file') from error


def _replace(target: Path, text: str) -> None:
    part = target.with_name(f'.{target.name}.{os.getpid()}.part')
    try:
        part.write_text(text, encoding='utf-8')
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
