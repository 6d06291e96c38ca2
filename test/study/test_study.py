"""Everything is measured, on a few real pictures; what is trained for it is trained once."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from blendfer_ros.core.assets import EXPRESSION_MODEL, find_expressions, sha256_of
from blendfer_ros.core.errors import AssetError, BlendferError
from blendfer_ros.datasets.fer2013 import read_fer2013
from blendfer_ros.metrics.classification import confusion_matrix, macro_f1
from blendfer_ros.study import ablations
from blendfer_ros.study.ablations import Variant
from blendfer_ros.study.ledger import Ledger
from blendfer_ros.study.study import PAPER, Plan, Study, run_study
from blendfer_ros.training.recipe import RECIPES, Recipe

TINY = Recipe(features='blendshapes', units=4, epochs=1, rotated=False)
VARIANTS = (Variant('as it is', 'the first', TINY), Variant('MSE', 'another loss', replace(TINY, loss='mse')))


@pytest.fixture
def plan(small_fer2013: Path, bundle: Path, blendshapes_model: Path, tmp_path: Path, monkeypatch: Any) -> Plan:
    """Without variants; of the shipped models there is blendfer_blendshapes alone."""
    expressions = find_expressions()

    def find_model(name: str) -> Path:
        if name == EXPRESSION_MODEL:
            return expressions
        if name != 'blendfer_blendshapes':
            raise AssetError(f'no {name}')
        return blendshapes_model

    monkeypatch.setattr('blendfer_ros.core.assets.find_model', find_model)
    return Plan(
        dataset=read_fer2013(small_fer2013),
        bundle=bundle,
        ledger=Ledger(tmp_path / 'private_test.json'),
        peer=tmp_path / 'peer.json',
        work=tmp_path / 'work',
        variants=(),
    )


@pytest.fixture
def untimed() -> Callable[[Study], Any]:
    """The JSON of a study but for its times."""

    def strip(study: Study) -> Any:
        content = json.loads(json.dumps(study.as_json()))
        for row in content['models'] + content['ablations']:
            assert 0.0 < row.pop('median_ms') <= row.pop('p95_ms')
        return content

    return strip


def test_the_published_numbers_are_those_of_the_published_confusion() -> None:
    labels = [(t, p) for t, row in enumerate(PAPER.confusion) for p, count in enumerate(row) for _ in range(count)]
    true, predicted = (list(side) for side in zip(*labels, strict=True))
    assert len(true) == PAPER.n
    assert sum(t == p for t, p in labels) / PAPER.n == pytest.approx(PAPER.accuracy, abs=5e-5)
    assert macro_f1(confusion_matrix(true, predicted)) == pytest.approx(PAPER.macro_f1, abs=5e-5)


def test_models_and_peer_are_measured_and_what_is_missing_is_said(
    plan: Plan, blendshapes_model: Path, untimed: Callable[[Study], Any]
) -> None:
    answers = {sample.sample_id: [0.2, 0.5, 0.3] for sample in plan.dataset.samples}
    without_peer = run_study(plan)
    plan.peer.write_text(json.dumps({'package': 'fer', 'version': '1', 'pictures': answers}))
    study = run_study(plan)
    (model,) = study.models
    assert study.peer is not None
    assert model.private_test.metrics.n_detected == study.peer.private_test.metrics.n_detected
    assert model.file is not None
    assert model.file.card.sha256 == sha256_of(blendshapes_model)
    assert json.loads(plan.ledger.path.read_text()) == {sha256_of(blendshapes_model): 'blendfer_blendshapes'}
    assert study.candidates == 1
    others = [name for name in RECIPES if name != 'blendfer_blendshapes']
    assert [note.split(' is left out')[0] for note in without_peer.notes] == [*others, 'A peer']
    assert len(study.notes) == len(others)
    assert untimed(study) == untimed(run_study(plan))


def test_a_file_is_in_the_ledger_before_it_is_measured(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr('blendfer_ros.study.study.measure_file', interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_study(plan)
    assert list(plan.ledger.entries().values()) == ['blendfer_blendshapes']


def test_ablations_without_tensorflow_are_refused_before_any_work(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
    with pytest.raises(BlendferError, match='training needs TensorFlow'):
        run_study(replace(plan, bundle=Path('/nowhere'), variants=VARIANTS))


def test_a_second_run_trains_nothing_and_says_the_same(
    plan: Plan, untimed: Callable[[Study], Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip('tf_keras', reason='needs TensorFlow and tf_keras: pip install blendfer_ros[train]')
    plan = replace(plan, variants=VARIANTS)
    first = run_study(plan)
    assert [variant.name for variant in first.ablations] == ['as it is', 'MSE']
    printed = capsys.readouterr().out
    assert all(f'{variant.name}: PublicTest accuracy' in printed for variant in VARIANTS)
    assert sorted(path.name for path in plan.work.iterdir()) == [
        'as_it_is.json',
        'as_it_is.tflite',
        'as_it_is.weights.npz',
        'mse.json',
        'mse.tflite',
        'mse.weights.npz',
    ]
    assert first.candidates == 3

    def train_on(*_: object, **__: object) -> None:
        raise AssertionError('trained again')

    monkeypatch.setattr(ablations, 'train_on', train_on)
    assert untimed(run_study(plan)) == untimed(first)
