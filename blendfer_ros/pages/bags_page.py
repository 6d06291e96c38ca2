"""One HTML page with the answers to bags: self-contained, loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.evaluation.streams.bag_scores import ScoredBag, overall_scores
from blendfer_ros.evaluation.streams.worst_moments import WrongMoment
from blendfer_ros.metrics.bootstrap import MAX_BLOCK_S, Difference
from blendfer_ros.metrics.segments import AnsweredClip, ClipScores, confidences_of
from blendfer_ros.pages.bags_table import COST_HEADINGS, EXPLANATION, HEADINGS, cost_rows, rows
from blendfer_ros.pages.html import picture_uri, render, script
from blendfer_ros.pages.plots import reliability_plot
from blendfer_ros.pages.segments_table import COLUMNS
from blendfer_ros.pages.segments_table import EXPLANATION as SCORE_EXPLANATION
from blendfer_ros.pages.segments_table import rows as score_rows
from blendfer_ros.pages.timeline import timeline_plot

NO_COSTS: Final = ('',) * len(COST_HEADINGS)


@dataclass(frozen=True)
class Comparison:
    """How another candidate's answers compare with the first's.

    agreement: share of images at which they say the same. difference: of their scores; None without labels.
    """

    agreement: float
    difference: Difference | None

    def as_json(self) -> dict[str, Any]:
        """The fields; of the difference only where there is one."""
        return {'agreement': round(self.agreement, 6)} | (self.difference.as_json() if self.difference else {})


def labelled_scores(bags: Mapping[str, ScoredBag]) -> ClipScores | None:
    """The scores of the bags that have labels; None where none has."""
    overall = overall_scores(bags.values())
    if overall is None:
        return None
    return ClipScores(overall, {name: scored.scores for name, scored in bags.items() if scored.scores})


def bags_page(
    title: str,
    first: str,
    bags: Mapping[str, ScoredBag],
    failed: Mapping[str, str],
    compared: Mapping[str, Comparison],
    moments: Sequence[WrongMoment],
    pictures: Mapping[WrongMoment, RgbImage] | None = None,
) -> str:
    """The page as text.

    Args:
        title: which model was evaluated on what.
        first: the candidate that others are compared with.
        bags: at least one, by name.
        failed: why other bags could not be evaluated, by name.
        compared: how other candidates compare with the first, by name.
        moments: the wrong answers to show.
        pictures: of these moments; None: a page without pictures of people.
    """
    scores = labelled_scores(bags)
    conduct = rows(bags)
    scored = score_rows(scores, None) if scores else []
    flat = [(row.name, str(row.n_frames), *(text for (text,) in row.cells)) for row in scored]
    return render(
        'bags.html',
        title=title,
        first=first,
        with_pictures=pictures is not None,
        n_bags=len(bags),
        failed=failed,
        damaged={name: scored.bag.damage for name, scored in bags.items() if scored.bag.damage},
        headings=['bag', *HEADINGS, *COST_HEADINGS],
        rows=[(*row, *costs) for row, (_, *costs) in zip(conduct, cost_rows(bags), strict=False)],
        overall=next(((*row, *NO_COSTS) for row in conduct[len(bags) :]), None),
        explanation=EXPLANATION,
        scores=scores,
        score_headings=['bag', 'frames', *(column.heading for column in COLUMNS)],
        score_rows=flat[:-1],
        score_overall=flat[-1] if len(flat) > 2 else None,
        score_explanation=SCORE_EXPLANATION,
        answered=[*EMOTIONS, 'not tracking'],
        confusion=zip(EMOTIONS, scores.overall.confusion, strict=True) if scores else (),
        reliability=_reliability(bags),
        moments=moments,
        pictures={moment: picture_uri(rgb) for moment, rgb in (pictures or {}).items()},
        compared=compared,
        block_s=MAX_BLOCK_S,
        timelines=[(name, _timeline(name, scored)) for name, scored in bags.items()],
        **script('sort.js'),
    )


def _timeline(name: str, scored: ScoredBag) -> str:
    return timeline_plot(AnsweredClip(name, scored.segments, scored.bag.stream.end_s, scored.series.answers()))


def _reliability(bags: Mapping[str, ScoredBag]) -> str:
    """The plot of the frames that are labelled with an emotion and were classified; empty without any."""
    confidence, correct = confidences_of([part for scored in bags.values() for part in scored.parts()])
    return reliability_plot(confidence, correct, 'frames') if len(confidence) else ''
