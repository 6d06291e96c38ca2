"""What a training learns from and is chosen by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.made_up_faces import made_up_faces, made_up_pictures

from blendfer_ros.core.errors import DatasetError
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.fer2013 import EXPRESSIONS
from blendfer_ros.datasets.pictures import PictureDataset, Role
from blendfer_ros.datasets.variation import ROTATED, SMALL, UPRIGHT, Variation
from blendfer_ros.training.faces import as_own, load_training_faces, only_own


@pytest.mark.parametrize(
    ('copies', 'variations'), [((), []), (('rotated',), [ROTATED]), (('rotated', 'small'), [ROTATED, SMALL])]
)
def test_copies_are_looked_at_only_when_they_are_wanted(
    copies: tuple[str, ...], variations: list[Variation], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[tuple[Variation, Role]] = []
    networks: list[Path | None] = []

    def load(
        dataset: PictureDataset,
        bundle: Path,
        variation: Variation = UPRIGHT,
        roles: Sequence[Role] = (),
        expressions: Path | None = None,
    ) -> FaceDataset:
        (role,) = roles
        networks.append(expressions)
        looks.append((variation, role))
        return made_up_faces(role, 5, 0)

    monkeypatch.setattr('blendfer_ros.training.faces.load_faces', load)
    faces = load_training_faces(
        made_up_pictures([0], Role.TRAIN), Path('b.task'), copies, expressions=Path('net.tflite')
    )
    assert networks == [Path('net.tflite')] * len(looks)
    wanted = [(UPRIGHT, Role.TRAIN), (UPRIGHT, Role.VALIDATION), *((each, Role.TRAIN) for each in variations)]
    assert sorted(looks, key=str) == sorted(wanted, key=str)
    assert set(faces.training.roles) == {Role.TRAIN.value}
    assert set(faces.validation.roles) == {Role.VALIDATION.value}
    assert faces.validation_name == 'PublicTest'
    assert list(faces.lost_per_class()) == ['training', *copies, 'validation']


def own_faces(classes: Sequence[str], labels: Sequence[int], persons: Sequence[str]) -> FaceDataset:
    made = FaceDataset.empty(made_up_pictures([0] * len(labels), Role.TEST, [f'{i}.jpg' for i in range(len(labels))]))
    return replace(
        made,
        classes=tuple(classes),
        emotions=('unknown',) * len(classes),
        labels=np.array(labels),
        persons=np.array(persons),
        detected=np.ones(len(labels), np.bool_),
    )


def test_labels_become_the_expression_or_what_their_emotion_is_learnt_as() -> None:
    classes = ('Happiness', 'angry', 'contempt', 'unknown', 'joy', 'my dog', 'sadness')
    own = as_own([own_faces(classes, range(7), [''] * 7)])
    assert own.classes == EXPRESSIONS
    assert [EXPRESSIONS[i] for i in own.labels] == ['happy', 'angry', 'disgust', 'neutral', 'happy', 'neutral', 'sad']
    assert [('happy', 'unknown', 'sad')[i] for i in own.emotion_labels[[0, 3, 6]]] == ['happy', 'unknown', 'sad']


def test_a_fifth_of_the_persons_is_kept_and_no_person_is_on_both_sides() -> None:
    persons = [f'person {i % 10}' for i in range(40)]
    own = as_own([own_faces(('happy',), [0] * 40, persons)])
    kept, learnt = own.of_role(Role.VALIDATION), own.of_role(Role.TRAIN)
    assert len(set(kept.persons)) == 2
    assert len(kept) == 8
    assert not set(kept.persons) & set(learnt.persons)
    again = as_own([own_faces(('happy',), [0] * 40, persons)])
    np.testing.assert_array_equal(again.roles, own.roles)


def test_pictures_of_nobody_in_particular_are_of_somebody_else_each() -> None:
    own = as_own([own_faces(('happy',), [0] * 10, [''] * 10)])
    assert (len(own.of_role(Role.VALIDATION)), len(own.of_role(Role.TRAIN))) == (2, 8)


def test_several_sources_are_joined_and_pictures_without_a_face_left_out() -> None:
    first = own_faces(('sad',), [0] * 3, ['a', 'b', 'c'])
    other = own_faces(('joy', 'sad'), [0, 1], ['d', 'e'])
    own = as_own([first, replace(other, detected=np.array([True, False]))])
    assert [EXPRESSIONS[i] for i in own.labels] == ['sad', 'sad', 'sad', 'happy']


def test_own_faces_of_too_few_persons_are_refused() -> None:
    nobody = replace(own_faces(('sad',), [0], ['a']), detected=np.array([False]))
    with pytest.raises(DatasetError, match='there is no face in these data to learn from'):
        as_own([nobody])
    with pytest.raises(DatasetError, match='of too few persons to keep some for validation'):
        only_own(as_own([own_faces(('sad',), [0, 0], ['a', 'b'])]))


def test_a_training_on_own_faces_alone_has_no_others() -> None:
    faces = only_own(as_own([own_faces(('sad',), [0] * 10, [''] * 10)]))
    assert (len(faces.training), len(faces.validation), faces.validation_name) == (0, 0, 'validation')
    assert faces.own is not None
    assert len(faces.own) == 10
