"""FER2013 is read alike from zip, folder and csv, and damage is named."""

from __future__ import annotations

import os
import zipfile
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from blendfer_ros.core.assets import sha256_of
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.datasets.fer2013 import (
    EMOTION_OF_EXPRESSION,
    EXPRESSIONS,
    EXPRESSIONS_TO_EMOTIONS,
    ROLES,
    read_fer2013,
)
from blendfer_ros.datasets.pictures import PictureDataset, Role


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six pictures laid out as in the image mirrors."""
    for number, (place, expression, split) in enumerate(
        (place, expression, split)
        for expression in ('happy', 'fear')
        for place, split in (('train', 'Training'), ('test', 'PublicTest'), ('test', 'PrivateTest'))
    ):
        path = tmp_path / 'fer' / place / expression / f'{split}_{number}.jpg'
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.full((48, 48), 20 * number, np.uint8))
    return tmp_path / 'fer'


def packed(folder: Path) -> Path:
    path = folder.with_suffix('.zip')
    with zipfile.ZipFile(path, 'w') as archive:
        for file in sorted(folder.rglob('*.jpg')):
            archive.write(file, file.relative_to(folder))
    return path


def test_zip_and_folder_give_the_same_pictures(folder: Path) -> None:
    from_folder, from_zip = read_fer2013(folder), read_fer2013(packed(folder))

    def described(dataset: PictureDataset) -> dict[str, tuple[str, Role, float]]:
        return {s.sample_id: (dataset.classes[s.label], s.role, s.picture.load().mean()) for s in dataset.samples}

    assert described(from_folder) == described(from_zip)
    assert len(from_folder.samples) == 6
    assert (from_folder.name, from_folder.classes, from_folder.emotions) == (
        from_zip.name,
        EXPRESSIONS,
        EMOTION_OF_EXPRESSION,
    )


def test_pixels_are_those_of_the_file_in_three_equal_colours(folder: Path) -> None:
    for sample in read_fer2013(folder).samples:
        rgb = sample.picture.load()
        assert (rgb.shape, rgb.dtype) == ((48, 48, 3), np.uint8)
        assert rgb.min() == rgb.max() == 20 * int(sample.sample_id.split('_')[1])


def test_the_identity_is_the_file_or_what_changes_with_a_file_of_the_folder(folder: Path) -> None:
    path = packed(folder)
    assert read_fer2013(path).identity == sha256_of(path)
    before = read_fer2013(folder).identity
    assert read_fer2013(folder).identity == before
    os.utime(next(folder.rglob('*.jpg')), ns=(1, 1))
    assert read_fer2013(folder).identity != before


def test_csv_gives_every_row_its_expression_split_and_pixels(tiny_fer2013: Path) -> None:
    dataset = read_fer2013(tiny_fer2013)
    assert Counter((EXPRESSIONS[sample.label], sample.role) for sample in dataset.samples) == {
        (expression, role): 2 for expression in EXPRESSIONS for role in Role
    }
    rgb = dataset.samples[0].picture.load()
    assert (rgb[..., 0] == rgb[..., 2]).all()
    np.testing.assert_array_equal(rgb[..., 1].ravel()[:5], [0, 1, 2, 3, 4])


def test_a_picture_of_the_csv_is_called_as_in_the_image_mirrors_and_by_ferplus(tiny_fer2013: Path) -> None:
    ids = [sample.sample_id for sample in read_fer2013(tiny_fer2013).samples]
    assert ids[:2] == ['Training_0000000', 'Training_0000001']
    assert ids[14] == 'PublicTest_0000014'


def test_roles_are_called_as_fer2013_calls_its_splits(folder: Path) -> None:
    dataset = read_fer2013(folder)
    assert [dataset.split_name(role) for role in Role] == ['Training', 'PublicTest', 'PrivateTest']
    for split, role in ROLES.items():
        assert {sample.sample_id.split('_')[0] for sample in dataset.of_role(role).samples} == {split}


def test_seven_expressions_become_three_emotions() -> None:
    assert dict(zip(EXPRESSIONS, EMOTION_OF_EXPRESSION, strict=True)) == {
        'angry': 'unknown',
        'disgust': 'unknown',
        'fear': 'unknown',
        'happy': 'happy',
        'sad': 'sad',
        'surprise': 'unknown',
        'neutral': 'unknown',
    }
    assert EXPRESSIONS_TO_EMOTIONS.sum(axis=0).tolist() == [1.0, 5.0, 1.0]
    assert EXPRESSIONS_TO_EMOTIONS[EXPRESSIONS.index('sad')].tolist() == [0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ('row', 'cause'),
    [
        ('7,0 1 2,Training', "row 2: emotion is '7', expected 0 to 6"),
        ('x,0 1 2,Training', "row 2: emotion is 'x'"),
        ('3,0 1 2,Holdout', "row 2: Usage is 'Holdout'"),
        ('3,0 1 2,Training', 'row 2: 3 pixels, expected 2304'),
        ('3,0 one 2,Training', 'row 2: pixels are not numbers from 0 to 255'),
        ('3,0 256 2,Training', 'row 2: pixels are not numbers from 0 to 255'),
        ('3', "row 2: Usage is ''"),
    ],
)
def test_a_bad_csv_row_is_named(row: str, cause: str, tmp_path: Path) -> None:
    path = tmp_path / 'fer2013.csv'
    path.write_text(f'emotion,pixels,Usage\n{row}\n')
    with pytest.raises(DatasetError, match=cause):
        read_fer2013(path)


def test_a_missing_csv_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / 'fer2013.csv'
    path.write_text('emotion,pixels\n3,0 1 2\n')
    with pytest.raises(DatasetError, match="lacks the column 'Usage'"):
        read_fer2013(path)


def test_a_csv_of_something_else_is_named(tmp_path: Path) -> None:
    path = tmp_path / 'fer2013.csv'
    path.write_bytes(b'emotion,pixels,Usage\n3,\xff\xfe,Training\n')
    with pytest.raises(DatasetError, match=r'fer2013\.csv cannot be read as a csv'):
        read_fer2013(path)


def test_an_expression_nobody_knows_is_named(folder: Path) -> None:
    known = next(folder.rglob('happy'))
    known.rename(known.with_name('bored'))
    with pytest.raises(DatasetError, match=r"\.jpg: the folder 'bored' is none of angry, disgust"):
        read_fer2013(folder)


def test_a_truncated_zip_is_named(folder: Path) -> None:
    path = packed(folder)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DatasetError, match='is not a readable zip'):
        read_fer2013(path)


def test_a_damaged_member_is_named_when_it_is_read(folder: Path) -> None:
    path = packed(folder)
    content = bytearray(path.read_bytes())
    content[60:120] = bytes(60)
    path.write_bytes(content)
    dataset = read_fer2013(path)
    with pytest.raises(DatasetError, match=r'fer\.zip: .*\.jpg'):
        [sample.picture.load() for sample in dataset.samples]


def test_a_picture_that_is_none_is_named(folder: Path) -> None:
    broken = next(folder.rglob('*.jpg'))
    broken.write_bytes(b'broken')
    with pytest.raises(DatasetError, match=f'{broken} is not a picture'):
        [sample.picture.load() for sample in read_fer2013(folder).samples]


@pytest.mark.parametrize('name', ['nothing.zip', '.'])
def test_a_place_without_fer2013_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r'no FER2013'):
        read_fer2013(tmp_path / name)
