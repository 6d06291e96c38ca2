"""Faces made up such that a smile is happy and a frown sad, so that training is quick and its outcome known."""

from __future__ import annotations

import numpy as np

from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.landmarks import GEOMETRY_SIZE
from blendfer_ros.datasets.faces import FaceDataset
from blendfer_ros.datasets.fer2013 import EXPRESSIONS

SMILES = [BLENDSHAPE_NAMES.index(f'mouthSmile{side}') for side in ('Left', 'Right')]
FROWNS = [BLENDSHAPE_NAMES.index(f'mouthFrown{side}') for side in ('Left', 'Right')]


def made_up_faces(split: str, n: int, seed: int) -> FaceDataset:
    """`n` pictures, one in ten without a face."""
    rng = np.random.default_rng(seed)
    expressions = rng.integers(0, len(EXPRESSIONS), n)
    blendshapes = rng.uniform(0.0, 0.3, (n, len(BLENDSHAPE_NAMES))).astype(np.float32)
    for name, scores in (('happy', SMILES), ('sad', FROWNS)):
        blendshapes[np.ix_(expressions == EXPRESSIONS.index(name), scores)] += 0.5
    geometry = rng.normal(size=(n, GEOMETRY_SIZE)).astype(np.float32)
    for name, numbers in (('happy', slice(0, 60)), ('sad', slice(60, 120))):
        geometry[expressions == EXPRESSIONS.index(name), numbers] += 2.0
    return FaceDataset(
        image_ids=np.array([f'{split}_{i}' for i in range(n)]),
        expressions=expressions,
        splits=np.full(n, split),
        detected=rng.random(n) > 0.1,
        blendshapes=blendshapes,
        geometry=geometry,
    )
