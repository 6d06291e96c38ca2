"""What was answered to bags as tables: for a terminal, and as cells for a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from blendfer_ros.evaluation.streams.bag_answers import Cost
from blendfer_ros.evaluation.streams.bag_scores import ScoredBag
from blendfer_ros.metrics.conduct import Conduct
from blendfer_ros.pages.segments_table import OVERALL, aligned, fitted, number

HEADINGS: Final = (
    'length s',
    'images',
    'lost',
    'skipped',
    'people',
    'happy',
    'unknown',
    'sad',
    'no face',
    'stale',
    'flips/min',
    'sure',
)
COST_HEADINGS: Final = ('perceive ms', 'p95', 'classify ms', 'p95')
EXPLANATION: Final = (
    'lost: images missing between others; skipped: messages that could not be used; people: face ids; happy to stale: '
    'percentage of the time; flips/min: changes of the answer; sure: mean confidence while happy or sad.'
)


def rows(bags: Mapping[str, ScoredBag]) -> list[tuple[str, ...]]:
    """For each bag its name and a cell for each of HEADINGS; for several bags, a last row for all of them together."""
    named = {name: _cells([scored]) for name, scored in bags.items()}
    if len(bags) > 1:
        named[OVERALL] = _cells(list(bags.values()))
    return [(name, *cells) for name, cells in named.items()]


def cost_rows(bags: Mapping[str, ScoredBag]) -> list[tuple[str, ...]]:
    """For each bag its name, and a cell for each of COST_HEADINGS."""
    return [(name, *_costs(scored.bag.perception), *_costs(scored.bag.classification)) for name, scored in bags.items()]


def table(bags: Mapping[str, ScoredBag]) -> str:
    """Both kinds of rows as aligned lines below their headings."""
    conduct = aligned([('bag', *HEADINGS), *((fitted(name), *cells) for name, *cells in rows(bags))])
    costs = aligned([('bag', *COST_HEADINGS), *((fitted(name), *cells) for name, *cells in cost_rows(bags))])
    return '\n'.join((*conduct, '', *costs))


def _cells(bags: Sequence[ScoredBag]) -> tuple[str, ...]:
    streams = [scored.bag.stream for scored in bags]
    conduct = Conduct.sum([scored.conduct for scored in bags])
    shares = (None if share is None else 100 * share for share in conduct.time_share.values())
    return (
        f'{sum(stream.duration_s for stream in streams):.1f}',
        str(sum(stream.n_frames for stream in streams)),
        str(sum(stream.n_lost for stream in streams)),
        str(sum(stream.n_messages - stream.n_frames for stream in streams)),
        str(sum(scored.bag.n_people for scored in bags)),
        *(number(share, 1) for share in shares),
        number(conduct.flips_per_min, 1),
        number(conduct.mean_confidence, 2),
    )


def _costs(cost: Cost) -> tuple[str, str]:
    return f'{cost.median_ms:.2f}', f'{cost.p95_ms:.2f}'
