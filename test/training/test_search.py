"""The search tries, remembers, and goes on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from blendfer_ros.classification.features import BLENDSHAPES_ONLY
from blendfer_ros.core.errors import BlendferError
from blendfer_ros.training.faces import TrainingFaces
from blendfer_ros.training.recipe import Recipe

pytest.importorskip('tf_keras', reason='needs TensorFlow and tf_keras: pip install blendfer_ros[train]')
pytest.importorskip('optuna', reason='needs optuna: pip install blendfer_ros[train]')

from blendfer_ros.training.search import judge, search

START = Recipe(features=BLENDSHAPES_ONLY, epochs=1, rotated=False, mirrored=False, units=32, batch_size=128)


def test_a_search_remembers_its_trials_and_begins_with_the_recipe_it_started_from(
    faces: TrainingFaces, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / 'search'
    first = search(faces, START, 1, folder)
    assert first.recipe == START
    assert first.score == pytest.approx(judge(faces, START, tmp_path / 'alone'))
    found = search(faces, START, 2, folder)
    assert found.score >= first.score
    assert [line.split(':')[0] for line in capsys.readouterr().out.splitlines()] == ['trial 0', 'trial 1', 'trial 2']
    assert [path.name for path in folder.iterdir()] == ['search.db']


def test_a_search_begins_with_a_recipe_whose_sizes_are_not_among_those_tried(
    faces: TrainingFaces, tmp_path: Path
) -> None:
    start = replace(START, units=48, steps=13, batch_size=200)
    assert search(faces, start, 1, tmp_path).recipe == start
    assert search(faces, start, 1, tmp_path).score


def test_a_folder_of_another_search_is_refused(faces: TrainingFaces, tmp_path: Path) -> None:
    search(faces, START, 1, tmp_path)
    with pytest.raises(BlendferError, match='started from another recipe: give another --folder'):
        search(faces, replace(START, epochs=2), 1, tmp_path)
