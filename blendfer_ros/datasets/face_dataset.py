"""What is known of the faces in labelled pictures, a row for each picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from blendfer_ros.classification.features import parts_of
from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES, MIRRORED_BLENDSHAPES
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.expressions import EXPRESSION_NAMES
from blendfer_ros.core.face import NOTHING_KNOWN, Face, FloatArray, HeadPose, Region
from blendfer_ros.core.landmarks import GEOMETRY_SIZE, N_LANDMARKS
from blendfer_ros.datasets.pictures import PictureDataset, Role, emotion_indices
from blendfer_ros.perception.geometry import mirror_geometry


@dataclass(frozen=True)
class FaceDataset:
    """What FaceLandmarker finds in every picture; row i of each array is the same picture.

    classes, emotions: as in `PictureDataset`.
    sample_ids: (n,) str. labels: (n,) index into `classes`. roles, persons: (n,) str.
    detected: (n,) bool; where False, the numbers of that row are zeros.
    unreadable: (n,) bool, files that are no picture.
    blendshapes: (n, 52). geometry: (n, GEOMETRY_SIZE). poses: (n, 3) roll, pitch, yaw [rad].
    regions: (n, 4) x_min, y_min, x_max, y_max. landmarks: (n, 478, 3), as in `Face`.
    expressions: (n, 15) expression scores, and expression_models: (n,) str, which network they are from; empty where
    there are none.
    """

    classes: tuple[str, ...]
    emotions: tuple[str, ...]
    sample_ids: npt.NDArray[np.str_]
    labels: npt.NDArray[np.int64]
    roles: npt.NDArray[np.str_]
    persons: npt.NDArray[np.str_]
    detected: npt.NDArray[np.bool_]
    unreadable: npt.NDArray[np.bool_]
    blendshapes: FloatArray
    geometry: FloatArray
    poses: FloatArray
    regions: FloatArray
    landmarks: npt.NDArray[np.float16]
    expressions: FloatArray
    expression_models: npt.NDArray[np.str_]

    @classmethod
    def empty(cls, dataset: PictureDataset) -> FaceDataset:
        """A row for each picture, with no face detected yet."""
        samples = dataset.samples
        n = len(samples)
        return cls(
            classes=dataset.classes,
            emotions=dataset.emotions,
            sample_ids=np.array([sample.sample_id for sample in samples]),
            labels=np.array([sample.label for sample in samples]),
            roles=np.array([sample.role.value for sample in samples]),
            persons=np.array([sample.person for sample in samples]),
            detected=np.zeros(n, np.bool_),
            unreadable=np.zeros(n, np.bool_),
            blendshapes=np.zeros((n, len(BLENDSHAPE_NAMES)), np.float32),
            geometry=np.zeros((n, GEOMETRY_SIZE), np.float32),
            poses=np.zeros((n, 3), np.float32),
            regions=np.zeros((n, 4), np.float32),
            landmarks=np.zeros((n, N_LANDMARKS, 3), np.float16),
            **no_expressions(n),
        )

    @classmethod
    def of_blendshapes(
        cls, sample_ids: Sequence[str], emotion_labels: npt.NDArray[np.int64], blendshapes: FloatArray
    ) -> FaceDataset:
        """Faces of which only the blendshapes are known.

        Args:
            sample_ids: (n,).
            emotion_labels: (n,) index into EMOTIONS.
            blendshapes: (n, 52).
        """
        n = len(sample_ids)
        return cls(
            classes=EMOTIONS,
            emotions=EMOTIONS,
            sample_ids=np.array(sample_ids, np.str_),
            labels=emotion_labels,
            roles=np.full(n, Role.TEST.value),
            persons=np.full(n, ''),
            detected=np.ones(n, np.bool_),
            unreadable=np.zeros(n, np.bool_),
            blendshapes=blendshapes,
            geometry=np.zeros((n, 0), np.float32),
            poses=np.zeros((n, 3), np.float32),
            regions=np.zeros((n, 4), np.float32),
            landmarks=np.zeros((n, 0, 3), np.float16),
            **no_expressions(n),
        )

    def __len__(self) -> int:
        return len(self.sample_ids)

    @property
    def emotion_labels(self) -> npt.NDArray[np.int64]:
        """(n,) index into `core.emotions.EMOTIONS`."""
        return emotion_indices(self.emotions)[self.labels]

    def features(self, feature_set: str) -> FloatArray:
        """(n, m) feature vectors, one row per picture."""
        return np.concatenate([getattr(self, part) for part in parts_of(feature_set)], axis=1)

    def faces(self) -> Iterator[Face]:
        """Each row as a face, including those where none was detected."""
        for i, sample_id in enumerate(self.sample_ids):
            yield Face(
                self.blendshapes[i],
                self.geometry[i],
                HeadPose(*map(float, self.poses[i])),
                Region(*map(float, self.regions[i])),
                str(sample_id),
                self.landmarks[i].astype(np.float32),
                self.expressions[i] if self.expression_models[i] else NOTHING_KNOWN,
                str(self.expression_models[i]),
            )

    def mirrored(self) -> FaceDataset:
        """The faces of the mirror images, exact for blendshapes and geometry; expression scores stay as they are."""
        return replace(
            self,
            blendshapes=self.blendshapes[:, MIRRORED_BLENDSHAPES],
            geometry=mirror_geometry(self.geometry),
        )

    @classmethod
    def joined(cls, parts: Sequence[FaceDataset]) -> FaceDataset:
        """The rows of all parts, which have the same classes, one part after the other."""
        arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ARRAYS}
        return cls(parts[0].classes, parts[0].emotions, **arrays)

    def where(self, mask: npt.NDArray[np.bool_]) -> FaceDataset:
        """The rows where `mask` (n,) is True."""
        return replace(self, **{name: getattr(self, name)[mask] for name in ARRAYS})

    def relabelled(self, dataset: PictureDataset) -> FaceDataset:
        """The rows of the pictures in `dataset`, which has the same classes, with its labels."""
        labels = {sample.sample_id: sample.label for sample in dataset.samples}
        rows = self.where(np.isin(self.sample_ids, list(labels)))
        return replace(rows, labels=np.array([labels[str(sample_id)] for sample_id in rows.sample_ids]))

    def with_face(self) -> FaceDataset:
        """The rows in which a face was detected."""
        return self.where(self.detected)

    def of_role(self, role: Role) -> FaceDataset:
        """The rows of one role."""
        return self.where(self.roles == role.value)

    def lost_per_class(self) -> dict[str, int]:
        """How many pictures of each class show FaceLandmarker no face."""
        return {name: int((~self.detected & (self.labels == i)).sum()) for i, name in enumerate(self.classes)}


ARRAYS = tuple(name for name in FaceDataset.__dataclass_fields__ if name not in ('classes', 'emotions'))


def no_expressions(n: int) -> dict[str, npt.NDArray[Any]]:
    """The columns of `n` faces whose pixels nobody has looked at."""
    return {'expressions': np.zeros((n, len(EXPRESSION_NAMES)), np.float32), 'expression_models': np.full(n, '')}
