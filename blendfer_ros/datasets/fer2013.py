"""FER2013 in every form it is distributed in: zip, unpacked folder, or the original csv.

Source: Goodfellow et al. 2013, "Challenges in representation learning: a report on three machine
learning contests" (arXiv:1307.0414). 48x48 grey pictures of seven expressions.
"""

from __future__ import annotations

import csv
import functools
import os
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np

from blendfer_ros.core.assets import sha256_of
from blendfer_ros.core.emotions import emotion_of_folder
from blendfer_ros.core.errors import DatasetError, FrameError, cause, one_line, shown
from blendfer_ros.core.image_types import GreyImage, RgbImage
from blendfer_ros.core.images import decode_grey_picture, grey_to_rgb
from blendfer_ros.datasets.pictures import PictureDataset, PictureSample, Role, classes_to_emotions

# The class numbers of the csv, and the folder names of the image mirrors.
EXPRESSIONS: Final = ('angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral')
IMAGE_SIZE_PX: Final = 48
# Far more than such a picture has in any form; what a zip unpacks to is bounded by it.
MAX_PICTURE_BYTES: Final = 2**20
EXPRESSION_NUMBERS: Final = tuple(map(str, range(len(EXPRESSIONS))))
# The line of the csv's row 0, which file names and FER+ count from.
FIRST_LINE: Final = 2
CSV_COLUMNS: Final = ('emotion', 'pixels', 'Usage')
# What FER2013 calls each role.
SPLITS: Final = {Role.TRAIN: 'Training', Role.VALIDATION: 'PublicTest', Role.TEST: 'PrivateTest'}
ROLES: Final = {split: role for role, split in SPLITS.items()}

# The emotion of each of EXPRESSIONS, as in the paper.
EMOTION_OF_EXPRESSION: Final = tuple(emotion_of_folder(name) for name in EXPRESSIONS)
# (7, 3) matrix that sums probabilities of EXPRESSIONS to those of EMOTIONS.
EXPRESSIONS_TO_EMOTIONS: Final = classes_to_emotions(EMOTION_OF_EXPRESSION)


def read_fer2013(path: Path) -> PictureDataset:
    """List the pictures of FER2013.

    Args:
        path: `fer2013.zip` or a folder with `…/<class>/<split>_*.jpg`, or the original `fer2013.csv`.

    Returns:
        Pictures whose `sample_id` is the file name without suffix, which is the split and row of the csv.

    Raises:
        DatasetError: there is no FER2013 there, or it is damaged; names the file and, in a csv, the row.
    """
    if not path.exists():
        raise DatasetError(f'no FER2013 at {path}: give the zip, the unpacked folder or fer2013.csv')
    identity: object
    if path.is_dir():
        samples, identity = tuple(_from_folder(path)), _listing_of(path)
    elif path.suffix.lower() == '.csv':
        samples, identity = tuple(_from_csv(path)), sha256_of(path)
    else:
        samples, identity = tuple(_from_zip(path)), sha256_of(path)
    if not samples:
        raise DatasetError(f'no FER2013 pictures in {path}: expected …/<class>/<split>_*.jpg or a csv')
    return PictureDataset('FER2013', EXPRESSIONS, EMOTION_OF_EXPRESSION, samples, identity, SPLITS)


def _listing_of(folder: Path) -> list[tuple[str, int, int]]:
    """Name, size and time of each picture: changes when a picture does, and is faster than reading them all."""
    files = ((path, path.stat()) for path in sorted(folder.rglob('*.jpg')))
    return [(str(path.resolve()), stat.st_size, stat.st_mtime_ns) for path, stat in files]


def _from_folder(folder: Path) -> Iterator[PictureSample]:
    for path in sorted(folder.rglob('*.jpg')):
        parsed = _parse_name(PurePosixPath(path.as_posix()), str(path))
        if parsed:
            yield PictureSample(path.stem, *parsed, _File(path))


