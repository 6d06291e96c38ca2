"""Reading FER2013 in each form people have it: zip, unpacked folder, or the original csv.

Source: Goodfellow et al. 2013, "Challenges in representation learning: a report on three machine
learning contests" (arXiv:1307.0414). 48x48 grey pictures of seven expressions.
"""

from __future__ import annotations

import csv
import functools
import os
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from blendfer_ros.core.emotions import EMOTIONS, emotion_of_folder
from blendfer_ros.core.errors import DatasetError

GreyImage = npt.NDArray[np.uint8]

# The class numbers of the csv, and the folder names of the image mirrors.
EXPRESSIONS: Final = ('angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral')
SPLITS: Final = ('Training', 'PublicTest', 'PrivateTest')
IMAGE_SIZE_PX: Final = 48
CSV_COLUMNS: Final = ('emotion', 'pixels', 'Usage')

# For each of EXPRESSIONS, the index in core.emotions.EMOTIONS of its emotion, which is that of the paper.
EMOTION_OF_EXPRESSION: Final = tuple(EMOTIONS.index(emotion_of_folder(name)) for name in EXPRESSIONS)
# (7, 3) matrix that sums probabilities of EXPRESSIONS to those of core.emotions.EMOTIONS.
EXPRESSIONS_TO_EMOTIONS: Final = np.eye(len(EMOTIONS), dtype=np.float32)[list(EMOTION_OF_EXPRESSION)]


class Picture(Protocol):
    """Pixels that are read when wanted; can be sent to another process."""

    def load(self) -> GreyImage:
        """(48, 48) uint8; raises DatasetError naming the file when it cannot be read."""
        ...


@dataclass(frozen=True)
class FerImage:
    """One picture of the data set.

    image_id: file name without suffix, or split and row of the csv; the same in every later step.
    expression: one of EXPRESSIONS.
    split: one of SPLITS.
    """

    image_id: str
    expression: str
    split: str
    picture: Picture


def read_fer2013(path: Path) -> list[FerImage]:
    """List the pictures of FER2013.

    Args:
        path: `fer2013.zip` or a folder with `…/<class>/<split>_*.jpg`, or the original `fer2013.csv`.

    Raises:
        DatasetError: there is no FER2013 there, or it is damaged; names the file and, in a csv, the row.
    """
    if not path.exists():
        raise DatasetError(f'no FER2013 at {path}: give the zip, the unpacked folder or fer2013.csv')
    if path.is_dir():
        images = list(_from_folder(path))
    elif path.suffix.lower() == '.csv':
        images = list(_from_csv(path))
    else:
        images = list(_from_zip(path))
    if not images:
        raise DatasetError(f'no FER2013 pictures in {path}: expected …/<class>/<split>_*.jpg or a csv')
    return images


def _from_folder(folder: Path) -> Iterator[FerImage]:
    for path in sorted(folder.rglob('*.jpg')):
        parsed = _parse_name(PurePosixPath(path.as_posix()), str(path))
        if parsed:
            yield FerImage(path.stem, *parsed, _File(path))


def _from_zip(path: Path) -> Iterator[FerImage]:
    for name in sorted(_open_zip(path, os.getpid()).namelist()):
        parsed = _parse_name(PurePosixPath(name), f'{path}: {name}')
        if parsed:
            yield FerImage(PurePosixPath(name).stem, *parsed, _ZipMember(path, name))


@dataclass(frozen=True)
class _File:
    path: Path

    def load(self) -> GreyImage:
        return _decode(self.path.read_bytes(), str(self.path))


@dataclass(frozen=True)
class _ZipMember:
    path: Path
    name: str

    def load(self) -> GreyImage:
        try:
            data = _open_zip(self.path, os.getpid()).read(self.name)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError) as error:
            raise DatasetError(f'{self.path}: {self.name} cannot be unpacked: {error}') from error
        return _decode(data, f'{self.path}: {self.name}')


@dataclass(frozen=True)
class _Pixels:
    grey: GreyImage

    def load(self) -> GreyImage:
        return self.grey


@functools.lru_cache(maxsize=1)
def _open_zip(path: Path, _process_id: int) -> zipfile.ZipFile:
    """The archive, opened once by each process: an inherited file would share its read position."""
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise DatasetError(f'{path} is not a readable zip: {error}') from error


def _from_csv(path: Path) -> Iterator[FerImage]:
    try:
        with path.open(newline='', encoding='utf-8') as file:
            reader = csv.DictReader(file, restval='')
            missing = set(CSV_COLUMNS) - set(reader.fieldnames or ())
            if missing:
                raise DatasetError(f'{path} lacks the column {sorted(missing)[0]!r}, expected {", ".join(CSV_COLUMNS)}')
            for row in reader:
                yield _from_row(row, f'{path} row {reader.line_num}', reader.line_num)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f'{path} cannot be read as a csv: {error}') from error


def _from_row(row: dict[str, str], where: str, number: int) -> FerImage:
    label, split, pixels = row['emotion'], row['Usage'], row['pixels']
    if not label.isdecimal() or int(label) >= len(EXPRESSIONS):
        raise DatasetError(f'{where}: emotion is {label!r}, expected 0 to {len(EXPRESSIONS) - 1}')
    if split not in SPLITS:
        raise DatasetError(f'{where}: Usage is {split!r}, expected one of {", ".join(SPLITS)}')
    try:
        values = np.array(pixels.split(), np.uint8)
    except (ValueError, OverflowError) as error:
        raise DatasetError(f'{where}: pixels are not numbers from 0 to 255') from error
    if values.size != IMAGE_SIZE_PX**2:
        raise DatasetError(f'{where}: {values.size} pixels, expected {IMAGE_SIZE_PX**2}')
    picture = _Pixels(values.reshape(IMAGE_SIZE_PX, IMAGE_SIZE_PX))
    return FerImage(f'{split}_{number}', EXPRESSIONS[int(label)], split, picture)


def _parse_name(path: PurePosixPath, where: str) -> tuple[str, str] | None:
    """Expression and split of `…/<class>/<split>_*.jpg`; None for other files."""
    expression, split = path.parent.name, path.name.partition('_')[0]
    if split not in SPLITS or path.suffix != '.jpg':
        return None
    if expression not in EXPRESSIONS:
        raise DatasetError(f'{where}: the folder {expression!r} is none of {", ".join(EXPRESSIONS)}')
    return expression, split


def _decode(data: bytes, where: str) -> GreyImage:
    grey = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE) if data else None
    if grey is None:
        raise DatasetError(f'{where} is not a picture OpenCV can read')
    return np.asarray(grey, np.uint8)
