"""From pictures to a `.tflite` with its card, on a few hundred real ones; and the numbers of the shipped model."""

from __future__ import annotations

import errno
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from support.made_up_faces import made_up_faces

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.commands import cli
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.datasets.faces import TURNED, UPRIGHT, FaceDataset, Variation, load_faces
from blendfer_ros.datasets.fer2013 import EXPRESSIONS, SPLITS, read_fer2013
from blendfer_ros.training.faces import load_training_faces
from blendfer_ros.training.recipe import Recipe

# As many as the fixture small_fer2013 takes.
PER_SPLIT_AND_EXPRESSION = 6


@pytest.fixture(scope='session')
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp('cache')


def test_faces_are_found_once_and_then_come_from_the_cache(
    small_fer2013: Path, bundle: Path, cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first = load_faces(small_fer2013, bundle, workers=2, cache=cache)
    assert '100%' in capfd.readouterr().err
    again = load_faces(small_fer2013, bundle, workers=2, cache=cache)
    assert 'FaceLandmarker' not in capfd.readouterr().err
    for name in first.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    assert len(first.image_ids) == PER_SPLIT_AND_EXPRESSION * len(EXPRESSIONS) * len(SPLITS)
    assert first.detected.mean() > 0.8
    assert not first.blendshapes[~first.detected].any()
    assert sum(first.lost_per_expression().values()) == (~first.detected).sum()


def test_the_answer_does_not_depend_on_the_number_of_workers(
    small_fer2013: Path, bundle: Path, cache: Path, tmp_path: Path
) -> None:
    two = load_faces(small_fer2013, bundle, UPRIGHT, ['PublicTest'], workers=2, cache=cache)
    one = load_faces(small_fer2013, bundle, UPRIGHT, ['PublicTest'], workers=1, cache=tmp_path)
    np.testing.assert_array_equal(one.blendshapes, two.blendshapes)


def test_every_picture_keeps_its_id(small_fer2013: Path, bundle: Path, cache: Path) -> None:
    faces = load_faces(small_fer2013, bundle, workers=2, cache=cache)
    expected = {image.image_id: image.expression for image in read_fer2013(small_fer2013)}
    assert {i: EXPRESSIONS[e] for i, e in zip(faces.image_ids, faces.expressions, strict=True)} == expected


def test_a_full_disk_is_named_and_leaves_nothing(
    small_fer2013: Path, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, **arrays: np.ndarray) -> None:
        path.write_bytes(b'half')
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(np, 'savez', full)
    with pytest.raises(DatasetError, match=f'faces cannot be cached in {tmp_path}: No space left'):
        load_faces(small_fer2013, bundle, splits=['PublicTest'], cache=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_picture_that_changed_in_a_folder_is_looked_at_again(
    small_fer2013: Path, bundle: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(small_fer2013) as archive:
        archive.extractall(tmp_path / 'pictures')
    before = load_faces(tmp_path / 'pictures', bundle, splits=['PublicTest'], cache=tmp_path)
    first, second, *_ = sorted((tmp_path / 'pictures').rglob('PublicTest_*.jpg'))
    first.write_bytes(second.read_bytes())
    after = load_faces(tmp_path / 'pictures', bundle, splits=['PublicTest'], cache=tmp_path)
    changed = (before.blendshapes != after.blendshapes).any(axis=1)
    assert after.image_ids[changed].tolist() == [first.stem]


def test_turned_pictures_are_turned_the_same_way_each_time() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
    first, again = (next(TURNED.pictures(grey, 'Training_1')) for _ in range(2))
    other = next(TURNED.pictures(grey, 'Training_2'))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_mirrored_faces_twice_are_the_faces(small_fer2013: Path, bundle: Path, cache: Path) -> None:
    faces = load_faces(small_fer2013, bundle, workers=2, cache=cache)
    twice = faces.mirrored().mirrored()
    np.testing.assert_array_equal(twice.blendshapes, faces.blendshapes)
    np.testing.assert_array_equal(twice.geometry, faces.geometry)


@pytest.mark.parametrize(('turned', 'looked_at'), [(True, [UPRIGHT, TURNED]), (False, [UPRIGHT])])
def test_turned_pictures_are_looked_at_only_when_they_are_wanted(
    turned: bool, looked_at: list[Variation], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[Variation] = []

    def load(path: Path, bundle: Path, variation: Variation, splits: list[str]) -> FaceDataset:
        looks.append(variation)
        return FaceDataset.joined([made_up_faces(split, 5 + i, i) for i, split in enumerate(splits)])

    monkeypatch.setattr('blendfer_ros.training.train.load_faces', load)
    faces = load_training_faces(Path('fer.zip'), Path('b.task'), turned=turned)
    assert looks == looked_at
    assert set(faces.training.splits) == {'Training'}
    assert set(faces.public_test.splits) == {'PublicTest'}
    assert (faces.turned is not None) == turned


def test_pictures_without_faces_are_refused(tiny_fer2013: Path, bundle: Path, tmp_path: Path) -> None:
    pytest.importorskip('tf_keras', reason='needs TensorFlow and tf_keras: pip install blendfer_ros[train]')
    from blendfer_ros.training.train import train

    with pytest.raises(DatasetError, match='finds no face in the Training pictures'):
        train(tiny_fer2013, tmp_path / 'model.tflite', bundle, Recipe())
    assert not list(tmp_path.glob('model*'))


def test_training_without_tensorflow_is_refused_before_any_work(
    tmp_path: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
    assert cli.main(['train', str(tmp_path), '--bundle', str(bundle)]) == 1
    assert 'training needs TensorFlow' in capsys.readouterr().err


@pytest.fixture(scope='session')
def trained(small_fer2013: Path, bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model trained by the command, which is all it takes."""
    pytest.importorskip('tf_keras', reason='needs TensorFlow and tf_keras: pip install blendfer_ros[train]')
    output = tmp_path_factory.mktemp('trained') / 'small.tflite'
    assert cli.main(['train', str(small_fer2013), '--out', str(output), '--epochs', '2', '--bundle', str(bundle)]) == 0
    return output


def test_training_writes_a_model_that_loads_and_says_where_it_comes_from(trained: Path) -> None:
    card = load_classifier(trained).card
    assert card.name == 'small'
    assert card.training['recipe']['epochs'] == 2
    assert len(card.training['history'][0]) == 2
    assert set(card.metrics['PublicTest']) == {'n', 'n_detected', 'accuracy', 'macro_f1', 'confusion', 'labels', 'ece'}
    assert sorted(path.name for path in trained.parent.iterdir()) == ['small.json', 'small.tflite']


def test_evaluation_writes_the_documented_json(
    trained: Path, small_fer2013: Path, bundle: Path, tmp_path: Path
) -> None:
    output = tmp_path / 'metrics.json'
    command = ['evaluate', 'fer2013', str(small_fer2013), '--split', 'PrivateTest', '--model', str(trained)]
    assert cli.main([*command, '--json', str(output), '--bundle', str(bundle)]) == 0
    metrics = json.loads(output.read_text())
    assert metrics['labels'] == list(EMOTIONS)
    assert metrics['n'] == PER_SPLIT_AND_EXPRESSION * len(EXPRESSIONS)
    assert np.sum(metrics['confusion']) == metrics['n_detected'] <= metrics['n']


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ('model', 'accuracy', 'macro_f1', 'ece'),
    [
        ('blendfer', 0.76, 0.705, 0.03),
        ('blendfer_blendshapes', 0.745, 0.67, 0.03),
        ('blendfer_paper', 0.72, 0.63, 0.06),
    ],
)
def test_the_shipped_models_keep_on_private_test_what_they_reached(
    model: str, accuracy: float, macro_f1: float, ece: float, fer2013_zip: Path, bundle: Path, tmp_path: Path
) -> None:
    output = tmp_path / 'metrics.json'
    command = ['evaluate', 'fer2013', str(fer2013_zip), '--split', 'PrivateTest', '--json', str(output)]
    assert cli.main([*command, '--model', model, '--bundle', str(bundle)]) == 0
    metrics = json.loads(output.read_text())
    assert metrics['n'] == 3589
    assert metrics['n_detected'] >= 0.92 * metrics['n']
    assert metrics['accuracy'] > accuracy
    assert metrics['macro_f1'] > macro_f1
    assert metrics['ece'] <= ece
