"""Faces made up such that a smile is happy and a frown sad, so that training is quick and its outcome known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.landmarks import GEOMETRY_SIZE
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.fer2013 import EMOTION_OF_EXPRESSION, EXPRESSIONS, SPLITS
from blendfer_ros.datasets.pictures import PictureDataset, PictureSample, Role

SMILES = [BLENDSHAPE_NAMES.index(f'mouthSmile{side}') for side in ('Left', 'Right')]
FROWNS = [BLENDSHAPE_NAMES.index(f'mouthFrown{side}') for side in ('Left', 'Right')]


@dataclass(frozen=True)
class NoPicture:
    """A picture of which only the label matters."""

    def load(self) -> RgbImage:
        raise AssertionError('nobody should look at the pixels')


def made_up_pictures(labels: Sequence[int], role: Role, ids: Sequence[str] | None = None) -> PictureDataset:
    """Pictures of FER2013's expressions with these labels, called after their split unless named by `ids`."""
    names = [f'{SPLITS[role]}_{i}' for i in range(len(labels))] if ids is None else ids
    samples = tuple(
        PictureSample(name, int(label), role, NoPicture()) for name, label in zip(names, labels, strict=True)
    )
    return PictureDataset('made up', EXPRESSIONS, EMOTION_OF_EXPRESSION, samples, 'made up', SPLITS)


def made_up_faces(role: Role, n: int, seed: int) -> FaceDataset:
    """`n` pictures, one in ten without a face."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, len(EXPRESSIONS), n)
    blendshapes = rng.uniform(0.0, 0.3, (n, len(BLENDSHAPE_NAMES))).astype(np.float32)
    for name, scores in (('happy', SMILES), ('sad', FROWNS)):
        blendshapes[np.ix_(labels == EXPRESSIONS.index(name), scores)] += 0.5
    geometry = rng.normal(size=(n, GEOMETRY_SIZE)).astype(np.float32)
    for name, numbers in (('happy', slice(0, 60)), ('sad', slice(60, 120))):
        geometry[labels == EXPRESSIONS.index(name), numbers] += 2.0
    return replace(
        FaceDataset.empty(made_up_pictures(labels.tolist(), role)),
        detected=rng.random(n) > 0.1,
        blendshapes=blendshapes,
        geometry=geometry,
    )


@dataclass(frozen=True)
class DamagedPicture:
    """A picture of a data set that is damaged there."""

    def load(self) -> RgbImage:
        """Raise DatasetError."""
        raise DatasetError('damaged')
