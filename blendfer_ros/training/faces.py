"""The faces of a training: those of FER2013, augmented copies of them, and users' own."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from blendfer_ros.core.emotions import HAPPY, SAD, emotion_of_label
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.core.face import FloatArray
from blendfer_ros.core.landmarks import N_LANDMARKS
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.faces import load_faces
from blendfer_ros.datasets.fer2013 import EMOTION_OF_EXPRESSION, EXPRESSIONS
from blendfer_ros.datasets.ferplus import EXPRESSION_OF_COLUMN, FerPlus
from blendfer_ros.datasets.pictures import PictureDataset, Role
from blendfer_ros.datasets.variation import ROTATED, SMALL, Variation

# By the option of a recipe that asks for such copies.
VARIATIONS: Final[dict[str, Variation]] = {'rotated': ROTATED, 'small': SMALL}

# The share of persons or recordings among users' own faces that is kept for validation.
VALIDATION_SHARE: Final = 0.2


@dataclass(frozen=True)
class TrainingFaces:
    """Faces of one class list.

    training, validation: to train on, and to choose epochs and calibrate by.
    copies: augmented training pictures, by key of VARIATIONS; row for row those of `training`.
    validation_name: what the data set calls its validation split.
    votes: of FER+, for recipes that use them as targets. own: users' own faces, of both roles.
    varied: scores of `training` for sequences, as `pixels.sequences.load_varied_scores` gives them.
    """

    training: FaceDataset
    validation: FaceDataset
    validation_name: str
    copies: Mapping[str, FaceDataset] = field(default_factory=dict)
    votes: FerPlus | None = None
    own: FaceDataset | None = None
    varied: FloatArray | None = None

    def lost_per_class(self) -> dict[str, dict[str, int]]:
        """How many pictures have no face, by part and class."""
        parts = {'training': self.training, **self.copies, 'validation': self.validation}
        return {name: part.lost_per_class() for name, part in parts.items()}


def load_training_faces(
    dataset: PictureDataset,
    bundle: Path,
    copies: Collection[str] = (),
    votes: FerPlus | None = None,
    expressions: Path | None = None,
) -> TrainingFaces:
    """Run FaceLandmarker on what training needs of a data set, or take it from the cache; errors as `load_faces`.

    Args:
        dataset: FER2013.
        bundle: the FaceLandmarker bundle.
        copies: keys of VARIATIONS; each takes as long as the training pictures themselves.
        votes: of FER+.
        expressions: the network that looks at the pixels; None: faces get no expression scores.
    """
    load = partial(load_faces, dataset, bundle, expressions=expressions)
    return TrainingFaces(
        training=load(roles=[Role.TRAIN]),
        validation=load(roles=[Role.VALIDATION]),
        validation_name=dataset.split_name(Role.VALIDATION),
        copies={name: load(VARIATIONS[name], [Role.TRAIN]) for name in copies},
        votes=votes,
    )


def as_own(parts: Sequence[FaceDataset]) -> FaceDataset:
    """Users' own faces, labelled with the expressions of FER2013; a share of the persons is kept for validation.

    A label that is none of these expressions becomes that of its emotion, and unknown becomes neutral.

    Args:
        parts: at least one; each row without a person counts as a person of its own.

    Raises:
        DatasetError: there is no face.
    """
    own = FaceDataset.joined([_with_expressions(part.with_face()) for part in parts])
    if not len(own):
        raise DatasetError('there is no face in these data to learn from')
    groups = np.where(own.persons == '', own.sample_ids, own.persons)
    kept = np.isin(groups, _chosen(groups))
    return replace(own, roles=np.where(kept, Role.VALIDATION.value, Role.TRAIN.value))


def only_own(own: FaceDataset) -> TrainingFaces:
    """A training on users' own faces alone.

    Raises:
        DatasetError: they are of too few persons to keep one for validation.
    """
    if not len(own.of_role(Role.VALIDATION)):
        raise DatasetError('these data are of too few persons to keep some for validation: give more, or use --also')
    nobody = own.where(np.zeros(len(own), np.bool_))
    # Nobody voted on these faces, whatever targets the recipe has.
    return TrainingFaces(nobody, nobody, 'validation', votes=FerPlus({}), own=own)


def _with_expressions(faces: FaceDataset) -> FaceDataset:
    indices = np.array([EXPRESSIONS.index(_expression_of(name)) for name in faces.classes])
    return replace(
        faces,
        classes=EXPRESSIONS,
        emotions=EMOTION_OF_EXPRESSION,
        labels=indices[faces.labels],
        # Not learnt from, and of recordings not known.
        landmarks=np.zeros((len(faces), N_LANDMARKS, 3), np.float16),
    )


def _expression_of(label: str) -> str:
    folded = label.strip().casefold()
    if folded in EXPRESSIONS:
        return folded
    if folded in EXPRESSION_OF_COLUMN:
        return EXPRESSION_OF_COLUMN[folded]
    emotion = emotion_of_label(label)
    return emotion if emotion in (HAPPY, SAD) else 'neutral'


def _chosen(groups: npt.NDArray[np.str_]) -> list[str]:
    """The groups for validation: the same in every run, wherever the files are; none of a single group."""
    order = sorted(set(groups.tolist()), key=lambda group: hashlib.sha256(group.encode()).digest())
    return order[: round(VALIDATION_SHARE * len(order))]
