"""Votes of FER+ become labels where most agree, and shares where they need not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.made_up_faces import made_up_pictures

from blendfer_ros.core.assets import ASSETS_VARIABLE, find_asset
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.datasets.fer2013 import EXPRESSIONS
from blendfer_ros.datasets.ferplus import COLUMNS, FerPlus, read_ferplus, relabelled
from blendfer_ros.datasets.pictures import Role

HEADER = ('image_id', *COLUMNS)


def ballot(**counts: int) -> tuple[int, ...]:
    return tuple(counts.get(column, 0) for column in COLUMNS)


@pytest.fixture
def table(tmp_path: Path) -> Callable[..., Path]:
    """Writes rows of cells to ferplus.csv."""

    def write(*rows: tuple[object, ...]) -> Path:
        path = tmp_path / 'ferplus.csv'
        path.write_text(''.join(f'{",".join(map(str, cells))}\n' for cells in rows))
        return path

    return write


@pytest.mark.parametrize(
    ('votes', 'expression'),
    [
        (ballot(happiness=6, neutral=4), 'happy'),
        (ballot(sadness=1), 'sad'),
        (ballot(contempt=5, disgust=4, neutral=1), 'disgust'),
        (ballot(surprise=4, fear=3, anger=3), 'surprise'),
        # Two have as many.
        (ballot(sadness=5, neutral=5), None),
        # Contempt counts for itself until it has won, for it is no disgust to those who voted.
        (ballot(contempt=3, disgust=3, happiness=4), 'happy'),
        # Most see no expression, or no face.
        (ballot(unknown=6, sadness=4), None),
        (ballot(NF=10), None),
        (ballot(NF=5, happiness=5), None),
        (ballot(), None),
    ],
)
def test_the_majority_is_what_most_voted_for(votes: tuple[int, ...], expression: str | None) -> None:
    majority = FerPlus({'a': votes}).majority('a')
    assert majority == (None if expression is None else EXPRESSIONS.index(expression))


@pytest.mark.parametrize(
    ('votes', 'shares'),
    [
        (ballot(happiness=6, neutral=2, unknown=2), {'happy': 0.75, 'neutral': 0.25}),
        (ballot(contempt=1, disgust=1, anger=2), {'disgust': 0.5, 'angry': 0.5}),
        (ballot(NF=9, sadness=1), {'sad': 1.0}),
    ],
)
def test_shares_are_of_the_votes_for_an_expression(votes: tuple[int, ...], shares: dict[str, float]) -> None:
    distribution = FerPlus({'a': votes}).distribution('a')
    assert distribution is not None
    assert {EXPRESSIONS[i]: share for i, share in enumerate(distribution.tolist()) if share} == shares


@pytest.mark.parametrize('votes', [ballot(NF=10), ballot(unknown=3, NF=7), ballot()])
def test_where_nobody_voted_for_an_expression_there_are_no_shares(votes: tuple[int, ...]) -> None:
    assert FerPlus({'a': votes}).distribution('a') is None


def test_a_picture_nobody_voted_on_has_neither() -> None:
    assert FerPlus({}).majority('a') is None
    assert FerPlus({}).distribution('a') is None


def test_a_table_is_read_whatever_the_order_of_its_columns(table: Callable[..., Path]) -> None:
    votes = ballot(happiness=7, neutral=3)
    straight = read_ferplus(table(HEADER, ('Training_0000000', *votes)))
    assert straight.votes == {'Training_0000000': votes}
    path = table(('more', *reversed(HEADER)), ('x', *reversed(votes), 'Training_0000000'))
    assert read_ferplus(path) == straight


@pytest.mark.parametrize('missing', HEADER)
def test_a_missing_column_is_named(missing: str, table: Callable[..., Path]) -> None:
    path = table([name for name in HEADER if name != missing])
    with pytest.raises(DatasetError, match=rf"^{path} has no column '{missing}': is it the csv of FER\+ votes\?$"):
        read_ferplus(path)


@pytest.mark.parametrize('bad', ['', 'many', '-1', '0.5'])
def test_votes_that_are_no_counts_are_named_by_their_line(bad: str, table: Callable[..., Path]) -> None:
    path = table(HEADER, ('a', *ballot(anger=10)), ('b', bad, *ballot()[1:]))
    with pytest.raises(DatasetError, match=rf'^{path} line 3: votes are {bad}, 0, .*, expected counts$'):
        read_ferplus(path)


def test_a_short_row_is_named(table: Callable[..., Path]) -> None:
    path = table(HEADER, ('a', 1, 2))
    with pytest.raises(DatasetError, match=rf'{path} line 2: votes are 1, 2, , '):
        read_ferplus(path)


@pytest.mark.parametrize('content', [None, b'image_id,\xff'])
def test_a_file_that_is_missing_or_no_text_is_named(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / 'ferplus.csv'
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DatasetError, match=f'^{path} cannot be read as a csv: '):
        read_ferplus(path)


def test_pictures_get_the_label_most_voted_for_and_those_without_one_are_left_out() -> None:
    pictures = made_up_pictures([EXPRESSIONS.index('fear')] * 4, Role.TEST, 'abcd')
    votes = FerPlus({'a': ballot(sadness=9, fear=1), 'b': ballot(NF=10), 'd': ballot(fear=10)})
    voted = relabelled(pictures, votes)
    assert [(s.sample_id, EXPRESSIONS[s.label]) for s in voted.samples] == [('a', 'sad'), ('d', 'fear')]
    assert voted.name == 'made up with FER+ labels'
    assert (voted.classes, voted.emotions, voted.identity) == (pictures.classes, pictures.emotions, pictures.identity)
    assert [sample.role for sample in voted.samples] == [Role.TEST] * 2


def test_votes_on_other_pictures_are_refused() -> None:
    with pytest.raises(DatasetError, match='no majority for any of these pictures: are they of the same FER2013'):
        relabelled(made_up_pictures([0], Role.TEST, ['a']), FerPlus({'z': ballot(anger=10)}))


def test_the_real_votes_can_be_read() -> None:
    path = find_asset('data/ferplus.csv')
    if path is None:
        pytest.skip(f'needs the votes of FER+: set ${ASSETS_VARIABLE} to a folder with data/ferplus.csv')
    votes = read_ferplus(path)
    assert len(votes.votes) > 35_000
    sums = {sum(of_one) for of_one in votes.votes.values()}
    assert max(sums) <= 10
    majorities = [votes.majority(name) for name in votes.votes]
    assert 0.02 < np.mean([label is None for label in majorities]) < 0.2
