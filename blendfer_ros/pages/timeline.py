"""What was right and what was answered over time, as one plot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from blendfer_ros.core.answers import NO_FACE, STALE, Answer, stretches
from blendfer_ros.core.emotions import EMOTION_CLASSES, EMOTIONS
from blendfer_ros.metrics.segments import AnsweredClip
from blendfer_ros.pages import svg

if TYPE_CHECKING:
    # An optional dependency, and one that takes a second to import.
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch

# What has no colour has a pattern, so that it differs from the emotions for everybody.
LOOKS: Final[dict[str, dict[str, Any]]] = {
    **{emotion.name: {'facecolor': emotion.colour} for emotion in EMOTION_CLASSES},
    NO_FACE: {'facecolor': 'none', 'edgecolor': svg.FAINT, 'hatch': '////'},
    STALE: {'facecolor': 'none', 'edgecolor': svg.FAINT, 'hatch': '....'},
}
# A phone shows letters of this figure large enough to read, and a screen not too large.
WIDTH_IN: Final = 6.0
BAND_IN: Final = 0.3
PROBABILITIES_IN: Final = 1.4
LEGEND_AND_AXIS_IN: Final = 0.9
BAND_HEIGHT: Final = 0.8
# Two to a pixel of most screens.
MAX_LINE_POINTS: Final = 2000

# Start [s], end [s], and one of LOOKS.
Band = tuple[float, float, str]


def timeline_plot(clip: AnsweredClip) -> str:
    """Answers and, where there are any, labels and raw answers as bands of colour; below them the probabilities."""
    bands: dict[str, list[Band]] = {}
    if clip.segments:
        bands['label'] = [(s.start_s, min(s.end_s, clip.duration_s), s.label) for s in clip.segments]
    bands['answer'] = _band(clip.answers, clip.duration_s)
    if clip.raw is not None:
        bands['raw'] = _band(clip.raw, clip.duration_s)
    with svg.style():
        bands_in = BAND_IN * len(bands)
        size_in = (WIDTH_IN, bands_in + PROBABILITIES_IN + LEGEND_AND_AXIS_IN)
        figure, (upper, lower) = svg.figure(size_in, nrows=2, sharex=True, height_ratios=(bands_in, PROBABILITIES_IN))
        _draw_bands(upper, bands)
        _draw_probabilities(lower, clip.answers)
        lower.set(xlabel='time [s]', xlim=(0.0, clip.duration_s))
        figure.legend(handles=_legend(bands), loc='outside upper left', ncols=len(LOOKS))
        return svg.element(figure, 'timeline', f'{clip.name}: labels, answers and probabilities over time')


def _band(answers: Sequence[Answer], end_s: float) -> list[Band]:
    return [(stretch.start_s, stretch.end_s, stretch.said) for stretch in stretches(answers, end_s)]


def _draw_bands(axes: Axes, bands: dict[str, list[Band]]) -> None:
    for row, band in enumerate(bands.values()):
        for start_s, end_s, said in band:
            axes.broken_barh([(start_s, end_s - start_s)], (row - BAND_HEIGHT / 2, BAND_HEIGHT), **LOOKS[said])
    axes.set_yticks(range(len(bands)), list(bands))
    axes.set(ylim=(len(bands) - 0.5, -0.5))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.xaxis.set_visible(False)


def _draw_probabilities(axes: Axes, answers: Sequence[Answer]) -> None:
    # The page of a bag of an hour is to stay one that a phone can show.
    shown = answers[:: math.ceil(len(answers) / MAX_LINE_POINTS) or 1]
    probabilities = np.array([answer.probabilities for answer in shown])
    # A line has a gap where nobody was classified.
    probabilities[~probabilities.any(axis=1)] = np.nan
    for emotion, column in zip(EMOTION_CLASSES, probabilities.T, strict=True):
        axes.plot(
            [answer.stamp_s for answer in shown],
            column,
            color=emotion.colour,
            linestyle=emotion.line_style,
            linewidth=1.5,
        )
    axes.set(ylabel='probability', ylim=(-0.02, 1.02))


def _legend(bands: dict[str, list[Band]]) -> list[Patch]:
    """What occurs in the bands, and the emotions, whose lines are below them."""
    from matplotlib.patches import Patch

    occurs = {said for band in bands.values() for _, _, said in band} | set(EMOTIONS)
    return [Patch(label=said.replace('_', ' '), **look) for said, look in LOOKS.items() if said in occurs]
