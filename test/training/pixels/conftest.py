"""A few dozen real pictures with votes on them."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from blendfer_ros.datasets.fer2013 import EXPRESSIONS, read_fer2013
from blendfer_ros.datasets.ferplus import COLUMNS, EXPRESSION_OF_COLUMN, FerPlus, read_ferplus
from blendfer_ros.datasets.pictures import PictureDataset, Role


@pytest.fixture(scope='session')
def ferplus_csv(small_fer2013: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Votes on `small_fer2013`: eight of ten for what the label says, one for contempt, one for no face."""
    column_of = {expression: column for column, expression in reversed(EXPRESSION_OF_COLUMN.items())}
    path = tmp_path_factory.mktemp('votes') / 'ferplus.csv'
    with path.open('w', newline='') as file:
        writer = csv.DictWriter(file, ['image_id', *COLUMNS], restval=0)
        writer.writeheader()
        for sample in read_fer2013(small_fer2013).samples:
            votes = {column_of[EXPRESSIONS[sample.label]]: 8, 'contempt': 1, 'NF': 1}
            writer.writerow({'image_id': sample.sample_id, **votes})
    return path


@pytest.fixture(scope='session')
def votes(ferplus_csv: Path) -> FerPlus:
    return read_ferplus(ferplus_csv)


@pytest.fixture(scope='session')
def dataset(small_fer2013: Path) -> PictureDataset:
    """Without the pictures for tests, which nobody trains on."""
    everything = read_fer2013(small_fer2013)
    return replace(everything, samples=tuple(s for s in everything.samples if s.role is not Role.TEST))
