"""Many bags: found by name, answered alike by any number of workers, and none a second time."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from support.bag_maker import blendshapes_bag, restamped, storage_file, write_bag

from blendfer_ros.bags.finding import find_bags
from blendfer_ros.classification.estimator import UNSMOOTHED
from blendfer_ros.core import assets
from blendfer_ros.core.errors import BlendferError, DatasetError
from blendfer_ros.evaluation.streams import bag_runs
from blendfer_ros.evaluation.streams.bag_answers import AnsweredBag, Candidate
from blendfer_ros.evaluation.streams.bag_runs import BagQuery, Work, answer_bags

Results = Mapping[str, AnsweredBag | BlendferError]

QUERY = BagQuery((Candidate('shipped', assets.find_model()),))


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache_home'))
    return assets.cache_dir() / 'bags'


@pytest.fixture
def bags(tmp_path: Path) -> dict[str, Path]:
    """Two short ones, with a pause each, and one that is none."""
    folder = tmp_path / 'bags'
    folder.mkdir()
    for name, pause_s in (('a', 2.0), ('b', 3.0)):
        write_bag(folder / name, restamped([5.0, 5.1, 5.2, 5.2 + pause_s, 5.3 + pause_s]))
    (folder / 'noise.mcap').write_bytes(b'noise')
    return find_bags([folder])


@pytest.fixture
def asked_about(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the bags that are answered anew from now on."""
    names: list[str] = []
    real = bag_runs.answer_bag

    def watched(path: Path, *arguments: object, **options: object) -> AnsweredBag:
        names.append(path.name)
        return real(path, *arguments, **options)

    monkeypatch.setattr(bag_runs, 'answer_bag', watched)
    return names


def same(first: AnsweredBag, second: AnsweredBag) -> bool:
    """True when they differ in nothing but what they cost."""
    fields = ('topic', 'first_stamp_ns', 'stream', 'n_people', 'damage')
    return all(getattr(first, name) == getattr(second, name) for name in fields) and all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for one, other in zip(first.series, second.series, strict=True)
        for name in one.__dataclass_fields__
    )


def all_same(first: Results, second: Results) -> bool:
    return list(first) == list(second) and all(
        same(one, other) if isinstance(one, AnsweredBag) else str(one) == str(other)
        for one, other in zip(first.values(), second.values(), strict=True)
    )


def test_bags_are_found_in_a_folder_in_order_and_alone(bags: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / 'bags'
    assert list(bags) == ['a', 'b', 'noise.mcap']
    assert find_bags([folder / 'b', folder / 'a']) == {'b': folder / 'b', 'a': folder / 'a'}
    assert find_bags([folder / 'b', folder]) == {'b': folder / 'b', 'a': folder / 'a', 'noise.mcap': bags['noise.mcap']}


def test_files_of_one_bag_are_told_from_files_that_are_bags(tmp_path: Path) -> None:
    for folder, names in (('split', ('run_0', 'run_1')), ('loose', ('monday', 'tuesday'))):
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / f'{name}.mcap').write_bytes(b'')
    assert list(find_bags([tmp_path / 'split'])) == ['split']
    assert list(find_bags([tmp_path / 'loose'])) == ['monday.mcap', 'tuesday.mcap']
    (tmp_path / 'loose' / 'metadata.yaml').write_text('')
    assert list(find_bags([tmp_path / 'loose'])) == ['loose']


def test_what_cannot_be_found_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'empty').mkdir()
    with pytest.raises(DatasetError, match='empty has no bags in it'):
        find_bags([tmp_path / 'empty'])
    with pytest.raises(DatasetError, match=r'there is no bag .*missing'):
        find_bags([tmp_path / 'missing'])
    for place in ('monday', 'tuesday'):
        blendshapes_bag(tmp_path / place / 'run')
    with pytest.raises(DatasetError, match=r'monday/run and .*tuesday/run have the same name'):
        find_bags([tmp_path / 'monday', tmp_path / 'tuesday'])


