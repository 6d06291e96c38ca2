"""Work in other processes gives what work in this one gives, and ends when nobody waits for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.processes import (
    fail_or_work_until_told_to_stop,
    note_start,
    square,
    square_of_a_positive,
    three_steps,
    what_was_noted,
)

from blendfer_ros.core.processes import go_on, map_in_processes


@pytest.mark.parametrize(('workers', 'chunk'), [(1, 1), (2, 1), (2, 3), (2, 100)])
def test_results_come_in_the_order_of_the_jobs_whatever_the_workers_and_the_chunks(workers: int, chunk: int) -> None:
    found = map_in_processes(square, range(7), 'squares', 'number', workers=workers, chunk=chunk)
    assert list(found) == [0, 1, 4, 9, 16, 25, 36]


def test_each_process_is_started_once_with_what_it_is_given() -> None:
    found = list(
        map_in_processes(
            what_was_noted, range(6), 'words', 'job', workers=2, start=note_start, start_arguments=('one', 'two')
        )
    )
    assert {words for _, words in found} == {('one', 'two')}
    assert len({process for process, _ in found}) <= 2


def test_progress_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    assert len(list(map_in_processes(square, range(3), 'squares', 'number', workers=1))) == 3
    told = capfd.readouterr().err
    assert 'squares: 100%' in told
    assert '3/3' in told


def test_steps_of_long_jobs_are_told_of(capfd: pytest.CaptureFixture[str]) -> None:
    assert list(map_in_processes(three_steps, [1, 2], 'jobs', 'step', workers=2, n_steps=6)) == [1, 2]
    assert '6/6' in capfd.readouterr().err


def test_an_error_comes_out_after_the_results_before_it() -> None:
    results = map_in_processes(square_of_a_positive, [1, 2, -3, 4], 'squares', 'number', workers=2)
    assert [next(results), next(results)] == [1, 4]
    with pytest.raises(ValueError, match='-3 is negative'):
        next(results)


@pytest.mark.timeout(60)
def test_an_error_ends_the_work_under_way_that_asks_whether_to_go_on(tmp_path: Path) -> None:
    jobs = [('fail', tmp_path), ('work', tmp_path), ('never begun', tmp_path)]
    with pytest.raises(ValueError, match='this one fails'):
        list(map_in_processes(fail_or_work_until_told_to_stop, jobs, 'jobs', 'job', workers=2))
    assert sorted(path.name for path in tmp_path.iterdir()) == ['begun', 'ended']


@pytest.mark.timeout(60)
def test_who_takes_no_more_results_ends_the_work(tmp_path: Path) -> None:
    results = map_in_processes(square, range(1000), 'squares', 'number', workers=1)
    assert next(results) == 0
    results.close()
    with pytest.raises(StopIteration):
        next(results)


def test_outside_a_worker_everything_goes_on() -> None:
    go_on()
