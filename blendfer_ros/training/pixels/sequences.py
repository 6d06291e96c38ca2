"""Sequences of expression scores made from stills, for an LSTM that is carried on from image to image.

A face stays or turns into another while its framing, its light and the sharpness vary, and some images are lost.
"""

from __future__ import annotations

import hashlib
import json
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from blendfer_ros.core.assets import cache_dir
from blendfer_ros.core.expressions import EXPRESSION_NAMES
from blendfer_ros.core.face import FloatArray
from blendfer_ros.core.files import read_arrays, write_arrays
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.ferplus import FerPlus
from blendfer_ros.datasets.pictures import PictureDataset, Role
from blendfer_ros.perception.crops import square_of_landmarks
from blendfer_ros.perception.expressions import ExpressionNetwork
from blendfer_ros.training.pixels.augmentation import varied_crop
from blendfer_ros.training.recipe import Recipe
from blendfer_ros.training.samples import Samples, Scaling
from blendfer_ros.training.targets import with_targets

# How often the network looks at each picture, varied anew each time.
LOOKS: Final = 4
# Images of a sequence, before some are lost.
LENGTH: Final = 28
LOST: Final = 4
# How often a face turns into another, over how many images at most, and how often the next image looks as the last.
TURNING: Final = 0.6
MAX_RAMP: Final = 10
STEADY: Final = 0.6
SEQUENCES_PER_PICTURE: Final = 2
# Raise it when pictures come to be varied in another way.
VERSION: Final = 1


def load_varied_scores(faces: FaceDataset, dataset: PictureDataset, network: ExpressionNetwork) -> FloatArray:
    """(n, LOOKS, 15) scores of training pictures as a camera might see them, from the cache when there are some.

    Args:
        faces: of the training pictures of `dataset`, in their order; rows without a face are 0.
        dataset: FER2013.
        network: that looks at them.
    """
    pictures = dataset.of_role(Role.TRAIN)
    identity = [pictures.identity, len(pictures.samples), network.card.sha256, LOOKS, VERSION]
    key = hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:24]
    stored = cache_dir() / 'faces' / f'varied_{key}.npz'
    if not stored.is_file():
        scores = np.zeros((len(faces), LOOKS, len(EXPRESSION_NAMES)), np.float32)
        for i in tqdm(np.flatnonzero(faces.detected), 'expressions, varied', unit='img'):
            grey = np.asarray(cv2.cvtColor(pictures.samples[i].picture.load(), cv2.COLOR_RGB2GRAY), np.uint8)
            square = square_of_landmarks(faces.landmarks[i].astype(np.float32), grey.shape[1], grey.shape[0])
            rng = np.random.default_rng(i)
            scores[i] = [network.of_crop(varied_crop(grey, square, rng)) for _ in range(LOOKS)]
        write_arrays(stored, {'scores': scores})
    return np.asarray(read_arrays(stored)['scores'], np.float32)


def make_sequences(
    training: FaceDataset, varied: FloatArray, scaling: Scaling, recipe: Recipe, votes: FerPlus | None
) -> Samples:
    """Sequences to train on: inputs (m, LENGTH - LOST, 15) and targets (m, LENGTH - LOST, classes).

    Args:
        training: the training pictures.
        varied: as `load_varied_scores` gives it.
        scaling: of the inputs.
        recipe: whose targets and seed are used.
        votes: of FER+.
    """
    usable, targets = with_targets(training.where(training.detected), recipe, votes)
    rows = {sample_id: row for row, sample_id in enumerate(training.sample_ids)}
    looks = varied[[rows[sample_id] for sample_id in usable.sample_ids]]
    rng = np.random.default_rng(recipe.seed)
    m = SEQUENCES_PER_PICTURE * len(usable)
    first = rng.permutation(m) % len(usable)
    then = np.where(rng.random(m) < TURNING, rng.integers(len(usable), size=m), first)
    share = _turned(m, rng)[..., None]
    inputs = (1.0 - share) * looks[first[:, None], _look_of_each(m, rng)] + share * looks[
        then[:, None], _look_of_each(m, rng)
    ]
    wanted = (1.0 - share) * targets[first][:, None] + share * targets[then][:, None]
    kept = np.sort(rng.permuted(np.tile(np.arange(LENGTH), (m, 1)), axis=1)[:, : LENGTH - LOST], axis=1)[..., None]
    inputs, wanted = np.take_along_axis(inputs, kept, 1), np.take_along_axis(wanted, kept, 1)
    flat = scaling.apply(inputs.reshape(-1, inputs.shape[-1]).astype(np.float32))
    return Samples(flat.reshape(inputs.shape), wanted.astype(np.float32), np.ones(m, np.float32))


def _turned(m: int, rng: np.random.Generator) -> FloatArray:
    """(m, LENGTH) how much of the second face there is, from 0 to 1."""
    begins = rng.uniform(0.0, LENGTH, (m, 1))
    lasts = rng.uniform(1.0, MAX_RAMP, (m, 1))
    return np.asarray(np.clip((np.arange(LENGTH) - begins) / lasts, 0.0, 1.0), np.float32)


def _look_of_each(m: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """(m, LENGTH) which of the looks at its picture each image of a sequence is."""
    looks = rng.integers(LOOKS, size=(m, LENGTH))
    for i in range(1, LENGTH):
        looks[:, i] = np.where(rng.random(m) < STEADY, looks[:, i - 1], looks[:, i])
    return looks
