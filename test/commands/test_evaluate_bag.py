"""`blendfer evaluate bag` refuses early, goes on where it stopped, and says what it could not measure."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
from support.bag_maker import IMAGE, image_messages, write_bag

from blendfer_ros.commands import cli
from blendfer_ros.core.assets import find_config, find_recording
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.perception.face_landmarker import FaceLandmarker

LABELS = 'file,start_s,end_s,label\nsad_to_happy,0,5.7,sad\nsad_to_happy,12.4,99,happy\n'


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache_home'))


@pytest.fixture
def bags(tmp_path: Path) -> Path:
    """The shipped recording, half of it, and noise."""
    folder = tmp_path / 'bags'
    shutil.copytree(find_recording('sad_to_happy'), folder / 'sad_to_happy')
    whole = (folder / 'sad_to_happy' / 'sad_to_happy.mcap').read_bytes()
    (folder / 'half').mkdir()
    (folder / 'half' / 'half_0.mcap').write_bytes(whole[: len(whole) // 2])
    (folder / 'noise.mcap').write_bytes(bytes(100))
    return folder


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / 'labels.csv'
    path.write_text(LABELS)
    return path


def run(*words: object) -> int:
    return cli.main(['evaluate', 'bag', *map(str, words)])


def test_a_bag_gets_its_table_its_json_and_its_page_without_faces_being_looked_for(
    labels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip('matplotlib', reason='needs matplotlib: pip install blendfer_ros[train]')
    monkeypatch.setattr(FaceLandmarker, '__init__', lambda *_: pytest.fail('blendshapes have been found already'))
    out, page = tmp_path / 'out.json', tmp_path / 'page.html'
    bag = find_recording('sad_to_happy')
    assert run(bag, '--labels', labels, '--json', out, '--html', page) == 0
    content = json.loads(out.read_text())
    assert (content['model'], content['n_frames'], content['n_people'], content['failed']) == ('blendfer', 236, 1, {})
    assert sum(content['time_share'].values()) == pytest.approx(1.0, abs=1e-5)
    assert content['frame_accuracy'] > 0.9
    of_bag = content['bags']['sad_to_happy']
    assert {key: content[key] for key in of_bag if key in content} == {k: v for k, v in of_bag.items() if k in content}
    assert (of_bag['topic'], of_bag['damage'], of_bag['gaps'], of_bag['skipped']) == ('/blendshapes', None, [], {})
    printed = capsys.readouterr().out
    assert re.search(r'^sad_to_happy +19\.6 +236 +0 +0 +1 ', printed, re.MULTILINE)
    assert re.search(r'^sad_to_happy( +\d+\.\d\d){4}$', printed, re.MULTILINE)
    assert f'{page}: the answers over time\n' in printed
    assert 'Worst moments' in page.read_text()


def test_the_second_run_gives_the_same_json_and_so_does_any_number_of_workers(
    bags: Path, labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, more in (('first', ['--workers', 1]), ('second', []), ('third', ['--workers', 2, '--fresh'])):
        out = tmp_path / f'{name}.json'
        assert run(bags, '--labels', labels, '--compare', 'blendfer_paper', '--json', out, *more) == 0
    first, second, third = (tmp_path.joinpath(f'{name}.json').read_bytes() for name in ('first', 'second', 'third'))
    assert first == second == third
    content = json.loads(first)
    assert list(content['bags']) == ['half', 'sad_to_happy']
    damage = content['bags']['half']['damage']
    size = (bags / 'half' / 'half_0.mcap').stat().st_size
    assert damage == {'file': 'half_0.mcap', 'offset': size, 'reason': 'it ends in the middle of a record'}
    assert list(content['failed']) == ['noise.mcap']
    assert 'frame_accuracy' not in content['bags']['half']
    compared = content['compared']['blendfer_paper']
    assert 0.0 < compared['agreement'] < 1.0
    assert compared['macro_f1']['low'] <= compared['macro_f1']['difference'] <= compared['macro_f1']['high']
    told = capsys.readouterr().err
    assert f'half: half_0.mcap is damaged at byte {size}: it ends in the middle of a record; evaluated up' in told
    assert 'noise.mcap is left out: nothing of the bag' in told


def test_thumbnails_are_of_the_worst_moments_of_bags_of_images(
    face_frames: list[RgbImage], bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip('matplotlib', reason='needs matplotlib: pip install blendfer_ros[train]')
    bag = write_bag(tmp_path / 'woman', image_messages(face_frames[:12], 24.0), IMAGE, '/camera')
    labels, page = tmp_path / 'labels.csv', tmp_path / 'page.html'
    labels.write_text('file,start_s,end_s,label\nwoman,0,99,happy\n')
    command = [bag, '--labels', labels, '--html', page, '--bundle', bundle]
    assert run(*command) == 0
    assert '<img' not in page.read_text()
    assert run(*command, '--thumbnails') == 0
    assert page.read_text().count('<img src="data:image/jpeg;base64,') == 1
    assert f'{page}: the answers over time, with pictures of people\n' in capsys.readouterr().out


def test_parameters_change_answers_and_can_be_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shipped = find_config('emotion.yaml')
    nervous = tmp_path / 'nervous.yaml'
    text = shipped.read_text()
    for name in ('smoothing_time_constant_s', 'switch_margin', 'min_dwell_s'):
        text = re.sub(rf'{name}: .*', f'{name}: 0.0', text)
    nervous.write_text(text)
    out = tmp_path / 'out.json'
    bag = find_recording('sad_to_happy')
    assert run(bag, '--params', nervous, '--compare', shipped, 'blendfer', '--json', out) == 0
    content = json.loads(out.read_text())
    assert content['options']['smoothing']['min_dwell_s'] == 0.0
    compared = content['compared']
    assert compared[str(shipped)]['options']['smoothing']['min_dwell_s'] == 0.5
    assert compared[str(shipped)]['agreement'] < 1.0
    # A model by its name answers with the parameters of the first.
    assert compared['blendfer']['agreement'] == 1.0
    assert 'macro_f1' not in compared['blendfer']
    assert f'blendfer instead of blendfer with {nervous}: agrees on 100.0% of images' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('bound', 'code', 'sentence'),
    [
        (['--fail-under', 'macro_f1=0.5'], 0, ''),
        (['--fail-under', 'n_frames=237'], 1, 'blendfer: n_frames is 236, below the 237 of --fail-under\n'),
        (['--fail-over', 'n_frames=236'], 0, ''),
        (['--fail-over', 'n_people=0.5'], 1, 'blendfer: n_people is 1, above the 0.5 of --fail-over\n'),
        (
            ['--fail-under', 'n_frames=237', '--fail-over', 'n_people=0'],
            1,
            'blendfer: n_frames is 236, below the 237 of --fail-under; n_people is 1, above the 0 of --fail-over\n',
        ),
        (
            ['--fail-under', 'no_face_accuracy=0.5'],
            1,
            'blendfer: no_face_accuracy is unknown or infinite, so it cannot be compared with the 0.5 of '
            '--fail-under\n',
        ),
    ],
)
def test_bounds_decide_the_exit_code_after_everything_is_written(
    bound: list[str], code: int, sentence: str, labels: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / 'out.json'
    assert run(find_recording('sad_to_happy'), '--labels', labels, '--json', out, *bound) == code
    assert capsys.readouterr().err.endswith(sentence)
    assert json.loads(out.read_text())['n_frames'] == 236


def test_a_bag_that_cannot_be_read_breaks_every_bound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unreadable = tmp_path / 'unreadable.mcap'
    unreadable.write_bytes(b'no bag')
    bags = [find_recording('sad_to_happy'), unreadable]
    assert run(*bags) == 0
    assert run(*bags, '--fail-under', 'n_frames=1') == 1
    sentence = 'blendfer: bounds are for all bags, and unreadable.mcap cannot be measured, for the reasons above\n'
    assert capsys.readouterr().err.endswith(sentence)


@pytest.mark.parametrize(
    ('words', 'sentence'),
    [
        (['--fail-under', 'macro_f1=0.5'], 'macro_f1 needs labels: give --labels'),
        (['--fail-over', 'flips=1'], "there is no score 'flips': expected one of duration_s, "),
        (['--thumbnails'], '--thumbnails shows where answers are wrong on the page: it needs --html and --labels'),
        (['--json', '/nowhere/out.json'], 'cannot write /nowhere/out.json: there is no folder /nowhere'),
        (['--html', '/nowhere/page.html'], 'cannot write /nowhere/page.html: there is no folder /nowhere'),
        (['--model', 'nobody'], 'there is no model nobody: give one of blendfer'),
        (['--compare', 'missing.yaml'], 'missing.yaml cannot be read as a ROS parameter file: '),
    ],
)
def test_what_cannot_be_done_is_refused_before_any_bag_is_read(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run('/no/bag', *words) == 1
    assert capsys.readouterr().err.startswith(f'blendfer: {sentence}')


@pytest.mark.parametrize('words', [['--fail-under', 'macro_f1'], ['--fail-over', 'macro_f1=nan'], ['--workers', '0']])
def test_words_that_mean_nothing_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        run('/no/bag', *words)
    assert end.value.code == 2
    assert f'argument {words[0]}: invalid ' in capsys.readouterr().err


def test_labels_of_other_bags_are_told_and_refused_when_there_are_no_others(
    labels: Path, bags: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(bags / 'half', '--labels', labels) == 1
    assert f'{labels} has labels of sad_to_happy, but the bags are called half' in capsys.readouterr().err
    labels.write_text(f'{LABELS}half,0,5,sad\nhalf,90,91,sad\n')
    assert run(bags / 'half', '--labels', labels) == 0
    told = capsys.readouterr().err
    assert f'{labels} line 2: no bag is called sad_to_happy\n' in told
    assert f'{labels} line 5: start_s is 90, but half ends after ' in told


def test_when_no_bag_can_be_measured_the_json_says_why_and_the_exit_code_is_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / 'noise.mcap').write_bytes(bytes(100))
    out = tmp_path / 'out.json'
    assert run(tmp_path / 'noise.mcap', '--json', out) == 1
    content = json.loads(out.read_text())
    assert content['bags'] == {}
    assert content['failed']['noise.mcap'].startswith('nothing of the bag')
    assert capsys.readouterr().err.endswith('blendfer: no bag can be measured, for the reasons above\n')
