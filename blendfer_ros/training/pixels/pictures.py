"""FER2013 as the CNN is trained on it: grey pictures, where the face is in each, and the targets of both heads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from blendfer_ros.core.errors import DatasetError
from blendfer_ros.core.face import WHOLE_PICTURE, FloatArray
from blendfer_ros.core.image_types import GreyImage
from blendfer_ros.datasets.faces import load_faces
from blendfer_ros.datasets.ferplus import FerPlus
from blendfer_ros.datasets.pictures import PictureDataset, Role
from blendfer_ros.perception.crops import Square, square_of_box, square_of_landmarks


@dataclass(frozen=True)
class PixelPictures:
    """n labelled grey pictures.

    sample_ids: (n,) str. greys: each (height, width) uint8. whole: for each the square that is all of it.
    aligned: for each the square around its landmarks; None where FaceLandmarker finds no face.
    labels: (n,) index into the expressions of FER2013. votes: (n, 8) share of the votes of FER+ for each expression.
    """

    sample_ids: npt.NDArray[np.str_]
    greys: tuple[GreyImage, ...]
    whole: tuple[Square, ...]
    aligned: tuple[Square | None, ...]
    labels: npt.NDArray[np.int64]
    votes: FloatArray

    def __len__(self) -> int:
        return len(self.greys)


def load_pictures(dataset: PictureDataset, bundle: Path, votes: FerPlus, role: Role) -> PixelPictures:
    """The pictures of one role on which somebody voted for an expression.

    Args:
        dataset: FER2013.
        bundle: the FaceLandmarker bundle.
        votes: of FER+.
        role: which pictures.

    Raises:
        DatasetError: the data set is damaged, or there are no votes on it.
    """
    of_role = dataset.of_role(role)
    faces = load_faces(dataset, bundle, roles=[role])
    chosen = [i for i, sample in enumerate(of_role.samples) if votes.shares(sample.sample_id) is not None]
    if not chosen:
        raise DatasetError(f'FER+ has no votes on the pictures of {dataset.split_name(role)}')
    pictures = [of_role.samples[i] for i in chosen]
    greys = tuple(
        np.asarray(cv2.cvtColor(picture.picture.load(), cv2.COLOR_RGB2GRAY), np.uint8) for picture in pictures
    )
    aligned = tuple(
        square_of_landmarks(faces.landmarks[i], grey.shape[1], grey.shape[0]) if faces.detected[i] else None
        for i, grey in zip(chosen, greys, strict=True)
    )
    return PixelPictures(
        sample_ids=np.array([picture.sample_id for picture in pictures]),
        greys=greys,
        whole=tuple(square_of_box(WHOLE_PICTURE, grey.shape[1], grey.shape[0]) for grey in greys),
        aligned=aligned,
        labels=np.array([picture.label for picture in pictures], np.int64),
        votes=np.array([votes.shares(picture.sample_id) for picture in pictures], np.float32),
    )
