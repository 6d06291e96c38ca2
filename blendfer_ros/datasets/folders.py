"""Labelled pictures in a folder for each label: users' own, and other data sets as they are distributed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from blendfer_ros.core.emotions import emotion_of_folder
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.images import PICTURE_SUFFIXES, read_picture
from blendfer_ros.datasets.pictures import PictureDataset, PictureSample, Role

REMEDY: Final = 'expected a sub-folder of pictures for each label, such as happy, sad and neutral'


@dataclass(frozen=True)
class PictureFile:
    """A picture file."""

    path: Path

    def load(self) -> RgbImage:
        """(height, width, 3) uint8; raises FrameError naming the file when it is no picture."""
        return read_picture(self.path)


def read_folders(
    folder: Path, emotions: Mapping[str, str] | None = None, person: str = '', role: Role = Role.TEST
) -> PictureDataset:
    """The pictures below each sub-folder, whose name is their label. Hidden files and folders are ignored.

    Args:
        folder: of the sub-folders.
        emotions: the emotion of each label to read, where its name does not tell. By default all labels are read, and
            a name that means neither happy nor sad is unknown.
        person: regular expression; its first group, searched for in the name of a file, is the person shown. Empty:
            unknown.
        role: of all of them.

    Returns:
        Pictures in order of name, which is their path below `folder`.

    Raises:
        DatasetError: there is no such folder, or it lacks one of the labels, or they have no pictures.
    """
    try:
        places = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith('.'))
        if emotions is not None:
            missing = set(emotions) - {place.name for place in places}
            if missing:
                raise DatasetError(f'{folder} has no sub-folder {sorted(missing)[0]}')
            places = [place for place in places if place.name in emotions]
        files = [(label, path) for label, place in enumerate(places) for path in _pictures_of(place)]
    except OSError as error:
        raise DatasetError(f'{folder} cannot be read ({error.strerror or error}): {REMEDY}') from error
    if not places:
        raise DatasetError(f'{folder} has no sub-folders: {REMEDY}')
    if not files:
        raise DatasetError(f'no {", ".join(sorted(PICTURE_SUFFIXES))} in the sub-folders of {folder}: {REMEDY}')
    samples = tuple(
        PictureSample(
            _printable(path.relative_to(folder).as_posix()), label, role, PictureFile(path), _person(path.name, person)
        )
        for label, path in files
    )
    return PictureDataset(
        name=str(folder),
        classes=tuple(_printable(place.name) for place in places),
        emotions=tuple(emotions[place.name] if emotions else emotion_of_folder(place.name) for place in places),
        samples=samples,
        identity=[(str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns) for _, path in files],
    )


def _pictures_of(place: Path) -> Iterator[Path]:
    for path in sorted(place.rglob('*')):
        hidden = any(part.startswith('.') for part in path.relative_to(place.parent).parts)
        if path.suffix.lower() in PICTURE_SUFFIXES and not hidden and not path.is_dir():
            yield path


def _person(name: str, pattern: str) -> str:
    found = re.search(pattern, name) if pattern else None
    return found[1] if found else ''


def _printable(name: str) -> str:
    """A name that any file or terminal accepts: Linux allows bytes in names that are not UTF-8."""
    return name.encode(errors='replace').decode()
