"""Scores over time as a table: for a terminal, and as cells for a page."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from blendfer_ros.metrics.segments import ClipScores, SegmentScores

OVERALL: Final = 'overall'
RAW: Final = 'raw'
# Characters in a line; a name gets what the scores leave over.
MAX_COLUMNS: Final = 120
MAX_NAME_WIDTH: Final = 24
GAP: Final = '  '


@dataclass(frozen=True)
class Column:
    """One score; value_of: as text."""

    heading: str
    value_of: Callable[[SegmentScores], str]


@dataclass(frozen=True)
class Row:
    """Scores of one clip, or of all; cells: for each of COLUMNS the text, and after it that of raw answers, if any."""

    name: str
    n_frames: int
    cells: tuple[tuple[str, ...], ...]


COLUMNS: Final = (
    Column('accuracy', lambda scores: number(scores.frame_accuracy, 3)),
    Column('macro-F1', lambda scores: number(scores.macro_f1, 3)),
    Column('flips/min', lambda scores: number(scores.flips_per_min, 1)),
    Column('median s', lambda scores: number(scores.time_to_label_s_median, 2)),
    Column('p95 s', lambda scores: number(scores.time_to_label_s_p95, 2)),
    Column('never', lambda scores: str(scores.n_never_right)),
    Column('no face', lambda scores: number(scores.no_face_accuracy, 3)),
)
EXPLANATION: Final = (
    'accuracy and macro-F1: of frames labelled with an emotion; flips/min: changes of the answer within a segment; '
    'median and p95 s: from the start of a segment to its first right answer; never: segments without one; '
    'no face: share of right answers where nobody is in view, after the first second.'
)


def rows(scores: ClipScores, raw: ClipScores | None) -> list[Row]:
    """A row for each clip and a last one for all of them; `raw`: scores of the same clips."""
    named = {**scores.clips, OVERALL: scores.overall}
    raw_named = {**raw.clips, OVERALL: raw.overall} if raw else {}
    return [
        Row(
            name,
            of_clip.n_frames,
            tuple(
                tuple(column.value_of(each) for each in (of_clip, raw_named.get(name)) if each) for column in COLUMNS
            ),
        )
        for name, of_clip in named.items()
    ]


def table(scores: ClipScores, raw: ClipScores | None, unit: str = 'clip') -> str:
    """The rows, each of a `unit`, as aligned lines of at most MAX_COLUMNS characters below their headings."""
    shown = rows(scores, raw)
    # The values of one column line up with each other, also beside those of raw answers.
    widths = [max(len(text) for row in shown for text in row.cells[i]) for i in range(len(COLUMNS))]
    lines = [(unit, 'frames', *(column.heading for column in COLUMNS))]
    if raw:
        lines.append(('', '', *(RAW for _ in COLUMNS)))
    for row in shown:
        cells = (' '.join(text.rjust(w) for text in texts) for texts, w in zip(row.cells, widths, strict=True))
        lines.append((fitted(row.name), str(row.n_frames), *cells))
    return '\n'.join(aligned(lines))


def aligned(lines: list[tuple[str, ...]]) -> Iterator[str]:
    """The first cell of each line flush left, the others flush right."""
    first, *others = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        yield GAP.join((line[0].ljust(first), *(text.rjust(w) for text, w in zip(line[1:], others, strict=True))))


def fitted(name: str) -> str:
    """A long name is cut at its beginning: it is the end that tells files apart."""
    return name if len(name) <= MAX_NAME_WIDTH else f'…{name[1 - MAX_NAME_WIDTH :]}'


def number(value: float | None, digits: int) -> str:
    """A score with this many decimals; `-` where it is unknown, `never` for an infinite time."""
    if value is None:
        return '-'
    return f'{value:.{digits}f}' if math.isfinite(value) else 'never'
