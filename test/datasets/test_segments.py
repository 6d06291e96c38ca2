"""Tables of what is seen when are read, and those that say what cannot be are refused with their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from blendfer_ros.core.answers import Segment
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.datasets.segments import read_labels

HEADER = 'file,start_s,end_s,label\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ('a.mp4', 'b.mp4'):
        (tmp_path / name).touch()
    return tmp_path


def test_labels_are_read_by_clip_and_in_order_of_time(folder: Path) -> None:
    table = folder / 'labels.csv'
    table.write_text(
        '\ufefflabel, file,who,start_s,end_s\nhappy,b.mp4,x,2,99\n\nsad,a.mp4,,0,1\nno_face, ./b.mp4,y, 0.5 ,2.0\n'
    )
    first, second = read_labels(table)
    assert (first.name, first.path) == ('b.mp4', folder / 'b.mp4')
    assert first.segments == (
        Segment(0.5, 2.0, 'no_face', f'{table} line 5'),
        Segment(2.0, 99.0, 'happy', f'{table} line 2'),
    )
    assert second.name == 'a.mp4'


def test_clips_may_lie_in_another_folder(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    table = tmp_path_factory.mktemp('labels') / 'labels.csv'
    table.write_text(f'{HEADER}a.mp4,0,1,sad\n')
    with pytest.raises(DatasetError, match='say with --folder where the clips are'):
        read_labels(table)
    (labelled,) = read_labels(table, folder)
    assert labelled.path == folder / 'a.mp4'


def test_the_table_of_the_face_clips_can_be_read(clips: Path) -> None:
    labelled = read_labels(clips / 'labels.csv')
    assert len({each.name for each in labelled}) == len(labelled) == 12
    assert sum(len(each.segments) for each in labelled) == 18


@pytest.mark.parametrize(
    ('text', 'cause'),
    [
        ('', 'line 1 has no column file, start_s, end_s, label: expected file,start_s,end_s,label'),
        ('file,start_s,label\n', 'line 1 has no column end_s: expected file,start_s,end_s,label'),
        (HEADER, 'has no rows: expected file,start_s,end_s,label in each'),
        (
            f'{HEADER}a.mp4,0,1,sad\na.mp4,1,2,Happy\n',
            "line 3: label is 'Happy', expected one of happy, unknown, sad, no_face",
        ),
        (f'{HEADER}a.mp4,0,1\n', "line 2: label is '', expected one of happy, unknown, sad, no_face"),
        (f'{HEADER}a.mp4,zero,1,sad\n', "line 2: start_s is 'zero', expected seconds from the start of the clip"),
        (f'{HEADER}a.mp4,-1,1,sad\n', "line 2: start_s is '-1', expected seconds from the start of the clip"),
        (f'{HEADER}a.mp4,0,nan,sad\n', "line 2: end_s is 'nan', expected seconds from the start of the clip"),
        (f'{HEADER}a.mp4,0,inf,sad\n', "line 2: end_s is 'inf', expected seconds from the start of the clip"),
        (f'{HEADER}a.mp4,1,1.0,sad\n', 'line 2: start_s 1 is not before end_s 1'),
        (f'{HEADER}a.mp4,2,1,sad\n', 'line 2: start_s 2 is not before end_s 1'),
    ],
)
def test_a_table_that_says_what_cannot_be_is_refused_with_its_line(folder: Path, text: str, cause: str) -> None:
    table = folder / 'labels.csv'
    table.write_text(text)
    with pytest.raises(DatasetError) as error:
        read_labels(table)
    assert str(error.value) in (f'{table} {cause}', f'{table}: {cause}')


@pytest.mark.parametrize('name', ['c.mp4', ''])
def test_a_file_that_is_not_there_is_refused_with_its_line(folder: Path, name: str) -> None:
    table = folder / 'labels.csv'
    table.write_text(f'{HEADER}a.mp4,0,1,sad\n{name},0,1,sad\n')
    with pytest.raises(DatasetError) as error:
        read_labels(table)
    assert (
        str(error.value) == f'{table} line 3: there is no file {folder / name}: say with --folder where the clips are'
    )


def test_segments_that_overlap_are_refused_with_both_lines(folder: Path) -> None:
    table = folder / 'labels.csv'
    table.write_text(f'{HEADER}a.mp4,1,2,sad\nb.mp4,0,9,sad\n./a.mp4,0,1.5,happy\n')
    with pytest.raises(DatasetError) as error:
        read_labels(table)
    assert str(error.value) == (
        f'{table} line 2: a.mp4 is sad from 1 s on, which {table} line 4 says is happy until 1.5 s: '
        'segments must not overlap'
    )


@pytest.mark.parametrize('content', [None, b'file,start_s\xff'])
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes | None) -> None:
    table = tmp_path / 'labels.csv'
    if content is not None:
        table.write_bytes(content)
    with pytest.raises(DatasetError, match=f'{table} cannot be read as a csv table'):
        read_labels(table)
