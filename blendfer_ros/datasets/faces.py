"""Labelled pictures → faces: prepared, run through FaceLandmarker on all cores, and cached."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from blendfer_ros.core.assets import BUNDLE_SHA256, cache_dir
from blendfer_ros.core.errors import BlendferError, DatasetError, FrameError
from blendfer_ros.core.expressions import EXPRESSION_NAMES
from blendfer_ros.core.face import Face
from blendfer_ros.core.files import read_arrays, write_arrays
from blendfer_ros.core.landmarks import GEOMETRY_LANDMARKS
from blendfer_ros.datasets.face_dataset import ARRAYS, FaceDataset, no_expressions
from blendfer_ros.datasets.pictures import ALL_ROLES, PictureDataset, PictureSample, Role
from blendfer_ros.datasets.variation import UPRIGHT, Variation
from blendfer_ros.perception.expressions import ExpressionNetwork
from blendfer_ros.perception.parallel import detect_all
from blendfer_ros.perception.stills import STILLS_VERSION, Attempt

# Raise it when what the cache holds changes.
CACHE_VERSION = 3
# How many pictures an interrupted run has processed, beside their faces.
N_DONE = 'n_done'
# What FaceLandmarker's cache holds; expression scores have one of their own, for their network changes more often.
_OF_LANDMARKER = tuple(name for name in ARRAYS if not name.startswith('expression'))


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
        columns = no_expressions(len(of_role.samples)) | read_arrays(stored) | labels
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
