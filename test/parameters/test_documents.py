"""The tables of parameters and the shipped configuration are written from the table of parameters."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from blendfer_ros.parameters.documents import LAUNCHED, configuration, main, table, with_tables
from blendfer_ros.parameters.table import EMOTION_CLASSIFIER, NODES, Parameter

NODE = 'emotion_classifier_node'


def page(rows: str) -> str:
    """A page with a table for each node, all with these rows, and text around them."""
    sections = [f'### `{node}` parameters\n\n{rows}\nAfter {node}.\n' for node in NODES]
    return '\n'.join(['# Title\n', *sections])


def test_tables_are_written_anew_and_the_text_around_them_is_left_alone() -> None:
    written = with_tables(page('| old |\n|---|\n| row |\n'))
    assert '| old |' not in written
    for node in NODES:
        assert f'### `{node}` parameters\n\n{table(node)}\nAfter {node}.\n' in written
    assert written.startswith('# Title\n')
    assert with_tables(written) == written


def test_a_row_says_everything_about_a_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    dwell = next(parameter for parameter in EMOTION_CLASSIFIER if parameter.name == 'min_dwell_s')
    dwell = replace(dwell, default=0.5, unit='s', low=0.0, high=10.0, help='waits', live=True)
    nameless = replace(
        next(parameter for parameter in EMOTION_CLASSIFIER if parameter.name == 'primary_face_id'),
        default='',
        unit='',
        help='who',
        live=False,
    )
    monkeypatch.setitem(NODES, NODE, (dwell, nameless))
    _, _, *rows = table(NODE).splitlines()
    assert rows == ['| `min_dwell_s` ● | `0.5` | s | 0 to 10 | waits |', '| `primary_face_id` | empty | | | who |']


def test_text_that_yaml_would_take_for_something_else_is_read_back_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_default(parameter: Parameter, default: str) -> Parameter:
        return replace(parameter, name=f'as_{default or "nothing"}', default=default)

    text = next(parameter for parameter in EMOTION_CLASSIFIER if parameter.name == 'model')
    defaults = ('', '0', '1.5', 'blendfer')
    monkeypatch.setitem(NODES, NODE, tuple(with_default(text, default) for default in defaults))
    content = yaml.safe_load(configuration())
    assert list(content) == list(LAUNCHED)
    assert list(content[NODE]['ros__parameters'].values()) == list(defaults)


def test_the_command_writes_both_and_a_page_without_tables_is_refused_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'config').mkdir()
    (tmp_path / 'docs').mkdir()
    (tmp_path / 'docs' / 'parameters.md').write_text('# Title\n')
    assert main() == 1
    assert capsys.readouterr().err.startswith('make docs: expected a heading `face_landmarker_node` parameters')
    assert (tmp_path / 'docs' / 'parameters.md').read_text() == '# Title\n'
    assert not list((tmp_path / 'config').iterdir())
    (tmp_path / 'docs' / 'parameters.md').write_text(page('| old |\n'))
    assert main() == 0
    assert (tmp_path / 'docs' / 'parameters.md').read_text() == with_tables(page('| old |\n'))
    assert (tmp_path / 'config' / 'emotion.yaml').read_text() == configuration()
