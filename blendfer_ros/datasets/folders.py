"""How good a model is on somebody's own pictures, sorted into a folder for each label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from blendfer_ros.classification.backends.tflite import EmotionModel
from blendfer_ros.classification.features import feature_vector
from blendfer_ros.core.emotions import EMOTIONS, emotion_of_folder
from blendfer_ros.core.errors import BlendferError, DatasetError
from blendfer_ros.core.face import Face
from blendfer_ros.evaluation.stills.predictions import Predictions, predict
from blendfer_ros.perception.decoding import RgbImage
from blendfer_ros.perception.parallel import detect_all
from blendfer_ros.perception.stills import read_still, still_attempts
from blendfer_ros.perception.video import PICTURE_SUFFIXES

REMEDY: Final = 'expected a sub-folder of pictures for each label, such as happy, sad and neutral'


@dataclass(frozen=True)
class LabelledPicture:
    """A picture file.

    name: its path below the folder of label folders. label: the name of its label folder.
    """

    path: Path
    name: str
    label: str

    def attempts(self) -> Iterator[RgbImage]:
        """What to show FaceLandmarker in turn; raises FrameError when the file is no picture."""
        return still_attempts(read_still(self.path))


@dataclass(frozen=True)
class LabelledFolder:
    """Pictures in order of name, and what each label folder counts as: one of `core.emotions.EMOTIONS`."""

    path: Path
    emotions: dict[str, str]
    pictures: tuple[LabelledPicture, ...]


@dataclass(frozen=True)
class ImageEvaluation:
    """What came of labelled pictures.

    n: pictures in all. unreadable: names of those that could not be read, which count in `n`.
    per_label: for each label folder, the number of its pictures with a face, and of all its pictures.
    """

    predictions: Predictions
    n: int
    unreadable: tuple[str, ...]
    per_label: dict[str, tuple[int, int]]


def find_pictures(folder: Path) -> LabelledFolder:
    """The pictures below each sub-folder, whose name is their label. Hidden files and folders are passed over.

    Raises:
        DatasetError: there is no such folder, or it has no sub-folders, or they have no pictures.
    """
    try:
        places = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith('.'))
        pictures = tuple(picture for place in places for picture in _pictures_of(place))
    except OSError as error:
        raise DatasetError(f'{folder} cannot be read ({error.strerror or error}): {REMEDY}') from error
    if not places:
        raise DatasetError(f'{folder} has no sub-folders: {REMEDY}')
    if not pictures:
        raise DatasetError(f'no {", ".join(sorted(PICTURE_SUFFIXES))} in the sub-folders of {folder}: {REMEDY}')
    return LabelledFolder(folder, {_printable(place.name): emotion_of_folder(place.name) for place in places}, pictures)


def evaluate_images(
    model: EmotionModel, folder: LabelledFolder, bundle: Path, workers: int | None = None
) -> ImageEvaluation:
    """Run FaceLandmarker and the model on each picture.

    Args:
        model: whose answers are wanted.
        folder: as `find_pictures` gives it.
        bundle: the FaceLandmarker bundle.
        workers: processes; as many as there are cores by default.

    Raises:
        DatasetError: no picture has a face.
    """
    found = list(detect_all(folder.pictures, bundle, 'FaceLandmarker', workers))
    answers = list(zip(folder.pictures, found, strict=True))
    unreadable = tuple(picture.name for picture, answer in answers if isinstance(answer, BlendferError))
    faces = [(picture, answer) for picture, answer in answers if isinstance(answer, Face)]
    if not faces:
        raise DatasetError(
            f'FaceLandmarker finds no face in any of the {len(found)} pictures of {folder.path} '
            f'({len(unreadable)} cannot be read): give pictures that show a face from the front'
        )
    with_face = Counter(picture.label for picture, _ in faces)
    in_all = Counter(picture.label for picture in folder.pictures)
    return ImageEvaluation(
        predictions=_predict(model, folder, faces),
        n=len(found),
        unreadable=unreadable,
        per_label={label: (with_face[label], in_all[label]) for label in folder.emotions},
    )


def _pictures_of(place: Path) -> Iterator[LabelledPicture]:
    for path in sorted(place.rglob('*')):
        name = path.relative_to(place.parent)
        hidden = any(part.startswith('.') for part in name.parts)
        if path.suffix.lower() in PICTURE_SUFFIXES and not hidden and not path.is_dir():
            yield LabelledPicture(path, _printable(name.as_posix()), _printable(place.name))


def _printable(name: str) -> str:
    """A name that any file or terminal takes: Linux allows bytes in names that are not UTF-8."""
    return name.encode(errors='replace').decode()


def _predict(model: EmotionModel, folder: LabelledFolder, faces: Sequence[tuple[LabelledPicture, Face]]) -> Predictions:
    return predict(
        model,
        ids=[picture.name for picture, _ in faces],
        labels=np.array([EMOTIONS.index(folder.emotions[picture.label]) for picture, _ in faces], np.int64),
        blendshapes=np.array([face.blendshapes for _, face in faces]),
        features=np.array([feature_vector(face, model.card.feature_set) for _, face in faces]),
    )
