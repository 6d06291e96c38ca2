"""Tables of labelled segments of time, in clips or bags."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from blendfer_ros.core.answers import LABELS, Segment
from blendfer_ros.core.errors import DatasetError, cause, one_line, shown

COLUMNS: Final = ('file', 'start_s', 'end_s', 'label')


@dataclass(frozen=True)
class LabelledClip:
    """A file and its labels; segments in order of time. name: the file as the labels call it."""

    name: str
    path: Path
    segments: tuple[Segment, ...]


def read_labels(path: Path, folder: Path | None = None) -> tuple[LabelledClip, ...]:
    """Read the labelled segments of clips.

    Args:
        path: as `read_segments` takes it.
        folder: where the files are; by default where the csv is.

    Returns:
        The clips in the order in which they first occur.

    Raises:
        DatasetError: the table cannot be read or is invalid, or a file is missing; names the file and the line.
    """
    folder = path.parent if folder is None else folder
    return tuple(_labelled_clip(folder, name, of_clip) for name, of_clip in read_segments(path).items())


def read_segments(path: Path) -> dict[str, tuple[Segment, ...]]:
    """Read labelled segments.

    Args:
        path: csv with COLUMNS; other columns are ignored.

    Returns:
        For each file, as the table calls it and in the order of the table, its segments in order of time.

    Raises:
        DatasetError: the table cannot be read or is invalid; names the file and the line.
    """
    try:
        rows = list(_rows(path))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f'{path} cannot be read as a csv table: {cause(error)}') from error
    if not rows:
        raise DatasetError(f'{path} has no rows: expected {",".join(COLUMNS)} in each')
    segments: dict[str, list[Segment]] = {}
    for name, segment in rows:
        segments.setdefault(name, []).append(segment)
    return {name: _in_order(name, of_file) for name, of_file in segments.items()}


def _rows(path: Path) -> Iterator[tuple[str, Segment]]:
    # Excel begins its files with a byte order mark, which utf-8-sig drops.
    with path.open(newline='', encoding='utf-8-sig') as file:
        reader = csv.DictReader(file, skipinitialspace=True)
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        if missing:
            raise DatasetError(f'{path} line 1 has no column {", ".join(missing)}: expected {",".join(COLUMNS)}')
        for row in reader:
            # A short row has None where its cells end.
            cells = {column: (row[column] or '').strip() for column in COLUMNS}
            # One name for a.mp4 and ./a.mp4, or segments could overlap unseen.
            yield Path(cells['file']).as_posix(), _segment(cells, f'{path} line {reader.line_num}')


def _segment(cells: dict[str, str], where: str) -> Segment:
    if cells['label'] not in LABELS:
        raise DatasetError(f'{where}: label is {shown(cells["label"])}, expected one of {", ".join(LABELS)}')
    start_s, end_s = _seconds(cells, 'start_s', where), _seconds(cells, 'end_s', where)
    if start_s >= end_s:
        raise DatasetError(f'{where}: start_s {start_s:g} is not before end_s {end_s:g}')
    return Segment(start_s, end_s, cells['label'], where)


def _seconds(cells: dict[str, str], column: str, where: str) -> float:
    try:
        value = float(cells[column])
    except ValueError:
        value = math.nan
    if not 0.0 <= value < math.inf:
        raise DatasetError(f'{where}: {column} is {shown(cells[column])}, expected seconds from the start of the clip')
    return value


def _labelled_clip(folder: Path, name: str, segments: tuple[Segment, ...]) -> LabelledClip:
    path = folder / name
    if not path.is_file():
        raise DatasetError(
            f'{segments[0].where}: there is no file {one_line(path)}: say with --folder where the clips are'
        )
    return LabelledClip(name, path, segments)


def _in_order(name: str, segments: Sequence[Segment]) -> tuple[Segment, ...]:
    ordered = sorted(segments, key=lambda segment: segment.start_s)
    for before, after in pairwise(ordered):
        if after.start_s < before.end_s:
            raise DatasetError(
                f'{after.where}: {one_line(name)} is {after.label} from {after.start_s:g} s on, '
                f'which {before.where} says is {before.label} until {before.end_s:g} s: segments must not overlap'
            )
    return tuple(ordered)
