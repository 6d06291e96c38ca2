"""Recordings with labels over time give labelled faces: one each fifth of a second, each bag a person."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.bag_maker import restamped, write_bag

from blendfer_ros.core.errors import DatasetError
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.labelled_bags import has_labelled_bags, read_labelled_bags

RATE_HZ = 10.0
HEADER = 'file,start_s,end_s,label\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two bags of 4 s, ten images a second, whose first stamps are 5 s and 100 s."""
    for name, first_s in (('anna', 5.0), ('ben', 100.0)):
        write_bag(tmp_path / name, restamped(first_s + i / RATE_HZ for i in range(40)))
    return tmp_path


def read(folder: Path, labels: str) -> FaceDataset:
    (folder / 'labels.csv').write_text(HEADER + labels)
    return read_labelled_bags(folder, no_bundle)


def no_bundle() -> Path:
    raise AssertionError('there are no images in these bags')


def test_a_folder_of_bags_is_known_by_its_labels(folder: Path) -> None:
    assert not has_labelled_bags(folder)
    (folder / 'labels.csv').touch()
    assert has_labelled_bags(folder)


def test_times_count_from_the_first_image_and_faces_are_a_fifth_of_a_second_apart(folder: Path) -> None:
    faces = read(folder, 'anna,0,1,sad\nanna,2,3,happy\nben,1,2,unknown\n')
    assert list(faces.sample_ids[:5]) == [f'anna at {at_s} s' for at_s in (0.0, 0.2, 0.4, 0.6, 0.8)]
    assert list(faces.sample_ids[-5:]) == [f'ben at {at_s} s' for at_s in (1.0, 1.2, 1.4, 1.6, 1.8)]
    assert list(faces.emotion_labels) == [2] * 5 + [0] * 5 + [1] * 5
    assert list(faces.persons) == ['anna'] * 10 + ['ben'] * 5
    assert faces.detected.all()


def test_the_faces_are_those_recorded_and_carry_what_every_model_reads(folder: Path) -> None:
    alone, all_of_it = read(folder, 'anna,2,2.1,happy\n'), read(folder, 'anna,0,4,happy\n')
    (row,) = np.flatnonzero(all_of_it.sample_ids == 'anna at 2.0 s')
    features = alone.features('blendshapes+geometry')
    assert features.shape == (1, 52 + 276)
    np.testing.assert_array_equal(features, all_of_it.features('blendshapes+geometry')[[row]])
    assert len({scores.tobytes() for scores in all_of_it.blendshapes}) == len(all_of_it) == 20
    for name in ('poses', 'regions'):
        assert getattr(alone, name).any()


def test_what_is_no_emotion_or_not_labelled_is_left_out(folder: Path) -> None:
    faces = read(folder, 'anna,0,3.5,no_face\nanna,3.5,3.6,sad\n')
    assert list(faces.sample_ids) == ['anna at 3.5 s']


@pytest.mark.parametrize(
    ('labels', 'cause'),
    [
        ('zoe,0,1,sad\n', r'labels.csv: there is no bag zoe in .*'),
        ('anna,0,1,no_face\n', 'no labelled stretch of the bags in .* shows a face'),
        ('anna,50,60,sad\n', 'no labelled stretch of the bags in .* shows a face'),
        ('anna,0,1,smug\n', "labels.csv line 2: label is 'smug'"),
    ],
)
def test_labels_that_fit_no_face_are_refused(labels: str, cause: str, folder: Path) -> None:
    with pytest.raises(DatasetError, match=cause) as refusal:
        read(folder, labels)
    assert '\n' not in str(refusal.value)
