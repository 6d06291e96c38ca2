"""The table fits a terminal, lines up, and says what its cells mean."""

from __future__ import annotations

import pytest

from blendfer_ros.core.answers import Answer, Segment
from blendfer_ros.metrics.segments import AnsweredClip, score_clips, score_raw
from blendfer_ros.pages.segments_table import MAX_COLUMNS, table

LONG_NAME = 'recordings/of/the/robot/in/the/hall/happy_1.mp4'


@pytest.fixture
def answered() -> list[AnsweredClip]:
    """One right with raw answers that change with each frame, and one never right."""
    smooth = tuple(Answer(i / 100, 'happy', (1.0, 0.0, 0.0)) for i in range(100))
    restless = tuple(Answer(i / 100, 'sad' if i % 2 else 'happy', (1.0, 0.0, 0.0)) for i in range(100))
    return [
        AnsweredClip(LONG_NAME, (Segment(0.0, 1.0, 'happy'),), 1.0, smooth, restless),
        AnsweredClip('b.mp4', (Segment(0.0, 1.0, 'no_face'),), 1.0, smooth, smooth),
    ]


def test_each_clip_has_a_line_and_the_last_is_of_all(answered: list[AnsweredClip]) -> None:
    heading, *lines = table(score_clips(answered), None).splitlines()
    assert ' '.join(heading.split()) == 'clip frames accuracy macro-F1 flips/min median s p95 s never no face'
    first, second, overall = (line.split() for line in lines)
    assert first[1:] == ['100', '1.000', '1.000', '0.0', '0.00', '0.00', '0', '-']
    assert second == ['b.mp4', '100', '-', '-', '0.0', 'never', 'never', '1', '-']
    assert overall == ['overall', '200', '1.000', '1.000', '0.0', 'never', 'never', '1', '-']


def test_raw_scores_stand_beside_the_others(answered: list[AnsweredClip]) -> None:
    lines = table(score_clips(answered), score_raw(answered)).splitlines()
    assert lines[1].split() == ['raw'] * 7
    assert lines[2].split()[2:8] == ['1.000', '0.500', '1.000', '0.333', '0.0', '5940.0']


@pytest.mark.parametrize('with_raw', [False, True])
def test_lines_are_equally_long_and_fit_a_terminal(answered: list[AnsweredClip], with_raw: bool) -> None:
    lines = table(score_clips(answered), score_raw(answered) if with_raw else None).splitlines()
    (length,) = {len(line) for line in lines}
    assert length <= MAX_COLUMNS == 120
    assert any(line.startswith('…') and 'hall/happy_1.mp4 ' in line for line in lines)
