"""FER2013 pictures → faces, once: prepared, run through FaceLandmarker on all cores, kept in a cache."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from blendfer_ros.classification.features import join_features
from blendfer_ros.core.assets import BUNDLE_SHA256, cache_dir, sha256_of
from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES, MIRRORED_BLENDSHAPES
from blendfer_ros.core.errors import BlendferError, DatasetError
from blendfer_ros.core.face import FloatArray
from blendfer_ros.core.landmarks import GEOMETRY_LANDMARKS, GEOMETRY_SIZE
from blendfer_ros.datasets.fer2013 import EMOTION_OF_EXPRESSION, EXPRESSIONS, SPLITS, FerImage, GreyImage, read_fer2013
from blendfer_ros.perception.decoding import RgbImage
from blendfer_ros.perception.geometry import mirror_geometry
from blendfer_ros.perception.parallel import detect_all
from blendfer_ros.perception.stills import STILLS_VERSION, still_attempts


@dataclass(frozen=True)
class Variation:
    """How a picture is changed before FaceLandmarker sees it, for augmentation; by default not at all.

    max_rotation_deg: turned by a random angle up to this.
    seed: of those angles.
    """

    max_rotation_deg: float = 0.0
    seed: int = 0

    def pictures(self, grey: GreyImage, image_id: str) -> Iterator[RgbImage]:
        """What to show FaceLandmarker in turn, each (n, n, 3) uint8."""
        for attempt in still_attempts(np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), np.uint8)):
            yield self._turned(attempt, image_id) if self.max_rotation_deg else attempt

    def _turned(self, picture: RgbImage, image_id: str) -> RgbImage:
        rng = np.random.default_rng((self.seed, zlib.crc32(image_id.encode())))
        angle_deg = rng.uniform(-self.max_rotation_deg, self.max_rotation_deg)
        size = picture.shape[0]
        matrix = cv2.getRotationMatrix2D((size / 2.0, size / 2.0), angle_deg, 1.0)
        return np.asarray(cv2.warpAffine(picture, matrix, (size, size), borderMode=cv2.BORDER_REPLICATE), np.uint8)


UPRIGHT = Variation()
# The paper turns pictures by up to 0.2 x 180 degrees either way.
TURNED = Variation(max_rotation_deg=36.0)


@dataclass(frozen=True)
class FaceDataset:
    """What FaceLandmarker makes of every picture; row i of each array is the same picture.

    image_ids: (n,) str. expressions: (n,) index into EXPRESSIONS. splits: (n,) str.
    detected: (n,) bool; where False, the numbers of that row are zeros.
    blendshapes: (n, 52). geometry: (n, GEOMETRY_SIZE).
    """

    image_ids: npt.NDArray[np.str_]
    expressions: npt.NDArray[np.int64]
    splits: npt.NDArray[np.str_]
    detected: npt.NDArray[np.bool_]
    blendshapes: FloatArray
    geometry: FloatArray

    @property
    def emotions(self) -> npt.NDArray[np.int64]:
        """(n,) index into `core.emotions.EMOTIONS`."""
        return np.array(EMOTION_OF_EXPRESSION)[self.expressions]

    def features(self, feature_set: str) -> FloatArray:
        """(n, m) what a model is fed, one row a picture."""
        return join_features(self.blendshapes, self.geometry, feature_set)

    def mirrored(self) -> FaceDataset:
        """What FaceLandmarker would make of the mirror images, computed exactly in feature space."""
        return replace(
            self,
            blendshapes=self.blendshapes[:, MIRRORED_BLENDSHAPES],
            geometry=mirror_geometry(self.geometry),
        )

    @classmethod
    def joined(cls, parts: Sequence[FaceDataset]) -> FaceDataset:
        """The rows of each part in turn."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__dataclass_fields__))

    def where(self, mask: npt.NDArray[np.bool_]) -> FaceDataset:
        """The rows where `mask` (n,) is True."""
        return FaceDataset(*(getattr(self, name)[mask] for name in self.__dataclass_fields__))

    def of_split(self, split: str) -> FaceDataset:
        """The rows of one of `fer2013.SPLITS`."""
        return self.where(self.splits == split)

    def lost_per_expression(self) -> dict[str, int]:
        """How many pictures of each expression FaceLandmarker could not read."""
        return {name: int((~self.detected & (self.expressions == i)).sum()) for i, name in enumerate(EXPRESSIONS)}


