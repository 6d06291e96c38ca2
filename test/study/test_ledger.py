"""Every look at PrivateTest is written down once, and none is forgotten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from blendfer_ros.core.errors import BlendferError, DatasetError
from blendfer_ros.study.ledger import Ledger


def test_there_are_no_looks_before_the_first(tmp_path: Path) -> None:
    assert Ledger(tmp_path / 'looks.json').entries() == {}
    assert not list(tmp_path.iterdir())


def test_each_file_is_entered_once_under_its_first_name(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / 'looks.json')
    for sha256, name in (('bb', 'first'), ('aa', 'second'), ('bb', 'the first again')):
        ledger.add(sha256, name)
    assert list(json.loads(ledger.path.read_text()).items()) == [('aa', 'second'), ('bb', 'first')]


@pytest.mark.parametrize('content', ['', '{', '[]', '\x80'])
def test_a_damaged_ledger_is_refused_and_left_alone(content: str, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / 'looks.json')
    ledger.path.write_bytes(content.encode('latin-1'))
    with pytest.raises(DatasetError, match=f'the ledger {ledger.path}'):
        ledger.add('aa', 'name')
    assert ledger.path.read_bytes() == content.encode('latin-1')


def test_a_ledger_that_cannot_be_written_stops_the_look(tmp_path: Path) -> None:
    with pytest.raises(BlendferError, match='cannot write'):
        Ledger(tmp_path / 'missing' / 'looks.json').add('aa', 'name')
