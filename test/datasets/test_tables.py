"""Tables of blendshapes are read in every form people have them, and whatever is wrong is named by file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.datasets.tables import parse_labels, read_blendshapes

HEADER = [*BLENDSHAPE_NAMES, 'label']
THREE = (0, 1, 2)


def row(label: object, **scores: object) -> list[str]:
    return [*(str(scores.get(name, 0.25)) for name in BLENDSHAPE_NAMES), str(label)]


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """Writes rows of cells to faces.csv."""

    def write(*rows: list[str], **options: str) -> Path:
        path = tmp_path / 'faces.csv'
        path.write_text(''.join(f'{",".join(cells)}\n' for cells in rows), **options)
        return path

    return write


@pytest.mark.parametrize(
    'header',
    [
        [],
        [HEADER],
        [[f' {name} ' for name in HEADER]],
        [[f'score{i}' for i in range(53)]],
        [[*(str(i) for i in range(52)), 'label']],
    ],
)
def test_a_header_changes_nothing_but_the_line_numbers(header: list[list[str]], table: Callable[..., Path]) -> None:
    faces = read_blendshapes(table(*header, row('happy', mouthSmileLeft=0.5), row('sad')), THREE)
    assert faces.sample_ids.tolist() == [f'line {len(header) + 1}', f'line {len(header) + 2}']
    assert list(faces.emotion_labels) == [0, 2]
    assert faces.blendshapes.shape == (2, 52)
    assert faces.blendshapes.dtype == np.float32
    assert faces.detected.all()
    assert faces.blendshapes[0, BLENDSHAPE_NAMES.index('mouthSmileLeft')] == 0.5


@settings(max_examples=25)
@given(scores=st.lists(st.floats(0.0, 1.0, width=32), min_size=52, max_size=52), label=st.integers(0, 2))
def test_scores_survive_the_table(scores: list[float], label: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp('csv') / 'faces.csv'
    path.write_text(','.join([*map(repr, scores), str(label)]))
    faces = read_blendshapes(path, THREE)
    np.testing.assert_array_equal(faces.blendshapes[0], np.array(scores, np.float32))
    assert list(faces.emotion_labels) == [label]


def test_excels_byte_order_mark_and_empty_lines_do_no_harm(table: Callable[..., Path]) -> None:
    faces = read_blendshapes(table(HEADER, row('joy'), [], row('anger'), [], encoding='utf-8-sig'), THREE)
    assert faces.sample_ids.tolist() == ['line 2', 'line 4']
    assert list(faces.emotion_labels) == [0, 1]


def test_label_numbers_mean_what_is_said(table: Callable[..., Path]) -> None:
    numbers = parse_labels('angry, disgust,fear,Happy,sad,surprise,neutral')
    assert numbers == (1, 1, 1, 0, 2, 1, 1)
    faces = read_blendshapes(table(row(3), row(4), row(6), row('4.0')), numbers)
    assert list(faces.emotion_labels) == [0, 2, 1, 2]


@pytest.mark.parametrize('text', ['happy,hapy,sad', '', 'happy,,sad', '0,1,2'])
def test_label_names_nobody_knows_are_refused(text: str) -> None:
    with pytest.raises(DatasetError, match=rf'--labels {text}: the label .* is unknown'):
        parse_labels(text)


@pytest.mark.parametrize(
    ('bad', 'cause'),
    [
        (row('happy')[1:], 'line 3 has 52 columns, expected 52 scores and a label'),
        (['0', *row('happy')], 'line 3 has 54 columns'),
        (row('happy', jawOpen='wide'), r"line 3: column 26 \(jawOpen\) is 'wide', expected a score from 0 to 1"),
        (row('happy', jawOpen=''), r"line 3: column 26 \(jawOpen\) is ''"),
        (row('happy', jawOpen='nan'), r"line 3: column 26 \(jawOpen\) is 'nan'"),
        (row('happy', jawOpen='inf'), r"line 3: column 26 \(jawOpen\) is 'inf'"),
        (row('happy', jawOpen=1.001), r"line 3: column 26 \(jawOpen\) is '1.001'"),
        (row('happy', jawOpen=-0.1), r"line 3: column 26 \(jawOpen\) is '-0.1'"),
        (row('hapy'), "line 3: the label 'hapy' is unknown, expected one of anger, "),
        (row(''), "line 3: the label '' is unknown"),
        (row(3), 'line 3: label is 3, expected 0 to 2: say with --labels what they mean'),
        (row(-1), 'line 3: label is -1'),
        (row(0.5), 'line 3: label is 0.5'),
        (row('nan'), 'line 3: label is nan'),
        (HEADER, r"line 3: the label 'label' is unknown"),
    ],
)
def test_a_bad_row_is_named(bad: list[str], cause: str, table: Callable[..., Path]) -> None:
    path = table(HEADER, row('happy'), bad, row('sad'))
    with pytest.raises(DatasetError, match=rf'^{path} {cause}'):
        read_blendshapes(path, THREE)


@pytest.mark.parametrize('jaw_open', ['wide', ''])
def test_a_bad_first_row_is_not_taken_for_a_header(jaw_open: str, table: Callable[..., Path]) -> None:
    with pytest.raises(DatasetError, match=r'line 1: column 26 \(jawOpen\)'):
        read_blendshapes(table(row('happy', jawOpen=jaw_open), row('sad')), THREE)


def test_blendshapes_in_another_order_are_refused_naming_the_first_that_differs(table: Callable[..., Path]) -> None:
    swapped = [*HEADER[:3], HEADER[4], HEADER[3], *HEADER[5:]]
    with pytest.raises(DatasetError, match="line 1: column 4 is 'browOuterUpLeft', expected 'browInnerUp'"):
        read_blendshapes(table(swapped, row('happy')), THREE)


@pytest.mark.parametrize('rows', [[], [[]], [HEADER]])
def test_a_table_without_rows_is_refused(rows: list[list[str]], table: Callable[..., Path]) -> None:
    path = table(*rows)
    with pytest.raises(DatasetError, match=rf'^{path} has no rows'):
        read_blendshapes(path, THREE)


@pytest.mark.parametrize('content', [b'\xff\xfe0\x00,\x00', b'\x80' * 100])
def test_a_file_that_is_no_text_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / 'faces.csv'
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=f'{path} cannot be read as a csv table'):
        read_blendshapes(path, THREE)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=f'{tmp_path} cannot be read'):
        read_blendshapes(tmp_path, THREE)
