"""Predictions of another package for the same pictures, as bench/peer_fer.py writes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.errors import DatasetError, shown
from blendfer_ros.core.files import read_json
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.evaluation.stills.predictions import Predictions
from blendfer_ros.study.scores import HeldOut, Measured, Score, score

REMEDY = '`make peer` writes it anew'


@dataclass(frozen=True)
class Peer:
    """Predictions of a package: by `sample_id`, probabilities in the order of `core.emotions.EMOTIONS`.

    domains: its scores on other data sets, as bench/peer_domains.py writes them; empty without.
    """

    package: str
    version: str
    pictures: dict[str, list[float]]
    domains: dict[str, dict[str, Any]] = field(default_factory=dict)


def read_peer(path: Path) -> Peer:
    """Read the file; raises DatasetError when it is not what `make peer` writes."""
    try:
        content = read_json(path)
        return Peer(
            str(content['package']),
            str(content['version']),
            dict(content['pictures']),
            dict(content.get('domains', {})),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(f'{path} cannot be read as the answers of a peer ({shown(error)}): {REMEDY}') from error


def measure_peer(peer: Peer, faces: HeldOut) -> Measured:
    """Measure the peer on exactly the pictures in which FaceLandmarker finds a face.

    Raises:
        DatasetError: the peer has no prediction for one of them, or no picture shows a face.
    """
    return Measured(
        name=f'{peer.package} {peer.version}',
        about='the PyPI package on the same faces; its seven scores summed to three',
        public_test=_score(peer, faces.public_test),
        private_test=_score(peer, faces.private_test),
        domains=peer.domains,
    )


def _score(peer: Peer, split: FaceDataset) -> Score:
    found = split.with_face()
    if not len(found):
        raise DatasetError(f'FaceLandmarker finds no face in any of the {len(split)} pictures')
    probabilities = np.array([_answer(peer, str(image_id)) for image_id in found.sample_ids], np.float32)
    decisions = np.argmax(probabilities, axis=1)
    return score(
        Predictions(found.sample_ids, found.emotion_labels, decisions, probabilities, found.blendshapes), len(split)
    )


def _answer(peer: Peer, image_id: str) -> list[float]:
    answer = peer.pictures.get(image_id)
    if answer is None or len(answer) != len(EMOTIONS):
        raise DatasetError(f'{peer.package} has no {len(EMOTIONS)} probabilities for {image_id}: {REMEDY}')
    return answer
