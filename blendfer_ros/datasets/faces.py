"""Labelled pictures → faces: prepared, run through FaceLandmarker on all cores, and cached."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from blendfer_ros.classification.features import parts_of
from blendfer_ros.core.assets import BUNDLE_SHA256, cache_dir
from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES, MIRRORED_BLENDSHAPES
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.errors import BlendferError, DatasetError, FrameError
from blendfer_ros.core.expressions import EXPRESSION_NAMES
from blendfer_ros.core.face import NOTHING_KNOWN, Face, FloatArray, HeadPose, Region
from blendfer_ros.core.files import read_arrays, write_arrays
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.landmarks import GEOMETRY_LANDMARKS, GEOMETRY_SIZE, N_LANDMARKS
from blendfer_ros.datasets.pictures import ALL_ROLES, PictureDataset, PictureSample, Role, emotion_indices
from blendfer_ros.perception.expressions import ExpressionNetwork
from blendfer_ros.perception.geometry import mirror_geometry
from blendfer_ros.perception.parallel import detect_all
from blendfer_ros.perception.stills import STILLS_VERSION, Attempt, still_attempts

# Raise it when what the cache holds changes.
CACHE_VERSION = 3
# How many pictures an interrupted run has processed, beside their faces.
N_DONE = 'n_done'


@dataclass(frozen=True)
class Variation:
    """How a picture is augmented before FaceLandmarker processes it; by default not at all.

    max_rotation_deg: rotated by a random angle of at most this. scale: reduced to this fraction of its size.
    seed: of the angles.
    """

    max_rotation_deg: float = 0.0
    scale: float = 1.0
    seed: int = 0

    def attempts(self, rgb: RgbImage, sample_id: str) -> Iterator[Attempt]:
        """What to show FaceLandmarker, one after the other, of a picture (height, width, 3) uint8."""
        for attempt in still_attempts(self._scaled(rgb)):
            yield replace(attempt, rgb=self._rotated(attempt.rgb, sample_id))

    def of(self, rgb: RgbImage, sample_id: str) -> RgbImage:
        """The picture itself as varied, in which the places of the face found are."""
        return self._rotated(self._scaled(rgb), sample_id)

    def _scaled(self, rgb: RgbImage) -> RgbImage:
        if self.scale == 1.0:
            return rgb
        height_px, width_px = (max(1, round(side * self.scale)) for side in rgb.shape[:2])
        return np.asarray(cv2.resize(rgb, (width_px, height_px), interpolation=cv2.INTER_AREA), np.uint8)

    def _rotated(self, rgb: RgbImage, sample_id: str) -> RgbImage:
        if not self.max_rotation_deg:
            return rgb
        rng = np.random.default_rng((self.seed, zlib.crc32(sample_id.encode())))
        angle_deg = rng.uniform(-self.max_rotation_deg, self.max_rotation_deg)
        height_px, width_px = rgb.shape[:2]
        matrix = cv2.getRotationMatrix2D((width_px / 2.0, height_px / 2.0), angle_deg, 1.0)
        return np.asarray(cv2.warpAffine(rgb, matrix, (width_px, height_px), borderMode=cv2.BORDER_REPLICATE), np.uint8)


UPRIGHT = Variation()
# The paper rotates pictures by up to 0.2 × 180 degrees either way.
ROTATED = Variation(max_rotation_deg=36.0)
# Half the pixels of FER2013, which has few already: what FaceLandmarker's numbers owe to resolution.
SMALL = Variation(scale=0.5)


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
            **_no_expressions(n),
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
            **_no_expressions(n),
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
# What FaceLandmarker's cache holds; expression scores have one of their own, for their network changes more often.
_OF_LANDMARKER = tuple(name for name in ARRAYS if not name.startswith('expression'))


def _no_expressions(n: int) -> dict[str, npt.NDArray[Any]]:
    return {'expressions': np.zeros((n, len(EXPRESSION_NAMES)), np.float32), 'expression_models': np.full(n, '')}


def load_faces(
    dataset: PictureDataset,
    bundle: Path,
    variation: Variation = UPRIGHT,
    roles: Sequence[Role] = ALL_ROLES,
    workers: int | None = None,
    cache: Path | None = None,
    expressions: Path | None = None,
) -> FaceDataset:
    """The faces of labelled pictures, from the cache when they were processed before.

    Args:
        dataset: the pictures.
        bundle: the FaceLandmarker bundle.
        variation: how pictures are changed first.
        roles: which pictures; a role without pictures is an error.
        workers: processes; as many as there are cores by default.
        cache: folder of the cache; `assets.cache_dir()` by default.
        expressions: the `.tflite` file of the network that looks at the pixels; None: no expression scores.

    Raises:
        DatasetError: the data set is damaged, or has no picture in one of these roles.
        ModelError: the network cannot be loaded.
    """
    network = ExpressionNetwork(expressions) if expressions else None
    parts = []
    for role in roles:
        of_role = dataset.of_role(role)
        if not of_role.samples:
            raise DatasetError(f'{dataset.name} has no picture in the split {dataset.split_name(role)}')
        stored = (cache or cache_dir() / 'faces') / f'{role.value}_{_cache_key(of_role, variation)}.npz'
        if not stored.is_file():
            begun = stored.with_suffix('.part.npz')
            made = _extract(of_role, bundle, variation, role, workers, begun)
            write_arrays(stored, {name: getattr(made, name) for name in _OF_LANDMARKER})
        # Labels do not come from the cache: the same pictures may have been relabelled.
        labels = {'labels': np.array([sample.label for sample in of_role.samples])}
        columns = _no_expressions(len(of_role.samples)) | read_arrays(stored) | labels
        faces = FaceDataset(dataset.classes, dataset.emotions, **columns)
        if network:
            scored = stored.with_name(f'{stored.stem}_{network.card.model_id}.npz')
            faces = _looked_at(faces, of_role, variation, network, scored)
        parts.append(faces)
    return FaceDataset.joined(parts)


def _looked_at(
    faces: FaceDataset, dataset: PictureDataset, variation: Variation, network: ExpressionNetwork, stored: Path
) -> FaceDataset:
    """The faces with their expression scores, from the cache `stored` when they were scored before."""
    if not stored.is_file():
        scores = np.zeros((len(faces), len(EXPRESSION_NAMES)), np.float32)
        rows = zip(faces.faces(), dataset.samples, strict=True)
        for i, (face, sample) in enumerate(tqdm(rows, 'expressions', len(faces), unit='img')):
            if faces.detected[i]:
                rgb = variation.of(sample.picture.load(), sample.sample_id)
                scores[i] = network.look_at(face, rgb).expression_scores
        write_arrays(stored, {'expressions': scores})
    models = np.where(faces.detected, network.card.model_id, '')
    return replace(faces, expressions=read_arrays(stored)['expressions'], expression_models=models)


def _cache_key(dataset: PictureDataset, variation: Variation) -> str:
    identity = [
        dataset.identity,
        [sample.sample_id for sample in dataset.samples],
        asdict(variation),
        CACHE_VERSION,
        STILLS_VERSION,
        BUNDLE_SHA256,
        GEOMETRY_LANDMARKS,
    ]
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:24]


@dataclass(frozen=True)
class _VariedPicture:
    sample: PictureSample
    variation: Variation

    def attempts(self) -> Iterator[Attempt]:
        return self.variation.attempts(self.sample.picture.load(), self.sample.sample_id)


def _extract(
    dataset: PictureDataset, bundle: Path, variation: Variation, role: Role, workers: int | None, begun: Path
) -> FaceDataset:
    """The faces of all pictures; what is interrupted is kept in `begun`, and goes on from there the next time."""
    made = FaceDataset.empty(dataset)
    n_done = _go_on(made, begun)
    pictures = [_VariedPicture(sample, variation) for sample in dataset.samples[n_done:]]
    try:
        if pictures:
            for face in detect_all(pictures, bundle, f'FaceLandmarker, {dataset.split_name(role)}', workers):
                _enter(made, n_done, face)
                n_done += 1
    except BaseException:
        if n_done:
            write_arrays(begun, {name: getattr(made, name) for name in _OF_LANDMARKER} | {N_DONE: np.array(n_done)})
        raise
    begun.unlink(missing_ok=True)
    return made


def _go_on(made: FaceDataset, begun: Path) -> int:
    """Take over what an interrupted run has found; how many pictures that are."""
    if not begun.is_file():
        return 0
    arrays = read_arrays(begun)
    for name in _OF_LANDMARKER:
        getattr(made, name)[...] = arrays[name]
    return int(arrays[N_DONE])


def _enter(made: FaceDataset, i: int, face: Face | FrameError | DatasetError | None) -> None:
    """Enter what was found in picture `i`; raises DatasetError when that is what was found."""
    if isinstance(face, FrameError):
        made.unreadable[i] = True
    elif isinstance(face, BlendferError):
        raise face
    elif face is not None:
        made.detected[i] = True
        made.blendshapes[i] = face.blendshapes
        made.geometry[i] = face.geometry
        made.poses[i] = astuple(face.pose)
        made.regions[i] = astuple(face.region)
        made.landmarks[i] = face.landmarks
