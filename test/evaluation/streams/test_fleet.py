"""The recordings of a fleet: the sums are those of one process, whoever answers, whoever dies, whoever goes on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.bag_maker import restamped, write_bag

from blendfer_ros.bags.finding import find_bags
from blendfer_ros.classification.estimator import UNSMOOTHED
from blendfer_ros.commands import cli
from blendfer_ros.core.assets import find_model
from blendfer_ros.core.errors import BlendferError
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.datasets.segments import read_segments
from blendfer_ros.evaluation.streams import fleet
from blendfer_ros.evaluation.streams.bag_answers import Candidate
from blendfer_ros.evaluation.streams.fleet import BagTally, Fleet, FleetQuery, tally_fleet

N_BAGS = 24
QUERY = FleetQuery(Candidate('shipped', find_model('blendfer_landmarks')))


@pytest.fixture(scope='session')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bags of different lengths and one that is none. Not to be changed."""
    folder = tmp_path_factory.mktemp('fleet') / 'bags'
    folder.mkdir()
    for i in range(N_BAGS):
        write_bag(folder / f'robot_{i:02}', restamped([1.0 + 0.1 * image for image in range(100 + 5 * i)]))
    (folder / 'noise.mcap').write_bytes(b'noise')
    return folder


@pytest.fixture(scope='session')
def labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of two in three of them."""
    path = tmp_path_factory.mktemp('labels') / 'labels.csv'
    rows = [f'robot_{i:02},0,{4 + i / 10},{("sad", "happy")[i % 3]}\n' for i in range(N_BAGS) if i % 3 < 2]
    path.write_text('file,start_s,end_s,label\n' + ''.join(rows))
    return path


def tallied(folder: Path, labels: Path, results: Path, **how: Any) -> Fleet:
    return tally_fleet(find_bags([folder]), read_segments(labels), QUERY, results, **how)


@pytest.fixture(scope='session')
def serial(folder: Path, labels: Path, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """What one process counts."""
    return tallied(folder, labels, tmp_path_factory.mktemp('serial'))


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the bags that this process answers from now on."""
    names: list[str] = []
    real = fleet.answer_bag

    def watched(path: Path, *arguments: Any, **options: Any) -> Any:
        names.append(path.name)
        return real(path, *arguments, **options)

    monkeypatch.setattr(fleet, 'answer_bag', watched)
    return names


def test_the_sums_are_those_of_evaluate_bag(folder: Path, labels: Path, serial: Fleet, tmp_path: Path) -> None:
    out = tmp_path / 'out.json'
    words = [folder, '--labels', labels, '--model', 'blendfer_landmarks', '--json', out, '--workers', '1']
    assert cli.main(['evaluate', 'bag', *map(str, words)]) == 0
    expected, found = json.loads(out.read_text()), serial.as_json()
    for key in ('n_frames', 'n_lost', 'labelled_n_frames', 'confusion'):
        assert found[key] == expected[key]
    for key in ('duration_s', 'frame_accuracy', 'macro_f1', 'flips_per_min', 'mean_confidence', 'time_share'):
        assert found[key] == pytest.approx(expected[key], abs=2e-6)
    assert found['n_bags'] == N_BAGS
    assert list(found['failed']) == list(expected['failed']) == ['noise.mcap']
    assert sum(map(sum, found['confusion'])) > 500
    assert found['frame_accuracy'] < 1.0


