"""Somebody's own pictures, in folders named after what they show."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.commands import cli
from blendfer_ros.core.assets import find_model
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.core.face import Face
from blendfer_ros.datasets.faces import load_faces
from blendfer_ros.datasets.folders import evaluate_images, find_pictures
from blendfer_ros.perception.parallel import detect_all


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.zeros((60, 60, 3), np.uint8))
    return path


@pytest.fixture
def model() -> load_classifier:
    return load_classifier(find_model())


@pytest.fixture
def own_pictures(labelled_pictures: Path, tmp_path: Path) -> Path:
    """The labelled pictures, where more may be added."""
    return shutil.copytree(labelled_pictures, tmp_path / 'pictures')


def test_pictures_are_found_in_order_at_any_depth_with_any_suffix(tmp_path: Path) -> None:
    for name in ('sad/b.JPG', 'sad/a/z.jpeg', 'Joy/1.webp', 'Joy/0.bmp', 'angry/x.PNG', 'top.jpg'):
        picture(tmp_path / name)
    (tmp_path / 'sad' / 'notes.txt').write_text('no picture')
    (tmp_path / 'sad' / 'folder.jpg').mkdir()
    folder = find_pictures(tmp_path)
    assert [(p.label, p.name) for p in folder.pictures] == [
        ('Joy', 'Joy/0.bmp'),
        ('Joy', 'Joy/1.webp'),
        ('angry', 'angry/x.PNG'),
        ('sad', 'sad/a/z.jpeg'),
        ('sad', 'sad/b.JPG'),
    ]
    assert folder.emotions == {'Joy': 'happy', 'angry': 'unknown', 'sad': 'sad'}


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    shown = picture(tmp_path / 'sad' / 'a.jpg')
    for name in ('.git/a.jpg', 'sad/.thumbs/a.jpg', 'sad/._a.jpg'):
        picture(tmp_path / name)
    assert [p.path for p in find_pictures(tmp_path).pictures] == [shown]


def test_a_hidden_folder_further_up_hides_nothing(tmp_path: Path) -> None:
    picture(tmp_path / '.private' / 'sad' / 'a.jpg')
    assert len(find_pictures(tmp_path / '.private').pictures) == 1


def test_a_name_that_is_not_utf_8_can_be_printed(tmp_path: Path) -> None:
    (tmp_path / 'sad').mkdir()
    shutil.copy(picture(tmp_path / 'a.jpg'), os.fsencode(tmp_path / 'sad') + b'/\xff.jpg')
    (found,) = find_pictures(tmp_path).pictures
    assert found.name == 'sad/?.jpg'
    assert found.path.is_file()


def test_a_folder_that_is_not_there_is_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(
        DatasetError, match=rf'{tmp_path}/x cannot be read \(No such file or directory\): expected a sub'
    ):
        find_pictures(tmp_path / 'x')


def test_pictures_without_label_folders_are_refused_with_the_remedy(tmp_path: Path) -> None:
    picture(tmp_path / 'a.jpg')
    with pytest.raises(
        DatasetError, match=f'{tmp_path} has no sub-folders: expected a sub-folder of pictures for each'
    ):
        find_pictures(tmp_path)


@pytest.mark.parametrize('file', [None, 'notes.txt'])
def test_label_folders_without_pictures_are_refused_with_the_remedy(file: str | None, tmp_path: Path) -> None:
    (tmp_path / 'sad').mkdir()
    if file:
        (tmp_path / 'sad' / file).write_text('no picture')
    with pytest.raises(DatasetError, match=rf'no \.bmp, .* in the sub-folders of {tmp_path}: expected a sub-folder'):
        find_pictures(tmp_path)


def test_fer2013s_pictures_get_the_numbers_of_the_fer2013_evaluation(
    labelled_pictures: Path, bundle: Path, model: load_classifier, tmp_path: Path
) -> None:
    fer2013 = tmp_path / 'fer'
    shutil.copytree(labelled_pictures, fer2013)
    (fer2013 / 'Happiness').rename(fer2013 / 'happy')
    faces = load_faces(fer2013, bundle, splits=['PrivateTest'], workers=2, cache=tmp_path / 'cache')
    result = evaluate_images(model, find_pictures(labelled_pictures), bundle, workers=2)
    assert result.n == 18
    assert sum(n for n, _ in result.per_label.values()) == len(result.predictions.ids) == faces.detected.sum() > 12
    expected = dict(zip(faces.image_ids, faces.blendshapes, strict=True))
    for name, blendshapes in zip(result.predictions.ids, result.predictions.blendshapes, strict=True):
        np.testing.assert_array_equal(blendshapes, expected[Path(name).stem])
    assert set(
        zip([name.split('/')[0] for name in result.predictions.ids], result.predictions.labels, strict=True)
    ) == {
        ('Happiness', 0),
        ('neutral', 1),
        ('sad', 2),
    }


def test_the_command_measures_a_folder_and_names_what_it_cannot_read(
    own_pictures: Path, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture(own_pictures / 'sad' / 'nobody.png')
    (own_pictures / 'sad' / 'broken.jpg').write_bytes(b'broken')
    metrics_file, page = tmp_path / 'metrics.json', tmp_path / 'mistakes.html'
    command = ['evaluate', 'images', str(own_pictures), '--bundle', str(bundle)]
    assert cli.main([*command, '--json', str(metrics_file), '--errors', str(page)]) == 0
    printed = capsys.readouterr()
    metrics = json.loads(metrics_file.read_text())
    assert list(metrics) == ['n', 'n_detected', 'accuracy', 'macro_f1', 'confusion', 'labels', 'ece', 'unreadable']
    assert metrics['unreadable'] == ['sad/broken.jpg']
    assert metrics['n'] == 20
    assert metrics['n_detected'] == np.sum(metrics['confusion']) <= 18
    assert printed.err.count('folder Happiness counts as happy\n') == 1
    assert printed.err.count('folder neutral counts as unknown\n') == 1
    assert printed.err.count('cannot read sad/broken.jpg\n') == 1
    assert f'sad: {sum(metrics["confusion"][2])} of 8 pictures with a face' in printed.out
    assert page.read_text().count('<img src="data:image/jpeg;base64,') == metrics['n_detected'] - np.trace(
        metrics['confusion']
    )


def test_pictures_without_a_face_are_refused_and_nothing_is_written(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / 'pictures'
    picture(folder / 'happy' / 'black.jpg')
    (folder / 'happy' / 'broken.jpg').write_bytes(b'')
    command = ['evaluate', 'images', str(folder), '--bundle', str(bundle)]
    assert cli.main([*command, '--json', str(tmp_path / 'metrics.json')]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith(f'blendfer: FaceLandmarker finds no face in any of the 2 pictures of {folder} (1 cannot be')
    assert list(tmp_path.iterdir()) == [folder]


def test_a_picture_turned_by_its_camera_is_set_upright(
    face_frames: list[np.ndarray], bundle: Path, tmp_path: Path
) -> None:
    upright = cv2.cvtColor(face_frames[0], cv2.COLOR_RGB2BGR)
    (tmp_path / 'happy').mkdir()
    encoded = cv2.imencode('.jpg', cv2.rotate(upright, cv2.ROTATE_90_COUNTERCLOCKWISE))[1].tobytes()
    # EXIF orientation 6: to be shown turned clockwise by 90 degrees.
    exif = bytes.fromhex('ffe100224578696600004d4d002a00000008000101120003000000010006000000000000')
    (tmp_path / 'happy' / 'turned.jpg').write_bytes(encoded[:2] + exif + encoded[2:])
    (face,) = detect_all(find_pictures(tmp_path).pictures, bundle, 'faces', workers=1)
    assert isinstance(face, Face)
    assert abs(face.pose.roll_rad) < 0.3
