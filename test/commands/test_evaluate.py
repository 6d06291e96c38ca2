"""`blendfer evaluate` refuses early, writes whole files, and says what it shows."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.commands import cli
from blendfer_ros.core.assets import find_expressions, find_model
from blendfer_ros.datasets.faces import load_faces
from blendfer_ros.datasets.fer2013 import EXPRESSIONS, read_fer2013
from blendfer_ros.datasets.ferplus import COLUMNS
from blendfer_ros.datasets.pictures import Role
from blendfer_ros.evaluation.stills.predictions import predict

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
    faces = load_faces(read_fer2013(few_of_fer2013), bundle, roles=[Role.TEST], expressions=find_expressions())
    expected = predict(load_classifier(find_model()), faces).metrics(len(faces))
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


def test_fer2013_can_be_measured_by_the_votes_of_ferplus(
    few_of_fer2013: Path, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = read_fer2013(few_of_fer2013).samples
    # Everybody votes for the label, but for two pictures, which nobody takes for a face.
    columns = {'happy': 'happiness', 'sad': 'sadness', 'neutral': 'neutral'}
    votes = {s.sample_id: columns[EXPRESSIONS[s.label]] for s in samples} | {s.sample_id: 'NF' for s in samples[:2]}
    rows = [[name, *('10' if column == voted else '0' for column in COLUMNS)] for name, voted in votes.items()]
    ferplus = tmp_path / 'ferplus.csv'
    ferplus.write_text(''.join(f'{",".join(cells)}\n' for cells in [['image_id', *COLUMNS], *rows]))
    out = tmp_path / 'metrics.json'
    command = ['evaluate', 'fer2013', str(few_of_fer2013), '--bundle', str(bundle), '--json', str(out)]
    assert cli.main([*command, '--ferplus', str(ferplus)]) == 0
    metrics = json.loads(out.read_text())
    assert (metrics['n'], metrics['n_without_majority']) == (len(samples) - 2, 2)
    assert 'by the votes of FER+ (2 pictures without a majority left out)' in capsys.readouterr().out


def clips_command(clips: Path, bundle: Path, folder: Path) -> list[str]:
    """What measures a short clip of a woman who begins to smile."""
    table = folder / 'labels.csv'
    table.write_text(
        'file,start_s,end_s,label\nneutral_to_happy.mp4,0,0.5,unknown\nneutral_to_happy.mp4,1.5,99,happy\n'
    )
    return ['evaluate', 'clips', str(table), '--folder', str(clips), '--fps', '10', '--bundle', str(bundle)]


def test_clips_get_their_scores_and_their_table(
    clips: Path, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scores_file = tmp_path / 'scores.json'
    assert cli.main([*clips_command(clips, bundle, tmp_path), '--json', str(scores_file)]) == 0
    scores = json.loads(scores_file.read_text())
    card = load_classifier(find_model()).card
    assert (scores['model'], scores['model_sha256'], scores['fps']) == (card.name, card.sha256, 10.0)
    assert scores['clips']['neutral_to_happy.mp4'] == {key: scores[key] for key in list(scores)[4:-1]}
    # 2.4 s long: frames from 0 s to 0.4 s, and from 1.5 s to 2.3 s.
    assert (scores['n_frames'], scores['n_segments']) == (5 + 9, 2)
    assert scores['right_share']['happy'] == 1.0
    assert 'raw' not in scores
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines[:3]] == [
        ['clip', 'frames', 'accuracy'],
        ['neutral_to_happy.mp4', '14', f'{scores["frame_accuracy"]:.3f}'],
        ['overall', '14', f'{scores["frame_accuracy"]:.3f}'],
    ]
    assert all(len(line) <= 120 for line in lines)


def test_clips_measured_twice_give_the_same_files_also_with_raw_answers(
    clips: Path, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip('matplotlib', reason='needs matplotlib: pip install blendfer_ros[train]')
    command = [*clips_command(clips, bundle, tmp_path), '--raw']
    for name in ('first', 'second'):
        outputs = ['--json', str(tmp_path / f'{name}.json'), '--html', str(tmp_path / f'{name}.html')]
        assert cli.main([*command, *outputs]) == 0
    for suffix in ('.json', '.html'):
        assert (tmp_path / f'first{suffix}').read_bytes() == (tmp_path / f'second{suffix}').read_bytes()
    scores = json.loads((tmp_path / 'first.json').read_text())
    assert list(scores['raw']) == list(scores)[4:-1]
    assert '10 frames per second' in (tmp_path / 'first.html').read_text()
    assert f'{tmp_path / "second.html"}: the answers over time' in capsys.readouterr().out
    assert len(list(tmp_path.iterdir())) == 5


@pytest.mark.parametrize('option', ['--json', '--html'])
def test_an_output_of_clips_that_cannot_be_written_is_refused_before_anything_else(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / 'missing' / 'out'
    assert cli.main(['evaluate', 'clips', '/nowhere.csv', option, str(output)]) == 1
    assert capsys.readouterr().err == f'blendfer: cannot write {output}: there is no folder {output.parent}\n'


def test_a_bad_table_of_clips_is_refused_before_any_clip_is_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / 'labels.csv'
    (tmp_path / 'broken.mp4').write_bytes(b'broken')
    table.write_text('file,start_s,end_s,label\nbroken.mp4,0,1,sad\nbroken.mp4,1,2,glad\n')
    assert cli.main(['evaluate', 'clips', str(table), '--bundle', '/nowhere']) == 1
    assert capsys.readouterr().err == (
        f"blendfer: {table} line 3: label is 'glad', expected one of happy, unknown, sad, no_face\n"
    )


@pytest.mark.parametrize('rate', ['0', '-5', 'nan', 'inf', 'ten'])
def test_a_rate_that_is_none_is_refused(rate: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(['evaluate', 'clips', 'labels.csv', f'--fps={rate}'])
    assert end.value.code == 2
    assert f'argument --fps: invalid rate value: {rate!r}' in capsys.readouterr().err


def test_ctrl_c_while_workers_start_prints_no_trace_of_them(clips: Path, bundle: Path, tmp_path: Path) -> None:
    command = [sys.executable, '-m', 'blendfer_ros.commands.cli', *clips_command(clips, bundle, tmp_path)]
    environment = {**os.environ, 'XDG_CACHE_HOME': str(tmp_path / 'cache')}
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    )
    begun = process.stderr.read(len('\rFaceLandmarker:'))
    os.killpg(process.pid, signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    assert begun.strip() == 'FaceLandmarker:'
    assert process.returncode == 130
    assert 'Traceback' not in rest
    assert rest.endswith('blendfer: interrupted\n')
