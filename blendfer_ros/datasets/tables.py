"""Tables of blendshape scores, the form in which others publish their recordings."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.emotions import EMOTIONS, LABEL_NAMES, emotion_of_label
from blendfer_ros.core.errors import DatasetError, cause, one_line, shown
from blendfer_ros.datasets.face_dataset import FaceDataset

N_SCORES: Final = len(BLENDSHAPE_NAMES)
# What pandas writes above columns without names.
COLUMN_NUMBERS: Final = [str(i) for i in range(N_SCORES)]


def parse_labels(text: str) -> tuple[int, ...]:
    """The emotion of each label number: `happy,unknown,sad` → (0, 1, 2), indices into `core.emotions.EMOTIONS`.

    Raises:
        DatasetError: a name is none of LABEL_NAMES.
    """
    return tuple(_emotion_index(name, f'--labels {text}') for name in text.split(','))


def read_blendshapes(path: Path, label_numbers: Sequence[int]) -> FaceDataset:
    """Read a table.

    Args:
        path: a csv of 52 scores in the order of BLENDSHAPE_NAMES and a label, with or without a header.
        label_numbers: as `parse_labels` gives it, for labels that are numbers.

    Returns:
        Faces called `line 2` and so on, of which only the blendshapes are known.

    Raises:
        DatasetError: it cannot be read, or has no rows; names the file and the line.
    """
    try:
        rows = list(_rows(path, label_numbers))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f'{path} cannot be read as a csv table: {cause(error)}') from error
    if not rows:
        raise DatasetError(f'{path} has no rows: expected {N_SCORES} scores and a label in each')
    ids, labels, scores = zip(*rows, strict=True)
    return FaceDataset.of_blendshapes(ids, np.array(labels, np.int64), np.array(scores, np.float32))


def _rows(path: Path, label_numbers: Sequence[int]) -> Iterator[tuple[str, int, list[float]]]:
    # Excel begins its files with a byte order mark, which utf-8-sig drops.
    with path.open(newline='', encoding='utf-8-sig') as file:
        reader = csv.reader(file)
        first = True
        for cells in reader:
            if not cells:
                continue
            where = f'{path} line {reader.line_num}'
            if len(cells) != N_SCORES + 1:
                raise DatasetError(f'{where} has {len(cells)} columns, expected {N_SCORES} scores and a label')
            cells = [cell.strip() for cell in cells]
            if not (first and _is_header(cells, where)):
                label = _label(cells[-1], label_numbers, where)
                yield f'line {reader.line_num}', label, _scores(cells[:-1], where)
            first = False


def _is_header(cells: list[str], where: str) -> bool:
    """True for a row of names; raises DatasetError where they are blendshapes in another order than ours."""
    names = cells[:-1]
    if names == COLUMN_NUMBERS:
        return True
    if not all(names) or any(_number(name) is not None for name in names):
        return False
    if set(names) & set(BLENDSHAPE_NAMES):
        for column, (found, expected) in enumerate(zip(names, BLENDSHAPE_NAMES, strict=True), start=1):
            if found != expected:
                raise DatasetError(
                    f"{where}: column {column} is {shown(found)}, expected {expected!r}: use FaceLandmarker's order"
                )
    return True


def _scores(cells: list[str], where: str) -> list[float]:
    scores = []
    for column, cell in enumerate(cells, start=1):
        score = _number(cell)
        if score is None or not 0.0 <= score <= 1.0:
            name = BLENDSHAPE_NAMES[column - 1]
            raise DatasetError(f'{where}: column {column} ({name}) is {shown(cell)}, expected a score from 0 to 1')
        scores.append(score)
    return scores


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _label(cell: str, label_numbers: Sequence[int], where: str) -> int:
    number = _number(cell)
    if number is None:
        return _emotion_index(cell, where)
    # NumPy writes a label beside scores as 1.0.
    if not number.is_integer() or not 0 <= number < len(label_numbers):
        raise DatasetError(
            f'{where}: label is {one_line(cell)}, expected 0 to {len(label_numbers) - 1}: '
            'say with --labels what they mean'
        )
    return label_numbers[int(number)]


def _emotion_index(name: str, where: str) -> int:
    emotion = emotion_of_label(name)
    if emotion is None:
        raise DatasetError(
            f'{where}: the label {shown(name.strip())} is unknown, expected one of {", ".join(LABEL_NAMES)}'
        )
    return EMOTIONS.index(emotion)
