"""`blendfer evaluate blendshapes` measures a table of people's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from blendfer_ros.commands import cli
from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES

HEADER = [*BLENDSHAPE_NAMES, 'label']


def row(label: object, **scores: object) -> list[str]:
    return [*(str(scores.get(name, 0.25)) for name in BLENDSHAPE_NAMES), str(label)]


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """Writes rows of cells to faces.csv."""

    def write(*rows: list[str]) -> Path:
        path = tmp_path / 'faces.csv'
        path.write_text(''.join(f'{",".join(cells)}\n' for cells in rows))
        return path

    return write


def test_the_command_measures_a_table(
    blendshapes_model: Path, table: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = table(
        HEADER,
        row('joy', mouthSmileLeft=1.0),
        row('happy', mouthFrownLeft=1.0),
        row(2, mouthFrownLeft=0.9),
        row(1),
        row('neutral', mouthSmileLeft=0.75),
    )
    metrics_file, page = tmp_path / 'metrics.json', tmp_path / 'mistakes.html'
    command = ['evaluate', 'blendshapes', str(path), '--model', str(blendshapes_model)]
    assert cli.main([*command, '--json', str(metrics_file), '--errors', str(page)]) == 0
    metrics = json.loads(metrics_file.read_text())
    assert list(metrics) == ['n', 'n_detected', 'accuracy', 'macro_f1', 'confusion', 'labels', 'ece']
    assert (metrics['n'], metrics['n_detected'], metrics['accuracy']) == (5, 5, 0.6)
    assert metrics['confusion'] == [[1, 0, 1], [1, 1, 0], [0, 0, 1]]
    printed = capsys.readouterr().out.splitlines()
    mistakes = printed[printed.index('id      true     predicted  confidence') + 1 :]
    assert [line.split()[:4] for line in mistakes[:2]] == [
        ['line', '3', 'happy', 'sad'],
        ['line', '6', 'unknown', 'happy'],
    ]
    assert 'no pictures' in page.read_text()
    assert '<img' not in page.read_text()


def test_a_refused_table_leaves_nothing_behind(
    blendshapes_model: Path, table: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = table(row('happy'), row('glad'))
    command = ['evaluate', 'blendshapes', str(path), '--model', str(blendshapes_model)]
    outputs = ['--json', str(tmp_path / 'metrics.json'), '--errors', str(tmp_path / 'mistakes.html')]
    assert cli.main([*command, *outputs]) == 1
    assert "faces.csv line 2: the label 'glad' is unknown" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [path]


def test_a_model_that_wants_geometry_is_refused_with_the_remedy(
    table: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(['evaluate', 'blendshapes', str(table(row('happy'))), '--model', 'blendfer']) == 1
    error = capsys.readouterr().err
    assert 'model blendfer cannot be measured on a table of blendshapes' in error
    assert 'comes without the landmark geometry this model needs' in error
    assert 'blendfer_blendshapes' in error
    assert error.count('\n') == 1
