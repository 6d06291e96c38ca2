"""Which of the paths people give are bags, and what these are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Final

from blendfer_ros.bags.reading import is_bag
from blendfer_ros.core.errors import DatasetError

METADATA: Final = 'metadata.yaml'


def find_bags(paths: Sequence[Path]) -> dict[str, Path]:
    """Bags by their names, those of a folder in order of name.

    Raises:
        DatasetError: a path is neither a bag nor a folder of bags, or two bags have the same name.
    """
    found: dict[str, Path] = {}
    for path in chain.from_iterable(map(_bags_at, paths)):
        name = path.resolve().name
        if found.setdefault(name, path).resolve() != path.resolve():
            raise DatasetError(f'{found[name]} and {path} have the same name: rename one, or measure them apart')
    return found


def identity_of(bag: Path) -> list[tuple[str, int, int]]:
    """What tells a bag from others and from what it was before: name, size [B] and time of change [ns] of its files."""
    files = sorted(bag.iterdir()) if bag.is_dir() else [bag]
    return [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]


def _bags_at(path: Path) -> list[Path]:
    if path.is_dir() and not _is_one_bag(path):
        bags = sorted(inside for inside in path.iterdir() if is_bag(inside))
        if not bags:
            raise DatasetError(f'{path} has no bags in it: expected rosbag2 folders, .mcap or .db3 files')
        return bags
    if not path.exists():
        raise DatasetError(f'there is no bag {path}')
    return [path]


def _is_one_bag(folder: Path) -> bool:
    """True for a rosbag2 folder, whose files are called alike also where the recorder died before METADATA."""
    stems = {re.sub(r'_\d+$', '', file.name.partition('.')[0]) for file in folder.iterdir() if is_bag(file)}
    return is_bag(folder) and ((folder / METADATA).is_file() or len(stems) <= 1)
