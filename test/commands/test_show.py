"""`blendfer show`: what it writes, and what it refuses before it writes anything."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from blendfer_ros.commands import cli

KEYS = ['stamp_s', 'state', 'faces']
FACE_KEYS = ['face_id', 'emotion', 'probabilities', 'box']


def n_images(video: Path) -> int:
    capture = cv2.VideoCapture(str(video))
    return sum(iter(capture.grab, False))


def test_lines_of_json_have_these_keys_for_each_image(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(['show', 'sad_to_happy', '--json', '-']) == 0
    output = capsys.readouterr()
    lines = [json.loads(line) for line in output.out.splitlines()]
    assert len(lines) == 236
    assert all(list(line) == KEYS for line in lines)
    assert all(list(face) == FACE_KEYS for line in lines for face in line['faces'])
    assert (lines[0]['stamp_s'], lines[0]['state']) == (1.0, 'tracking')
    assert (lines[30]['faces'][0]['emotion'], lines[-1]['faces'][0]['emotion']) == ('sad', 'happy')
    assert 'sad_to_happy: happy ' in output.err
    assert '236/236' in output.err


def test_a_video_plays_as_long_as_its_source(clips: Path, bundle: Path, tmp_path: Path) -> None:
    source, out, lines = clips / 'neutral_to_happy.mp4', tmp_path / 'out.mp4', tmp_path / 'out.jsonl'
    assert cli.main(['show', str(source), '--out', str(out), '--json', str(lines)]) == 0
    assert n_images(out) == n_images(source) == len(lines.read_text().splitlines())
    shown, original = (cv2.VideoCapture(str(path)).read()[1] for path in (out, source))
    # The strip is below the image.
    assert shown.shape[1] == original.shape[1]
    assert shown.shape[0] > original.shape[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ['out.jsonl', 'out.mp4']


def test_a_page_shows_what_was_said_over_time(tmp_path: Path) -> None:
    page = tmp_path / 'page.html'
    assert cli.main(['show', 'sad_to_happy', '--html', str(page)]) == 0
    text = page.read_text()
    assert '236 images in 19.6 s: happy in 47 %, unknown in 20 %, sad in 32 % of them.' in text
    assert text.count('<svg class="timeline"') == 1
    assert '<img' not in text


def test_a_recording_of_numbers_becomes_an_animation(tmp_path: Path) -> None:
    out = tmp_path / 'out.gif'
    assert cli.main(['show', 'sad_to_happy', '--out', str(out)]) == 0
    assert out.read_bytes().startswith(b'GIF89a')
    assert [path.name for path in tmp_path.iterdir()] == ['out.gif']


def test_a_picture_becomes_a_picture_and_a_folder_a_folder(
    labelled_pictures: Path, bundle: Path, tmp_path: Path
) -> None:
    folder = labelled_pictures / 'sad'
    one = min(folder.iterdir())
    assert cli.main(['show', str(one), '--out', str(tmp_path / 'one.png')]) == 0
    assert cv2.imread(str(tmp_path / 'one.png')).shape == cv2.imread(str(one)).shape
    assert cli.main(['show', str(folder), '--out', str(tmp_path / 'all')]) == 0
    assert sorted(path.name for path in (tmp_path / 'all').iterdir()) == [f'{n:06d}.png' for n in range(1, 7)]


def test_without_smoothing_images_are_answered_for_themselves(capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for more in ([], ['--no-smoothing']):
        cli.main(['show', 'sad_to_happy', '--json', '-', *more])
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        said.append([line['faces'][0]['probabilities']['happy'] for line in lines])
    smooth, raw = (sum(abs(a - b) for a, b in itertools.pairwise(each)) for each in said)
    assert smooth < 0.7 * raw


@pytest.mark.skipif(bool(os.environ.get('DISPLAY')), reason='there is a display here')
def test_where_there_is_no_display_it_says_what_to_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(['show', 'sad_to_happy']) == 1
    error = capsys.readouterr().err
    assert error.endswith('use --out FILE.mp4 (or .gif, .png, a folder) or --json -\n')
    assert error.count('\n') == 1


@pytest.mark.parametrize(
    ('arguments', 'cause'),
    [
        (['sad_to_happy', '--out', '/nowhere/x.mp4'], 'cannot write /nowhere/x.mp4: there is no folder /nowhere'),
        (['sad_to_happy', '--json', '/nowhere/x.jsonl'], 'cannot write /nowhere/x.jsonl: there is no folder /nowhere'),
        (['sad_to_happy', '--out', 'x.png'], 'cannot write x.png: a .png is for a single picture'),
        (['sad_to_happy', '--out', 'x.webm'], 'cannot write x.webm: expected a name that ends in .mp4, .gif or .png'),
        (['/nowhere.mp4', '--out', 'x.mp4'], "there is no picture, folder, video, camera or bag '/nowhere.mp4'"),
        (['99', '--json', '-'], "OpenCV cannot open camera '99'"),
    ],
)
def test_a_refusal_is_one_sentence_and_nothing_is_written(
    arguments: list[str],
    cause: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(['show', *arguments]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f'blendfer: {cause}')
    assert error.count('\n') == 1
    assert not list(tmp_path.iterdir())


def test_ctrl_c_leaves_no_half_a_film(clips: Path, bundle: Path, tmp_path: Path) -> None:
    command = [sys.executable, '-m', 'blendfer_ros.commands.cli', 'show', str(clips / 'woman_sad_to_happy.mp4')]
    command += ['--out', str(tmp_path / 'out.mp4'), '--json', '/dev/stdout']
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline().startswith('{"stamp_s": 0.0')
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert 'Traceback' not in errors
    assert not list(tmp_path.iterdir())


def test_whoever_reads_a_few_lines_and_leaves_breaks_nothing() -> None:
    command = f'{sys.executable} -m blendfer_ros.commands.cli show sad_to_happy --json - | head -n 1'
    ended = subprocess.run(['bash', '-o', 'pipefail', '-c', command], capture_output=True, text=True, check=False)
    assert len(ended.stdout.splitlines()) == 1
    assert 'Traceback' not in ended.stderr
    assert 'Broken pipe' not in ended.stderr
