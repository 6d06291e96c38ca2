"""`blendfer evaluate images` measures somebody's own pictures and names what it cannot read."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.commands import cli
from blendfer_ros.core.assets import find_model
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.faces import load_faces
from blendfer_ros.datasets.fer2013 import read_fer2013
from blendfer_ros.datasets.folders import read_folders
from blendfer_ros.datasets.pictures import PictureDataset, Role
from blendfer_ros.evaluation.stills.predictions import predict


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.zeros((60, 60, 3), np.uint8))
    return path


def test_fer2013s_pictures_get_the_numbers_of_the_fer2013_evaluation(
    labelled_pictures: Path, bundle: Path, tmp_path: Path
) -> None:
    fer2013 = tmp_path / 'fer'
    shutil.copytree(labelled_pictures, fer2013)
    (fer2013 / 'Happiness').rename(fer2013 / 'happy')

    def found(dataset: PictureDataset) -> FaceDataset:
        return load_faces(dataset, bundle, roles=[Role.TEST], workers=2, cache=tmp_path / 'cache')

    as_fer2013, as_own = found(read_fer2013(fer2013)), found(read_folders(labelled_pictures))
    predictions = predict(load_classifier(find_model()), as_own)
    assert len(as_own) == 18
    assert len(predictions.ids) == as_fer2013.detected.sum() > 12
    expected = dict(zip(as_fer2013.sample_ids, as_fer2013.blendshapes, strict=True))
    for name, blendshapes in zip(predictions.ids, predictions.blendshapes, strict=True):
        np.testing.assert_array_equal(blendshapes, expected[Path(name).stem])
    assert set(zip([name.split('/')[0] for name in predictions.ids], predictions.labels, strict=True)) == {
        ('Happiness', 0),
        ('neutral', 1),
        ('sad', 2),
    }


@pytest.fixture
def own_pictures(labelled_pictures: Path, tmp_path: Path) -> Path:
    """The labelled pictures, where more may be added."""
    return shutil.copytree(labelled_pictures, tmp_path / 'pictures')


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
    assert error == (
        'blendfer: FaceLandmarker finds no face in any of the 2 pictures (1 cannot be read): '
        'give pictures that show a face from the front'
    )
    assert list(tmp_path.iterdir()) == [folder]
