"""One HTML page with what was said over time: self-contained, loads nothing from elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from blendfer_ros.core.answers import SAID, Answer
from blendfer_ros.metrics.segments import AnsweredClip
from blendfer_ros.pages.html import render
from blendfer_ros.pages.timeline import timeline_plot


def shown_page(name: str, answers: Sequence[Answer]) -> str:
    """The page as text.

    Args:
        name: of what was shown.
        answers: at least one, in order of time.
    """
    duration_s = answers[-1].stamp_s
    counts = Counter(answer.said for answer in answers)
    shares = ', '.join(
        f'{said.replace("_", " ")} in {100 * counts[said] / len(answers):.0f} %' for said in SAID if said in counts
    )
    return render(
        'shown.html',
        title=name,
        with_pictures=False,
        summary=f'{len(answers)} images in {duration_s:.1f} s: {shares} of them.',
        timeline=timeline_plot(AnsweredClip(name, (), duration_s, tuple(answers), None)),
    )