def test_answers_are_the_same_by_one_worker_and_by_two_and_one_bad_bag_stops_none(bags: dict[str, Path]) -> None:
    alone = answer_bags(bags, QUERY, Work(workers=1))
    assert all_same(alone, answer_bags(bags, QUERY, Work(workers=2, fresh=True)))
    assert isinstance(alone['noise.mcap'], BlendferError)
    assert [alone[name].stream.gaps[0][1] for name in 'ab'] == pytest.approx([2.0, 3.0])


def test_what_is_finished_is_not_asked_again(bags: dict[str, Path], asked_about: list[str]) -> None:
    only_a = {'a': bags['a']}
    first = answer_bags(only_a, QUERY, Work())
    assert asked_about == ['a']
    again = answer_bags(bags, QUERY, Work(workers=1))
    assert asked_about == ['a', 'b', 'noise.mcap']
    assert same(first['a'], again['a'])
    assert (first['a'].perception, first['a'].classification) == (again['a'].perception, again['a'].classification)
    answer_bags(only_a, QUERY, Work(fresh=True))
    assert asked_about == ['a', 'b', 'noise.mcap', 'a']


def test_a_run_that_is_interrupted_keeps_what_is_finished(
    bags: dict[str, Path], asked_about: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = bag_runs.answer_bag

    def interrupted(path: Path, *arguments: object, **options: object) -> AnsweredBag:
        if path.name == 'b':
            raise KeyboardInterrupt
        return watched(path, *arguments, **options)

    monkeypatch.setattr(bag_runs, 'answer_bag', interrupted)
    with pytest.raises(KeyboardInterrupt):
        answer_bags(bags, QUERY, Work(workers=1))
    monkeypatch.setattr(bag_runs, 'answer_bag', watched)
    answer_bags(bags, QUERY, Work(workers=1))
    assert asked_about == ['a', 'b', 'noise.mcap']


def test_whatever_answers_depend_on_makes_them_be_asked_again(bags: dict[str, Path], asked_about: list[str]) -> None:
    only_a = {'a': bags['a']}
    answer_bags(only_a, QUERY, Work())
    model = assets.find_model('blendfer_blendshapes')
    others = [
        BagQuery((Candidate('raw', assets.find_model(), UNSMOOTHED),)),
        BagQuery((Candidate('other', model),)),
        BagQuery((*QUERY.candidates, Candidate('other', model))),
        BagQuery(QUERY.candidates, topic='/blendshapes'),
    ]
    for query in others:
        answer_bags(only_a, query, Work())
    assert len(asked_about) == 5
    answer_bags(only_a, BagQuery((Candidate('by another name', assets.find_model()),)), Work())
    assert len(asked_about) == 5
    os.utime(storage_file(bags['a']), ns=(1, 1))
    answer_bags(only_a, QUERY, Work())
    assert len(asked_about) == 6


def test_several_candidates_and_damage_come_back_from_the_cache_to_the_last_bit(
    tmp_path: Path, asked_about: list[str]
) -> None:
    whole = blendshapes_bag(tmp_path / 'whole')
    file = storage_file(whole)
    file.write_bytes(file.read_bytes()[:150_000])
    candidates = (*QUERY.candidates, Candidate('raw', assets.find_model(), UNSMOOTHED))
    first, again = (answer_bags({'whole': whole}, BagQuery(candidates), Work())['whole'] for _ in range(2))
    assert asked_about == ['whole']
    assert isinstance(first, AnsweredBag)
    assert isinstance(again, AnsweredBag)
    assert same(first, again)
    assert first.damage is not None
    assert len(again.series) == 2
    assert not np.array_equal(again.series[0].probabilities, again.series[1].probabilities)
    for one, other in zip(first.series, again.series, strict=True):
        assert one.answers() == other.answers()
        assert [getattr(one, f).dtype for f in vars(one)] == [getattr(other, f).dtype for f in vars(other)]


def test_a_failure_is_not_kept(bags: dict[str, Path], empty_cache: Path) -> None:
    answer_bags(bags, QUERY, Work(workers=1))
    assert len(list(empty_cache.iterdir())) == 2


def test_a_backend_that_is_not_installed_is_named(bags: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    for module, backend, package in (('distributed', 'dask', 'distributed'), ('ray', 'ray', 'ray')):
        monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(BlendferError, match=f'--backend {backend} needs the package {package}: pip install'):
            answer_bags(bags, QUERY, Work(backend=backend))
