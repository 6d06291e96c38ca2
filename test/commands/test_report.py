"""`blendfer report` refuses early, and writes a page, its numbers and its tables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from blendfer_ros.commands import cli
from blendfer_ros.core.assets import find_model, sha256_of
from blendfer_ros.study import study
from blendfer_ros.study.ablations import VARIANTS


def test_a_missing_folder_is_refused_before_anything_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / 'a' / 'b' / 'report.html'
    assert cli.main(['report', '/nowhere', '--out', str(output), '--bundle', '/nowhere']) == 1
    assert capsys.readouterr().err == f'blendfer: cannot write {output}: there is no folder {output.parent}\n'
    assert not list(tmp_path.iterdir())


def test_without_matplotlib_it_is_refused_and_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
    assert cli.main(['report', '/nowhere', '--out', str(tmp_path / 'docs' / 'report.html')]) == 1
    assert "the page's plots need matplotlib" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_work_folder_that_cannot_be_made_is_refused(
    tmp_path: Path, tiny_fer2013: Path, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / 'file').write_text('')
    work = tmp_path / 'file' / 'work'
    command = ['report', str(tiny_fer2013), '--out', str(tmp_path / 'report.html'), '--work', str(work)]
    assert cli.main([*command, '--bundle', str(bundle)]) == 1
    assert f'cannot make the folder {work}: Not a directory' in capsys.readouterr().err


def test_an_interruption_says_where_the_trained_models_are(
    tmp_path: Path,
    tiny_fer2013: Path,
    bundle: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(plan: study.Plan) -> None:
        # Without --ferplus there is nothing to train those on.
        assert plan.variants == tuple(variant for variant in VARIANTS if not variant.needs_votes)
        assert len(plan.variants) < len(VARIANTS)
        raise KeyboardInterrupt

    monkeypatch.setattr(study, 'run_study', interrupted)
    work = tmp_path / 'build' / 'report'
    command = ['report', str(tiny_fer2013), '--out', str(tmp_path / 'report.html'), '--work', str(work)]
    assert cli.main([*command, '--bundle', str(bundle)]) == 130
    assert f'trained models are kept in {work}: run the same command to continue' in capsys.readouterr().err


def test_page_numbers_tables_and_ledger_are_written_into_a_new_folder(
    small_fer2013: Path, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip('matplotlib', reason='needs matplotlib: pip install blendfer_ros[train]')
    docs = tmp_path / 'docs'
    command = ['report', str(small_fer2013), '--out', str(docs / 'index.html'), '--no-ablations']
    options = ['--bundle', str(bundle), '--peer', str(tmp_path / 'none.json'), '--work', str(tmp_path / 'work')]
    assert cli.main([*command, *options]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ['docs']
    names = ['index.html', 'private_test.json', 'results.json', 'results.md']
    assert sorted(path.name for path in docs.iterdir()) == names
    results = json.loads((docs / 'results.json').read_text())
    assert results['models'][0]['name'] == 'blendfer'
    assert results['models'][0]['PrivateTest']['n'] == sum(of['n'] for of in results['lost'])
    assert sha256_of(find_model()) in json.loads((docs / 'private_test.json').read_text())
    printed = capsys.readouterr()
    assert (docs / 'results.md').read_text() in printed.out
    assert 'A peer is left out' in printed.err
    assert '<img' not in (docs / 'index.html').read_text()
    assert cli.main([*command, *options, '--pictures']) == 0
    assert '<img src="data:image/jpeg;base64,' in (docs / 'index.html').read_text()
