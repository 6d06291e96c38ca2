"""Somebody's own pictures, in folders named after what they show."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.errors import DatasetError, FrameError
from blendfer_ros.datasets.faces import load_faces
from blendfer_ros.datasets.folders import read_folders
from blendfer_ros.datasets.pictures import Role


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.zeros((60, 60, 3), np.uint8))
    return path


def test_pictures_are_found_in_order_at_any_depth_with_any_suffix(tmp_path: Path) -> None:
    for name in ('sad/b.JPG', 'sad/a/z.jpeg', 'Joy/1.webp', 'Joy/0.bmp', 'angry/x.PNG', 'top.jpg'):
        picture(tmp_path / name)
    (tmp_path / 'sad' / 'notes.txt').write_text('no picture')
    (tmp_path / 'sad' / 'folder.jpg').mkdir()
    dataset = read_folders(tmp_path)
    assert [(dataset.classes[sample.label], sample.sample_id) for sample in dataset.samples] == [
        ('Joy', 'Joy/0.bmp'),
        ('Joy', 'Joy/1.webp'),
        ('angry', 'angry/x.PNG'),
        ('sad', 'sad/a/z.jpeg'),
        ('sad', 'sad/b.JPG'),
    ]
    assert dict(zip(dataset.classes, dataset.emotions, strict=True)) == {
        'Joy': 'happy',
        'angry': 'unknown',
        'sad': 'sad',
    }
    assert dataset.name == str(tmp_path)
    assert {sample.role for sample in dataset.samples} == {Role.TEST}
    assert {sample.person for sample in dataset.samples} == {''}


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    picture(tmp_path / 'sad' / 'a.jpg')
    for name in ('.git/a.jpg', 'sad/.thumbs/a.jpg', 'sad/._a.jpg'):
        picture(tmp_path / name)
    dataset = read_folders(tmp_path)
    assert dataset.classes == ('sad',)
    assert [sample.sample_id for sample in dataset.samples] == ['sad/a.jpg']


def test_a_hidden_folder_further_up_hides_nothing(tmp_path: Path) -> None:
    picture(tmp_path / '.private' / 'sad' / 'a.jpg')
    assert len(read_folders(tmp_path / '.private').samples) == 1


def test_a_name_that_is_not_utf_8_can_be_printed(tmp_path: Path) -> None:
    (tmp_path / 'sad').mkdir()
    shutil.copy(picture(tmp_path / 'a.jpg'), os.fsencode(tmp_path / 'sad') + b'/\xff.jpg')
    (found,) = read_folders(tmp_path).samples
    assert found.sample_id == 'sad/?.jpg'
    assert found.picture.load().shape == (60, 60, 3)


def test_labels_may_mean_what_their_names_do_not_say_and_others_are_left_out(tmp_path: Path) -> None:
    for name in ('smile/a.jpg', 'mild_smile/b.jpg', 'rest/c.jpg'):
        picture(tmp_path / name)
    dataset = read_folders(tmp_path, {'smile': 'happy', 'rest': 'unknown'})
    assert [sample.sample_id for sample in dataset.samples] == ['rest/c.jpg', 'smile/a.jpg']
    assert [(dataset.classes[s.label], dataset.emotions[s.label]) for s in dataset.samples] == [
        ('rest', 'unknown'),
        ('smile', 'happy'),
    ]
    with pytest.raises(DatasetError, match=rf'{tmp_path} has no sub-folder tears'):
        read_folders(tmp_path, {'smile': 'happy', 'tears': 'sad'})


def test_who_a_picture_shows_is_in_its_name(tmp_path: Path) -> None:
    for name in ('sad/7_a.jpg', 'sad/7_b.jpg', 'sad/12_a.jpg', 'sad/crowd.jpg'):
        picture(tmp_path / name)
    samples = read_folders(tmp_path, person=r'^(\d+)_', role=Role.TRAIN).samples
    assert {Path(s.sample_id).stem: s.person for s in samples} == {'7_a': '7', '7_b': '7', '12_a': '12', 'crowd': ''}
    assert {sample.role for sample in samples} == {Role.TRAIN}


def test_the_identity_changes_with_a_picture_and_stays_otherwise(tmp_path: Path) -> None:
    path = picture(tmp_path / 'sad' / 'a.jpg')
    before = read_folders(tmp_path).identity
    assert read_folders(tmp_path).identity == before
    os.utime(path, ns=(1, 1))
    assert read_folders(tmp_path).identity != before


def test_a_folder_that_is_not_there_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(
        DatasetError, match=rf'{tmp_path}/x cannot be read \(No such file or directory\): expected a sub'
    ):
        read_folders(tmp_path / 'x')


def test_pictures_without_label_folders_are_refused_with_the_remedy(tmp_path: Path) -> None:
    picture(tmp_path / 'a.jpg')
    with pytest.raises(
        DatasetError, match=f'{tmp_path} has no sub-folders: expected a sub-folder of pictures for each'
    ):
        read_folders(tmp_path)


@pytest.mark.parametrize('file', [None, 'notes.txt'])
def test_label_folders_without_pictures_are_refused_with_the_remedy(file: str | None, tmp_path: Path) -> None:
    (tmp_path / 'sad').mkdir()
    if file:
        (tmp_path / 'sad' / file).write_text('no picture')
    with pytest.raises(DatasetError, match=rf'no \.bmp, .* in the sub-folders of {tmp_path}: expected a sub-folder'):
        read_folders(tmp_path)


def test_a_file_that_is_no_picture_is_named_when_it_is_wanted(tmp_path: Path) -> None:
    (tmp_path / 'sad').mkdir()
    (tmp_path / 'sad' / 'broken.jpg').write_bytes(b'broken')
    dataset = read_folders(tmp_path)
    with pytest.raises(FrameError, match=r'sad/broken\.jpg is not a picture'):
        dataset.picture_of()('sad/broken.jpg')


def test_broken_files_are_unreadable_and_empty_ones_have_no_face(bundle: Path, tmp_path: Path) -> None:
    picture(tmp_path / 'pictures' / 'sad' / 'nobody.png')
    (tmp_path / 'pictures' / 'sad' / 'broken.jpg').write_bytes(b'broken')
    faces = load_faces(read_folders(tmp_path / 'pictures'), bundle, roles=[Role.TEST], workers=1, cache=tmp_path)
    assert faces.sample_ids[faces.unreadable].tolist() == ['sad/broken.jpg']
    assert not faces.detected.any()
    assert faces.lost_per_class() == {'sad': 2}


def test_a_picture_turned_by_its_camera_is_set_upright(
    face_frames: list[np.ndarray], bundle: Path, tmp_path: Path
) -> None:
    upright = cv2.cvtColor(face_frames[0], cv2.COLOR_RGB2BGR)
    (tmp_path / 'pictures' / 'happy').mkdir(parents=True)
    encoded = cv2.imencode('.jpg', cv2.rotate(upright, cv2.ROTATE_90_COUNTERCLOCKWISE))[1].tobytes()
    # EXIF orientation 6: to be shown turned clockwise by 90 degrees.
    exif = bytes.fromhex('ffe100224578696600004d4d002a00000008000101120003000000010006000000000000')
    (tmp_path / 'pictures' / 'happy' / 'turned.jpg').write_bytes(encoded[:2] + exif + encoded[2:])
    faces = load_faces(read_folders(tmp_path / 'pictures'), bundle, roles=[Role.TEST], workers=1, cache=tmp_path)
    assert faces.detected.all()
    assert EMOTIONS[faces.emotion_labels[0]] == 'happy'
    roll_rad, _, _ = faces.poses[0]
    assert abs(roll_rad) < 0.3