@pytest.fixture
def killer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Kills one worker without warning once four bags are counted; the ids of those it has killed."""
    from distributed import LocalCluster

    killed: list[int] = []
    ended = threading.Event()
    real = LocalCluster.__init__

    def watched(cluster: Any, **options: Any) -> None:
        real(cluster, **options)
        ours = [nanny.process.pid for nanny in cluster.workers.values()]

        def kill() -> None:
            while not ended.wait(0.002):
                if len(list((tmp_path / 'results').glob('robot_*.json'))) >= 4:
                    killed.append(ours[0])
                    os.kill(ours[0], signal.SIGKILL)
                    return

        threading.Thread(target=kill, daemon=True).start()

    monkeypatch.setattr(LocalCluster, '__init__', watched)
    yield killed
    ended.set()


def test_a_worker_that_is_killed_loses_nothing_and_nothing_counts_twice(
    folder: Path, labels: Path, serial: Fleet, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    pytest.importorskip('distributed', reason='needs Dask: pip install "blendfer_ros[fleet]"')
    killed = request.getfixturevalue('killer')
    found = tallied(folder, labels, tmp_path / 'results', workers=2)
    assert len(killed) == 1
    assert found.as_json() == serial.as_json()
    assert len(found.tallies) == N_BAGS
    assert sorted(path.name for path in (tmp_path / 'results').iterdir()) == [
        f'robot_{i:02}.json' for i in range(N_BAGS)
    ]


def test_a_run_that_was_interrupted_goes_on_where_it_stopped(
    folder: Path,
    labels: Path,
    serial: Fleet,
    answered: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched = fleet.answer_bag

    def interrupted(path: Path, *arguments: Any, **options: Any) -> Any:
        if path.name == 'robot_05':
            raise KeyboardInterrupt
        return watched(path, *arguments, **options)

    monkeypatch.setattr(fleet, 'answer_bag', interrupted)
    with pytest.raises(KeyboardInterrupt):
        tallied(folder, labels, tmp_path)
    monkeypatch.setattr(fleet, 'answer_bag', watched)
    assert tallied(folder, labels, tmp_path).as_json() == serial.as_json()
    assert [name for name in answered if name != 'noise.mcap'] == [f'robot_{i:02}' for i in range(N_BAGS)]


def test_what_counts_depend_on_makes_a_bag_be_answered_anew(
    folder: Path, labels: Path, answered: list[str], tmp_path: Path
) -> None:
    bag = tmp_path / 'robot_00'
    shutil.copytree(folder / 'robot_00', bag)
    segments, results = read_segments(labels), tmp_path / 'results'
    other = FleetQuery(Candidate('raw', QUERY.candidate.model, UNSMOOTHED))
    for of, query, n_answered in (
        (segments, QUERY, 1),
        (segments, QUERY, 1),
        ({}, QUERY, 2),
        ({}, other, 3),
        (segments, QUERY, 4),
    ):
        tally_fleet({'robot_00': bag}, of, query, results)
        assert len(answered) == n_answered
    os.utime(next(bag.glob('*.mcap')), ns=(NS_PER_S, NS_PER_S))
    tally_fleet({'robot_00': bag}, segments, QUERY, results)
    assert len(answered) == 5


def test_a_tally_comes_back_from_its_file_as_it_was(serial: Fleet, folder: Path, labels: Path, tmp_path: Path) -> None:
    found = tallied(folder, labels, tmp_path)
    tally = found.tallies['robot_03']
    assert BagTally.read(tmp_path / 'robot_03.json', tally.key) == tally
    assert BagTally.read(tmp_path / 'robot_03.json', 'of another model') is None
    assert BagTally.read(tmp_path / 'robot_99.json', tally.key) is None
    assert found.cpu_s_per_hour > 0.0


@pytest.mark.parametrize('content', ['{"key"', '[]', '{}', '{"key": "right", "conduct": 1}'])
def test_a_damaged_tally_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / 'robot.json'
    path.write_text(content)
    with pytest.raises(BlendferError, match=r'robot\.json holds no counts .* delete the file'):
        BagTally.read(path, 'right')


def test_without_dask_several_workers_are_refused_with_what_to_install(
    folder: Path, labels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, 'distributed', None)
    with pytest.raises(BlendferError, match=r'several workers need Dask: pip install "blendfer_ros\[fleet\]"'):
        tallied(folder, labels, tmp_path, workers=2)


def test_a_scheduler_that_cannot_be_reached_is_named(folder: Path, labels: Path, tmp_path: Path) -> None:
    pytest.importorskip('distributed', reason='needs Dask: pip install "blendfer_ros[fleet]"')
    with pytest.raises(BlendferError, match='the Dask scheduler tcp//nowhere cannot be reached'):
        tallied(folder, labels, tmp_path, scheduler='tcp//nowhere')


def test_the_command_prints_the_sums_writes_them_and_is_quick_the_second_time(
    folder: Path, labels: Path, answered: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / 'fleet.json'
    words = ['evaluate', 'fleet', folder, '--results', tmp_path / 'results', '--labels', labels, '--json', out]
    outputs = []
    for _ in range(2):
        assert cli.main([str(word) for word in words]) == 0
        outputs.append((out.read_bytes(), len([name for name in answered if name != 'noise.mcap'])))
    assert outputs[0] == outputs[1] == (outputs[0][0], N_BAGS)
    printed = capsys.readouterr()
    assert f'{N_BAGS} bags, ' in printed.out
    assert 's of processor time for an hour of recording' in printed.out
    assert 'noise.mcap is left out' in printed.err


def test_bags_that_are_all_unreadable_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / 'bags').mkdir()
    (tmp_path / 'bags' / 'noise.mcap').write_bytes(b'noise')
    assert cli.main(['evaluate', 'fleet', str(tmp_path / 'bags'), '--results', str(tmp_path / 'results')]) == 1
    assert 'no bag can be measured, for the reasons above' in capsys.readouterr().err
    assert not list((tmp_path / 'results').iterdir())
