"""A peer is measured on the faces we are measured on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from blendfer_ros.core.errors import DatasetError
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.study.peer import Peer, measure_peer, read_peer
from blendfer_ros.study.scores import HeldOut


def answers(image_ids: str) -> dict[str, list[float]]:
    """Everybody is happy."""
    return {image_id: [0.5, 0.25, 0.25] for image_id in image_ids}


def test_pictures_without_a_face_do_not_count(faces: FaceDataset) -> None:
    # The picture g has no face, so that nothing need be said of it.
    measured = measure_peer(Peer('fer', '1.2', answers('abcdef')), HeldOut(faces, faces))
    assert (measured.name, measured.file) == ('fer 1.2', None)
    metrics = measured.private_test.metrics
    assert (metrics.n, metrics.n_detected) == (7, 6)
    assert metrics.accuracy == pytest.approx(1 / 6)


def test_a_face_it_says_nothing_of_is_named(faces: FaceDataset) -> None:
    with pytest.raises(DatasetError, match='fer has no 3 probabilities for f: `make peer`'):
        measure_peer(Peer('fer', '1.2', answers('abcde')), HeldOut(faces, faces))


def test_what_make_peer_writes_is_read(tmp_path: Path) -> None:
    path = tmp_path / 'peer.json'
    path.write_text(json.dumps({'package': 'fer', 'version': '1.2', 'pictures': answers('ab')}))
    assert read_peer(path) == Peer('fer', '1.2', answers('ab'))


@pytest.mark.parametrize('content', ['', [], {'package': 'fer'}, {'package': 'fer', 'version': '1', 'pictures': 3}])
def test_any_other_file_is_refused_by_name(content: Any, tmp_path: Path) -> None:
    path = tmp_path / 'peer.json'
    path.write_text(json.dumps(content) if content else '')
    with pytest.raises(DatasetError, match=rf'{path} cannot be read as the answers of a peer'):
        read_peer(path)
