"""The one form that every source of labelled pictures is read into."""

from __future__ import annotations

import numpy as np
import pytest
from support.made_up_faces import made_up_pictures

from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.datasets.pictures import PictureDataset, PictureSample, Role, classes_to_emotions, emotion_indices


class Grey:
    """A picture of one grey."""

    def __init__(self, value: int) -> None:
        self.value = value

    def load(self) -> np.ndarray:
        return np.full((2, 2, 3), self.value, np.uint8)


@pytest.fixture
def dataset() -> PictureDataset:
    """Of a dog in every role."""
    samples = tuple(PictureSample(f'{role.value} {i}', i, role, Grey(10 * i + 1)) for role in Role for i in range(2))
    return PictureDataset('dogs', ('wags', 'whines'), ('happy', 'sad'), samples, 'dogs', {Role.TEST: 'Kennel'})


def test_samples_are_chosen_by_role_and_nothing_else_changes(dataset: PictureDataset) -> None:
    chosen = dataset.of_role(Role.VALIDATION)
    assert [sample.sample_id for sample in chosen.samples] == ['validation 0', 'validation 1']
    assert (chosen.name, chosen.classes, chosen.identity) == (dataset.name, dataset.classes, dataset.identity)
    assert not made_up_pictures([0], Role.TRAIN).of_role(Role.TEST).samples


def test_a_split_is_called_as_its_source_calls_it(dataset: PictureDataset) -> None:
    assert dataset.split_name(Role.TEST) == 'Kennel'
    assert dataset.split_name(Role.TRAIN) == 'train'


def test_pictures_are_found_by_their_ids(dataset: PictureDataset) -> None:
    picture_of = dataset.picture_of()
    assert (picture_of('train 1') == 11).all()
    with pytest.raises(KeyError):
        picture_of('train 2')


def test_classes_are_summed_to_their_emotions() -> None:
    classes = ('sad', 'unknown', 'happy', 'sad')
    assert emotion_indices(classes).tolist() == [2, 1, 0, 2]
    matrix = classes_to_emotions(classes)
    assert matrix.shape == (4, len(EMOTIONS))
    np.testing.assert_array_equal(np.array([0.125, 0.25, 0.5, 0.125]) @ matrix, [0.5, 0.25, 0.25])