def _from_zip(path: Path) -> Iterator[PictureSample]:
    for name in sorted(_open_zip(path, os.getpid()).namelist()):
        parsed = _parse_name(PurePosixPath(name), f'{path}: {one_line(name)}')
        if parsed:
            yield PictureSample(PurePosixPath(name).stem, *parsed, _ZipMember(path, name))


@dataclass(frozen=True)
class _File:
    path: Path

    def load(self) -> RgbImage:
        return _decode(self.path.read_bytes(), str(self.path))


@dataclass(frozen=True)
class _ZipMember:
    path: Path
    name: str

    def load(self) -> RgbImage:
        where = f'{self.path}: {one_line(self.name)}'
        try:
            with _open_zip(self.path, os.getpid()).open(self.name) as member:
                data = member.read(MAX_PICTURE_BYTES + 1)
        except Exception as error:  # of any kind, as zipfile's decompressors raise errors of their own
            raise DatasetError(f'{where} cannot be unpacked: {one_line(error)}') from error
        if len(data) > MAX_PICTURE_BYTES:
            raise DatasetError(f'{where} unpacks to more than {MAX_PICTURE_BYTES} bytes: it is no picture of FER2013')
        return _decode(data, where)


@dataclass(frozen=True)
class _Pixels:
    grey: GreyImage

    def load(self) -> RgbImage:
        return grey_to_rgb(self.grey)


@functools.lru_cache(maxsize=1)
def _open_zip(path: Path, _process_id: int) -> zipfile.ZipFile:
    """The archive, opened once by each process: an inherited file would share its read position."""
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise DatasetError(f'{path} is not a readable zip: {cause(error)}') from error


def _from_csv(path: Path) -> Iterator[PictureSample]:
    try:
        with path.open(newline='', encoding='utf-8') as file:
            reader = csv.DictReader(file, restval='')
            missing = set(CSV_COLUMNS) - set(reader.fieldnames or ())
            if missing:
                raise DatasetError(f'{path} lacks the column {sorted(missing)[0]!r}, expected {", ".join(CSV_COLUMNS)}')
            for row in reader:
                yield _from_row(row, f'{path} row {reader.line_num}', reader.line_num - FIRST_LINE)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f'{path} cannot be read as a csv: {cause(error)}') from error


def _from_row(row: dict[str, str], where: str, number: int) -> PictureSample:
    label, split, pixels = row['emotion'], row['Usage'], row['pixels']
    if label not in EXPRESSION_NUMBERS:
        raise DatasetError(f'{where}: emotion is {shown(label)}, expected 0 to {len(EXPRESSIONS) - 1}')
    if split not in ROLES:
        raise DatasetError(f'{where}: Usage is {shown(split)}, expected one of {", ".join(ROLES)}')
    try:
        values = np.array(pixels.split(), np.uint8)
    except (ValueError, OverflowError) as error:
        raise DatasetError(f'{where}: pixels are not numbers from 0 to 255') from error
    if values.size != IMAGE_SIZE_PX**2:
        raise DatasetError(f'{where}: {values.size} pixels, expected {IMAGE_SIZE_PX**2}')
    picture = _Pixels(values.reshape(IMAGE_SIZE_PX, IMAGE_SIZE_PX))
    return PictureSample(f'{split}_{number:07d}', int(label), ROLES[split], picture)


def _parse_name(path: PurePosixPath, where: str) -> tuple[int, Role] | None:
    """Class number and role of `…/<class>/<split>_*.jpg`; None for other files."""
    expression, split = path.parent.name, path.name.partition('_')[0]
    if split not in ROLES or path.suffix != '.jpg':
        return None
    if expression not in EXPRESSIONS:
        raise DatasetError(f'{where}: the folder {shown(expression)} is none of {", ".join(EXPRESSIONS)}')
    return EXPRESSIONS.index(expression), ROLES[split]


def _decode(data: bytes, where: str) -> RgbImage:
    try:
        return grey_to_rgb(decode_grey_picture(np.frombuffer(data, np.uint8)))
    except FrameError as error:
        raise DatasetError(f'{where} is not a picture OpenCV can read: {error}') from error