def load_faces(
    path: Path,
    bundle: Path,
    variation: Variation = UPRIGHT,
    splits: Sequence[str] = SPLITS,
    workers: int | None = None,
    cache: Path | None = None,
) -> FaceDataset:
    """The faces of FER2013, from the cache when these pictures went through before.

    Args:
        path: as for `read_fer2013`.
        bundle: the FaceLandmarker bundle.
        variation: how pictures are changed first.
        splits: which of `fer2013.SPLITS`; all by default.
        workers: processes; as many as there are cores by default.
        cache: folder of the cache; `assets.cache_dir()` by default.

    Raises:
        DatasetError: FER2013 cannot be read, or has no picture in one of these splits.
    """
    images = read_fer2013(path)
    content = sha256_of(path) if path.is_file() else _listing_of(path)
    parts = []
    for split in splits:
        of_split = [image for image in images if image.split == split]
        if not of_split:
            raise DatasetError(f'{path} has no picture in the split {split}')
        stored = (cache or cache_dir() / 'faces') / f'{split}_{_cache_key(content, of_split, variation)}.npz'
        if not stored.is_file():
            _store(_extract(of_split, bundle, variation, workers), stored)
        with np.load(stored) as arrays:
            parts.append(FaceDataset(**arrays))
    return FaceDataset.joined(parts)


def _listing_of(folder: Path) -> list[tuple[str, int, int]]:
    """Name, size and time of each picture: changes when one of them does, and is quicker than reading all."""
    files = ((path, path.stat()) for path in sorted(folder.rglob('*.jpg')))
    return [(str(path.resolve()), stat.st_size, stat.st_mtime_ns) for path, stat in files]


def _store(dataset: FaceDataset, path: Path) -> None:
    part = path.with_suffix(f'.{os.getpid()}.npz')
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(part, **vars(dataset))
        part.replace(path)
    except OSError as error:
        raise DatasetError(f'faces cannot be cached in {path.parent}: {error.strerror or error}') from error
    finally:
        part.unlink(missing_ok=True)


def _cache_key(content: object, images: list[FerImage], variation: Variation) -> str:
    identity = [
        content,
        [image.image_id for image in images],
        asdict(variation),
        STILLS_VERSION,
        BUNDLE_SHA256,
        GEOMETRY_LANDMARKS,
    ]
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:24]


@dataclass(frozen=True)
class _VariedPicture:
    image: FerImage
    variation: Variation

    def attempts(self) -> Iterator[RgbImage]:
        return self.variation.pictures(self.image.picture.load(), self.image.image_id)


def _extract(images: list[FerImage], bundle: Path, variation: Variation, workers: int | None) -> FaceDataset:
    n = len(images)
    dataset = FaceDataset(
        image_ids=np.array([image.image_id for image in images]),
        expressions=np.array([EXPRESSIONS.index(image.expression) for image in images]),
        splits=np.array([image.split for image in images]),
        detected=np.zeros(n, np.bool_),
        blendshapes=np.zeros((n, len(BLENDSHAPE_NAMES)), np.float32),
        geometry=np.zeros((n, GEOMETRY_SIZE), np.float32),
    )
    pictures = [_VariedPicture(image, variation) for image in images]
    found = detect_all(pictures, bundle, f'FaceLandmarker, {images[0].split}', workers)
    for i, face in enumerate(found):
        if isinstance(face, BlendferError):
            raise face
        if face is not None:
            dataset.detected[i] = True
            dataset.blendshapes[i] = face.blendshapes
            dataset.geometry[i] = face.geometry
    return dataset
