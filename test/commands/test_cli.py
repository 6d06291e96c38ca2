"""The command teaches, and refuses in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

import blendfer_ros
from blendfer_ros.commands import cli
from blendfer_ros.core.assets import find_model


@pytest.mark.parametrize(
    'command',
    [
        '',
        'show',
        'train',
        'train-expressions',
        'evaluate',
        'evaluate fer2013',
        'evaluate images',
        'evaluate blendshapes',
        'evaluate clips',
        'evaluate bag',
        'evaluate domains',
        'search',
        'report',
        'record',
    ],
)
def test_help_is_given_for_every_command_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main([*command.split(), '--help'])
    assert end.value.code == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f'usage: blendfer {command}'.rstrip())
    assert f'\nexample:\n  blendfer {command}'.rstrip() in printed


def test_the_version_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(['--version'])
    assert end.value.code == 0
    assert capsys.readouterr().out == f'blendfer {blendfer_ros.__version__}\n'


@pytest.mark.parametrize(
    ('command', 'cause'),
    [
        (
            ['evaluate', 'fer2013', 'fer.zip', '--model', 'nobody'],
            'there is no model nobody: give one of blendfer, blendfer_blendshapes, blendfer_landmarks, ',
        ),
        (
            ['train', '/nowhere/fer.zip', '--targets', 'fer2013', '--bundle', '/nowhere/b.task'],
            'no FER2013 at /nowhere/fer.zip',
        ),
        (['train-expressions', '/nowhere/fer.zip', '--ferplus', 'votes.csv'], 'no FER2013 at /nowhere/fer.zip'),
        (['evaluate', 'domains', '/nowhere.yaml'], '/nowhere.yaml cannot be read as a list of domains'),
        (['evaluate', 'images', '/nowhere'], '/nowhere cannot be read (No such file or directory)'),
        (['evaluate', 'blendshapes', 'x.csv', '--labels', 'a,b'], "--labels a,b: the label 'a' is unknown"),
        (
            ['evaluate', 'clips', '/nowhere.csv'],
            '/nowhere.csv cannot be read as a csv table: No such file or directory\n',
        ),
        (
            ['evaluate', 'clips', str(find_model())],
            f'{find_model()} cannot be read as a csv table: it is not text in UTF-8\n',
        ),
        (['report', '/nowhere', '--out', 'new/report.html'], 'no FER2013 at /nowhere'),
        (['record', 'clip.mp4', 'out', '--bundle', '/nowhere/b.task'], 'no FaceLandmarker bundle at /nowhere/b.task'),
    ],
)
def test_a_refusal_is_one_sentence_and_exit_code_1_and_nothing_is_made(
    command: list[str],
    cause: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(command) == 1
    assert not list(tmp_path.iterdir())
    error = capsys.readouterr().err
    assert error.startswith(f'blendfer: {cause}')
    assert error.count('\n') == 1
