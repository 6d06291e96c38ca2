"""The common form of all sources of labelled pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.face import FloatArray
from blendfer_ros.core.image_types import RgbImage


class Role(Enum):
    """What a picture is for: training, choosing (validation), or the final measurement (test)."""

    TRAIN = 'train'
    VALIDATION = 'validation'
    TEST = 'test'


class Picture(Protocol):
    """Pixels that are read when wanted; can be sent to another process."""

    def load(self) -> RgbImage:
        """(height, width, 3) uint8.

        Raises:
            DatasetError: the data set is damaged there.
            FrameError: this is one of many files, and it is no picture.
        """
        ...


@dataclass(frozen=True)
class PictureSample:
    """One labelled picture.

    sample_id: unique in its data set, and kept all the way to the predictions.
    label: index into `PictureDataset.classes`. person: who is shown, where the source tells; otherwise empty.
    """

    sample_id: str
    label: int
    role: Role
    picture: Picture
    person: str = ''


@dataclass(frozen=True)
class PictureDataset:
    """Labelled pictures.

    name: for people and model cards. classes: those of the source, in the order of its class numbers.
    emotions: the emotion that each class means, one of `core.emotions.EMOTIONS`.
    identity: changes when a picture does; can be written as JSON. split_names: what the source calls each role.
    """

    name: str
    classes: tuple[str, ...]
    emotions: tuple[str, ...]
    samples: tuple[PictureSample, ...]
    identity: Any
    split_names: Mapping[Role, str] = field(default_factory=dict)

    def of_role(self, role: Role) -> PictureDataset:
        """The samples of one role."""
        return replace(self, samples=tuple(sample for sample in self.samples if sample.role is role))

    def split_name(self, role: Role) -> str:
        """What the source calls a role."""
        return self.split_names.get(role, role.value)

    def picture_of(self) -> Callable[[str], RgbImage]:
        """A function that gives the picture of a `sample_id`."""
        pictures = {sample.sample_id: sample.picture for sample in self.samples}
        return lambda sample_id: pictures[sample_id].load()


def emotion_indices(emotions: Sequence[str]) -> npt.NDArray[np.int64]:
    """(n,) index into EMOTIONS of each class's emotion."""
    return np.array([EMOTIONS.index(emotion) for emotion in emotions], np.int64)


def classes_to_emotions(emotions: Sequence[str]) -> FloatArray:
    """(n, len(EMOTIONS)) matrix that sums probabilities of n classes to those of their emotions."""
    return np.eye(len(EMOTIONS), dtype=np.float32)[emotion_indices(emotions)]


ALL_ROLES: Final = tuple(Role)
