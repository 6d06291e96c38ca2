"""A result is written whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blendfer_ros.core.errors import BlendferError
from blendfer_ros.core.files import require_folder_of, write_text


@given(text=st.text(st.characters(codec='utf-8', exclude_characters='\r')))
def test_what_is_written_is_read_back_and_nothing_else_is_left(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp('out') / 'result.json'
    write_text(path, text)
    assert path.read_text(encoding='utf-8') == text
    assert list(path.parent.iterdir()) == [path]


def test_what_was_there_stays_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / 'result.json'
    path.write_text('before')

    def full_disk(part: Path, text: str, encoding: str) -> int:
        with part.open('w') as file:
            file.write(text[:3])
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(Path, 'write_text', full_disk)
    with pytest.raises(BlendferError, match=rf'cannot write {path}: No space left on device'):
        write_text(path, 'after')
    assert path.read_text() == 'before'
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_has_the_permissions_of_any_other_new_file(tmp_path: Path) -> None:
    ordinary, path = tmp_path / 'ordinary', tmp_path / 'result'
    ordinary.write_text('')
    write_text(path, '')
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(ordinary.stat().st_mode)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / 'target', tmp_path / 'link'
    target.write_text('before')
    link.symlink_to(target)
    write_text(link, 'after')
    assert link.is_symlink()
    assert target.read_text() == 'after'


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / 'pipe'
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_text(pipe, 'text')
        assert os.read(reader, 10) == b'text'
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_missing_folder_is_named_before_and_when_writing(tmp_path: Path) -> None:
    path = tmp_path / 'missing' / 'result.json'
    with pytest.raises(BlendferError, match=rf'cannot write {path}: there is no folder {path.parent}'):
        require_folder_of(path)
    with pytest.raises(BlendferError, match=f'cannot write {path}: No such file or directory'):
        write_text(path, 'text')


def test_a_folder_in_the_files_place_is_named(tmp_path: Path) -> None:
    with pytest.raises(BlendferError, match=f'cannot write {tmp_path}: it is a folder'):
        require_folder_of(tmp_path)
    with pytest.raises(BlendferError, match=f'cannot write {tmp_path}: Is a directory'):
        write_text(tmp_path, 'text')
