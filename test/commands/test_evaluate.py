"""`blendfer evaluate` refuses early, writes whole files, and says what it shows."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from blendfer_ros import cli
from blendfer_ros.assets import find_model
from blendfer_ros.classification.model import EmotionModel
from blendfer_ros.evaluation.fer2013 import predict_faces
from blendfer_ros.training.dataset import load_faces

DATA = ['fer2013', 'images', 'blendshapes']


@pytest.fixture
def few_of_fer2013(labelled_pictures: Path, tmp_path: Path) -> Path:
    """A few pictures named and laid out as in FER2013."""
    folder = tmp_path / 'fer'
    for label, expression in (('Happiness', 'happy'), ('sad', 'sad'), ('neutral', 'neutral')):
        shutil.copytree(labelled_pictures / label, folder / expression)
    return folder


@pytest.mark.parametrize('data', DATA)
@pytest.mark.parametrize('option', ['--json', '--errors'])
def test_an_output_that_cannot_be_written_is_refused_before_anything_else(
    option: str, data: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / 'missing' / 'out'
    assert cli.main(['evaluate', data, '/nowhere', '--model', 'nobody', option, str(output)]) == 1
    assert capsys.readouterr().err == f'blendfer: cannot write {output}: there is no folder {output.parent}\n'


@pytest.mark.parametrize('data', DATA)
def test_help_says_that_the_page_contains_pictures_of_people(data: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(['evaluate', data, '--help'])
    text = ' '.join(capsys.readouterr().out.split())
    assert 'the page contains pictures of people; it stays where it is written' in text


def test_fer2013_gets_its_page_its_table_and_the_numbers_of_the_library(
    few_of_fer2013: Path, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics_file, page = tmp_path / 'metrics.json', tmp_path / 'mistakes.html'
    command = ['evaluate', 'fer2013', str(few_of_fer2013), '--bundle', str(bundle)]
    assert cli.main([*command, '--json', str(metrics_file), '--errors', str(page)]) == 0
    metrics = json.loads(metrics_file.read_text())
    faces = load_faces(few_of_fer2013, bundle, splits=['PrivateTest'])
    expected = predict_faces(EmotionModel(find_model()), faces).metrics(faces.detected.size)
    assert metrics == expected.as_json()
    wrong = metrics['n_detected'] - sum(row[i] for i, row in enumerate(metrics['confusion']))
    assert page.read_text().count('<img src="data:image/jpeg;base64,') == wrong
    printed = capsys.readouterr().out.splitlines()
    heading = next(i for i, line in enumerate(printed) if line.split() == ['id', 'true', 'predicted', 'confidence'])
    table = [line.split() for line in printed[heading + 1 : -1]]
    assert len(table) == min(wrong, 10)
    assert all(true != predicted for _, true, predicted, _ in table)
    confidences = [float(confidence) for *_, confidence in table]
    assert confidences == sorted(confidences, reverse=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ['fer', 'metrics.json', 'mistakes.html']
