"""FER+: the votes of ten annotators on each picture of FER2013.

Source: Barsoum et al. 2016, "Training deep networks for facial expression recognition with crowd-sourced label
distribution" (arXiv:1608.01041).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from blendfer_ros.core.errors import DatasetError, cause, one_line
from blendfer_ros.core.face import FloatArray
from blendfer_ros.datasets.fer2013 import EXPRESSIONS
from blendfer_ros.datasets.pictures import PictureDataset, PictureSample

ID_COLUMN: Final = 'image_id'
# Of a count of votes, there were ten.
MAX_DIGITS: Final = 6
# The expression of FER2013 that each column means. FER2013 has no contempt; among its classes disgust is nearest.
EXPRESSION_OF_COLUMN: Final = {
    'neutral': 'neutral',
    'happiness': 'happy',
    'surprise': 'surprise',
    'sadness': 'sad',
    'anger': 'angry',
    'disgust': 'disgust',
    'fear': 'fear',
    'contempt': 'disgust',
}
NOT_A_FACE: Final = 'NF'
# Votes for no expression.
OTHER_COLUMNS: Final = ('unknown', NOT_A_FACE)
COLUMNS: Final = (*EXPRESSION_OF_COLUMN, *OTHER_COLUMNS)

# (8, 7) matrix from the keys above to EXPRESSIONS.
COLUMN_TO_EXPRESSION: Final = np.array(
    [[float(name == expression) for expression in EXPRESSIONS] for name in EXPRESSION_OF_COLUMN.values()], np.float32
)


@dataclass(frozen=True)
class FerPlus:
    """Votes in the order of COLUMNS, by the `sample_id` of FER2013."""

    votes: Mapping[str, tuple[int, ...]]

    def shares(self, sample_id: str) -> FloatArray | None:
        """(8,) share of the votes for each key of EXPRESSION_OF_COLUMN; None where nobody voted for any."""
        votes = np.array(self.votes.get(sample_id, ())[: len(EXPRESSION_OF_COLUMN)], np.float32)
        return np.asarray(votes / votes.sum(), np.float32) if votes.any() else None

    def distribution(self, sample_id: str) -> FloatArray | None:
        """(7,) share of the votes for each of EXPRESSIONS; None where nobody voted for any."""
        shares = self.shares(sample_id)
        return None if shares is None else np.asarray(shares @ COLUMN_TO_EXPRESSION, np.float32)

    def majority(self, sample_id: str) -> int | None:
        """Index into EXPRESSIONS of the most voted; None where that is no expression, or there is a tie."""
        votes = self.votes.get(sample_id)
        if votes is None:
            return None
        most = [column for column, count in zip(COLUMNS, votes, strict=True) if count == max(votes)]
        if len(most) > 1 or most[0] in OTHER_COLUMNS:
            return None
        return EXPRESSIONS.index(EXPRESSION_OF_COLUMN[most[0]])


def read_ferplus(path: Path) -> FerPlus:
    """Read the votes.

    Args:
        path: a csv with `image_id`, the `sample_id` of FER2013, and COLUMNS.

    Raises:
        DatasetError: it cannot be read; names the file and the line.
    """
    votes: dict[str, tuple[int, ...]] = {}
    try:
        with path.open(newline='', encoding='utf-8') as file:
            reader = csv.DictReader(file, restval='')
            missing = [name for name in (ID_COLUMN, *COLUMNS) if name not in (reader.fieldnames or ())]
            if missing:
                raise DatasetError(f'{path} has no column {missing[0]!r}: is it the csv of FER+ votes?')
            for row in reader:
                cells = [row[column] for column in COLUMNS]
                if not all(cell.isdecimal() and len(cell) <= MAX_DIGITS for cell in cells):
                    raise DatasetError(
                        f'{path} line {reader.line_num}: votes are {one_line(", ".join(cells))}, expected counts'
                    )
                votes[row[ID_COLUMN]] = tuple(map(int, cells))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f'{path} cannot be read as a csv: {cause(error)}') from error
    return FerPlus(votes)


def relabelled(dataset: PictureDataset, ferplus: FerPlus) -> PictureDataset:
    """FER2013 labelled by the majority of the votes; pictures without a majority are left out.

    Raises:
        DatasetError: no picture has a majority.
    """
    samples = tuple(with_majority for sample in dataset.samples if (with_majority := _relabelled(sample, ferplus)))
    if not samples:
        raise DatasetError('FER+ has no majority for any of these pictures: are they of the same FER2013?')
    return replace(dataset, name=f'{dataset.name} with FER+ labels', samples=samples)


def _relabelled(sample: PictureSample, ferplus: FerPlus) -> PictureSample | None:
    label = ferplus.majority(sample.sample_id)
    return None if label is None else replace(sample, label=label)
