"""Recordings with labels over time → labelled faces: what a robot has seen of its own people."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import astuple, replace
from pathlib import Path
from typing import Final

import numpy as np

from blendfer_ros.bags.finding import find_bags
from blendfer_ros.bags.frames import BLENDSHAPES, choose_topic, read_frames
from blendfer_ros.bags.reading import Bag
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.core.expressions import EXPRESSION_NAMES
from blendfer_ros.core.face import Face
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.segments import read_segments

LABELS_FILE: Final = 'labels.csv'
# Images of a stream are much alike; more of them than one in 0.2 s would only make a recording count for more [ns].
INTERVAL_NS: Final = NS_PER_S // 5


def has_labelled_bags(folder: Path) -> bool:
    """True for a folder of recordings with LABELS_FILE in it."""
    return (folder / LABELS_FILE).is_file()


def read_labelled_bags(folder: Path, find_bundle: Callable[[], Path]) -> FaceDataset:
    """The faces in a folder of bags that are labelled with an emotion, at most one each INTERVAL_NS.

    Of several people in an image it is the largest face, as in labelled clips. Each bag counts as a person.

    Args:
        folder: bags, and LABELS_FILE with `file,start_s,end_s,label` in each row, file being the bag's name.
        find_bundle: finds the FaceLandmarker bundle; called only for bags with images.

    Raises:
        DatasetError: a bag or the labels cannot be read, or no label fits a face.
    """
    segments = read_segments(folder / LABELS_FILE)
    bags = find_bags([folder])
    unknown = sorted(set(segments) - set(bags))
    if unknown:
        raise DatasetError(f'{folder / LABELS_FILE}: there is no bag {unknown[0]} in {folder}')
    found = []
    for name, of_bag in segments.items():
        last_ns = -INTERVAL_NS
        for at_ns, face in _faces(bags[name], find_bundle):
            at_s = at_ns / NS_PER_S
            label = next((s.label for s in of_bag if s.start_s <= at_s < s.end_s), '')
            if label in EMOTIONS and at_ns - last_ns >= INTERVAL_NS:
                last_ns = at_ns
                found.append((f'{name} at {at_s:.1f} s', name, EMOTIONS.index(label), face))
    if not found:
        raise DatasetError(f'no labelled stretch of the bags in {folder} shows a face')
    ids, persons, labels, faces = zip(*found, strict=True)
    blendshapes = np.array([face.blendshapes for face in faces])
    zeros = np.zeros(len(EXPRESSION_NAMES), np.float32)
    return replace(
        FaceDataset.of_blendshapes(ids, np.array(labels, np.int64), blendshapes),
        persons=np.array(persons),
        geometry=np.array([face.geometry for face in faces]),
        poses=np.array([astuple(face.pose) for face in faces], np.float32),
        regions=np.array([astuple(face.region) for face in faces], np.float32),
        expressions=np.array([face.expression_scores if face.expression_model else zeros for face in faces]),
        expression_models=np.array([face.expression_model for face in faces]),
    )


def _faces(path: Path, find_bundle: Callable[[], Path]) -> Iterator[tuple[int, Face]]:
    """The largest face of each image that has one, and when it was taken, from the first image on [ns]."""
    bag = Bag(path)
    topic = choose_topic(bag)
    bundle = None if topic.message_type == BLENDSHAPES else find_bundle()
    first_ns: int | None = None
    for found in read_frames(bag, topic, bundle):
        if found.frame is None:
            continue
        first_ns = found.frame.stamp_ns if first_ns is None else first_ns
        face = max(found.frame.faces, key=lambda face: face.region.area, default=None)
        if face is not None and face.geometry.size:
            yield found.frame.stamp_ns - first_ns, face
