"""`blendfer train-expressions`, from pictures and votes to a network that perception looks with."""

from __future__ import annotations

from pathlib import Path

import pytest

from blendfer_ros.commands import cli
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.datasets.fer2013 import EXPRESSIONS
from blendfer_ros.perception.expressions import read_expression_card
from blendfer_ros.perception.haar import HaarPerceiver

PER_SPLIT_AND_EXPRESSION = 6


def test_votes_must_be_given(small_fer2013: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(['train-expressions', str(small_fer2013)])
    assert end.value.code == 2
    assert '--ferplus' in capsys.readouterr().err


@pytest.mark.parametrize('missing', ['fer2013', 'votes', 'columns', 'bundle', 'option'])
def test_what_cannot_be_trained_on_is_refused_in_one_sentence(
    missing: str, small_fer2013: Path, ferplus_csv: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip('tf_keras', reason='needs TensorFlow and tf_keras: pip install blendfer_ros[train]')
    nowhere, empty = tmp_path / 'nowhere', tmp_path / 'empty.csv'
    empty.write_text('image_id\n')
    words = [str(nowhere if missing == 'fer2013' else small_fer2013), '--out', str(tmp_path / 'out' / 'mine.tflite')]
    words += ['--ferplus', str({'votes': nowhere, 'columns': empty}.get(missing, ferplus_csv))]
    words += ['--bundle', str(nowhere)] if missing == 'bundle' else []
    words += ['--dropout', '2.0'] if missing == 'option' else []
    assert cli.main(['train-expressions', *words]) == 1
    (sentence,) = capsys.readouterr().err.splitlines()
    cause = {
        'fer2013': f'no FER2013 at {nowhere}',
        'votes': f'{nowhere} cannot be read as a csv',
        'columns': f"{empty} has no column 'neutral'",
        'bundle': f'no FaceLandmarker bundle at {nowhere}',
        'option': 'dropout is 2.0, expected 0 to 0.9',
    }[missing]
    assert sentence.startswith(f'blendfer: {cause}')
    assert not (tmp_path / 'out').exists()


def test_without_tensorflow_it_is_refused(
    small_fer2013: Path,
    ferplus_csv: Path,
    bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
    words = [str(small_fer2013), '--ferplus', str(ferplus_csv), '--out', str(tmp_path / 'mine.tflite')]
    assert cli.main(['train-expressions', *words, '--bundle', str(bundle)]) == 1
    assert 'blendfer: training needs TensorFlow' in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_few_pictures_are_enough_for_a_network_that_perception_looks_with(
    small_fer2013: Path,
    ferplus_csv: Path,
    bundle: Path,
    face_frames: list[RgbImage],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip('tf_keras', reason='needs TensorFlow and tf_keras: pip install blendfer_ros[train]')
    output = tmp_path / 'new' / 'mine.tflite'
    words = [str(small_fer2013), '--ferplus', str(ferplus_csv), '--out', str(output), '--bundle', str(bundle)]
    assert cli.main(['train-expressions', *words, '--width', '4', '--epochs', '1', '--batch-size', '16']) == 0
    assert f'{output} (' in capsys.readouterr().out
    assert sorted(path.name for path in output.parent.iterdir()) == ['mine.json', 'mine.tflite']
    perceiver = HaarPerceiver(output)
    (face,) = perceiver.perceive(face_frames[0], 1).faces
    assert face.expression_model.startswith('mine-')
    card = read_expression_card(output.with_suffix('.json'))
    assert card.training['n_pictures'] == PER_SPLIT_AND_EXPRESSION * len(EXPRESSIONS)
    assert card.metrics['PublicTest']['n'] == PER_SPLIT_AND_EXPRESSION * len(EXPRESSIONS)
