"""The plots of the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.emotions import EMOTION_CLASSES, EMOTIONS
from blendfer_ros.core.face import FloatArray
from blendfer_ros.metrics.calibration import ECE_BINS, confidence_bins, coverage_accuracy
from blendfer_ros.pages import svg
from blendfer_ros.study.faces_overview import PERCENTILES, BlendshapeStatistics, Lost
from blendfer_ros.study.scores import MOST_SURE_SHARE, Score

if TYPE_CHECKING:
    # An optional dependency, and one that takes a second to import.
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

BLUE: Final = '#3b6fb6'
# Enough for the shape of a curve of thousands of points.
MAX_CURVE_POINTS: Final = 400
SQUARE_IN: Final = (4.6, 4.0)


def confusion_plot(score: Score) -> str:
    """Counts, and what share of its row each is."""
    with svg.style():
        figure, axes = _square()
        confusion = np.array(score.metrics.confusion)
        shares = confusion / np.maximum(confusion.sum(axis=1, keepdims=True), 1)
        for (row, column), share in np.ndenumerate(shares):
            axes.fill_between([column - 0.48, column + 0.48], row - 0.48, row + 0.48, color=BLUE, alpha=0.75 * share)
            axes.text(column, row, f'{confusion[row, column]}\n{100 * share:.0f} %', ha='center', va='center')
        axes.set(xlabel='predicted', ylabel='true', xlim=(-0.5, 2.5), ylim=(2.5, -0.5))
        axes.set_xticks(range(len(EMOTIONS)), EMOTIONS)
        axes.set_yticks(range(len(EMOTIONS)), EMOTIONS)
        return svg.element(figure, 'confusion', 'Confusion matrix: true emotions in rows, predicted ones in columns')


def reliability_plot(confidence: FloatArray, hits: npt.NDArray[np.bool_], unit: str = 'pictures') -> str:
    """Accuracy in each bin of confidence, with the bins' counts.

    Args:
        confidence: (m,) probability of each answer.
        hits: (m,) whether it is right.
        unit: what is counted.
    """
    with svg.style():
        figure, (upper, lower) = svg.figure((4.6, 4.6), nrows=2, sharex=True, height_ratios=(3, 1))
        edges = np.linspace(0.0, 1.0, ECE_BINS + 1)
        bins = confidence_bins(confidence)
        counts = np.bincount(bins, minlength=ECE_BINS)
        accuracy = np.bincount(bins, weights=hits, minlength=ECE_BINS) / np.maximum(counts, 1)
        upper.bar(edges[:-1], accuracy, 1 / ECE_BINS, align='edge', color=BLUE, alpha=0.6, label='answers')
        upper.plot([0, 1], [0, 1], color=svg.INK, linestyle='--', linewidth=1, label='calibrated')
        upper.set(ylabel='accuracy', xlim=(0, 1), ylim=(0, 1))
        upper.legend(loc='upper left')
        lower.bar(edges[:-1], counts, 1 / ECE_BINS, align='edge', color=svg.FAINT)
        lower.set(xlabel='confidence', ylabel=unit)
        alt = f'Accuracy in each bin of confidence, and how many {unit} are in it'
        return svg.element(figure, 'reliability', alt)


def coverage_plot(score: Score) -> str:
    """Accuracy on the most confident predictions, against their share of all."""
    with svg.style():
        figure, axes = _square()
        accuracy = coverage_accuracy(score.predictions.confidences, score.predictions.correct)
        m = len(accuracy)
        # The first handful of predictions means little and makes the curve jump.
        points = np.unique(np.linspace(min(m - 1, m // 50), m - 1, MAX_CURVE_POINTS).astype(np.int64))
        axes.plot((points + 1) / m, accuracy[points], color=BLUE)
        axes.axvline(
            MOST_SURE_SHARE,
            color=svg.FAINT,
            linestyle=':',
            linewidth=1,
            label=f'{100 * MOST_SURE_SHARE:.0f} % of the pictures',
        )
        axes.set(xlabel='share of pictures answered', ylabel='accuracy on them', xlim=(0, 1))
        _in_percent(axes.xaxis)
        axes.legend()
        return svg.element(figure, 'coverage', 'Accuracy against the share of pictures answered, most confident first')


def learning_plot(history: Sequence[Sequence[dict[str, float]]]) -> str:
    """Losses by epoch, a pair of curves for each network of a model."""
    with svg.style():
        figure, axes = _square()
        for i, epochs in enumerate(history):
            numbers = range(1, 1 + len(epochs))
            label = ('Training', 'PublicTest') if i == 0 else (None, None)
            axes.plot(numbers, [epoch['loss'] for epoch in epochs], color=svg.FAINT, label=label[0], linewidth=1)
            axes.plot(numbers, [epoch['val_loss'] for epoch in epochs], color=BLUE, label=label[1], linewidth=1.5)
        axes.set(xlabel='epoch', ylabel='loss')
        axes.legend()
        return svg.element(figure, 'learning', 'Loss on Training and on PublicTest after each epoch')


def lost_plot(lost: Sequence[Lost]) -> str:
    """Share of each expression's pictures without a face, beside the paper's."""
    with svg.style():
        figure, axes = svg.figure((7.5, 3.6))
        places = np.arange(len(lost))
        axes.bar(places - 0.2, [of.share for of in lost], 0.38, color=BLUE, label='here')
        axes.bar(places + 0.2, [of.paper_share for of in lost], 0.38, color=svg.FAINT, label='the paper')
        axes.set_xticks(places, [of.expression for of in lost])
        axes.set(ylabel='share without a face')
        _in_percent(axes.yaxis)
        axes.legend()
        return svg.element(figure, 'lost', 'Share of Training pictures without a face by expression, and in the paper')


def means_plot(statistics: BlendshapeStatistics, k: int) -> str:
    """Mean scores of each emotion, for the k blendshapes that differ most."""
    with svg.style():
        chosen = statistics.most_different(k)
        figure, axes = svg.figure((7.5, 0.36 * k + 1.0))
        places = np.arange(k)
        for i, emotion in enumerate(EMOTION_CLASSES):
            means = statistics.means[i, chosen]
            axes.barh(places + 0.26 * (i - 1), means, 0.26, color=emotion.colour, label=emotion.name)
        axes.set_yticks(places, [BLENDSHAPE_NAMES[i] for i in chosen])
        axes.set(xlabel='mean score', ylim=(k - 0.4, -0.6))
        axes.legend(loc='lower right')
        return svg.element(figure, 'means', f'Mean score of the {k} blendshapes that differ most between emotions')


def boxes_plot(statistics: BlendshapeStatistics) -> str:
    """Where the scores of each blendshape lie."""
    with svg.style():
        figure, axes = svg.figure((7.5, 0.22 * len(BLENDSHAPE_NAMES) + 1.0))
        names = ('whislo', 'q1', 'med', 'q3', 'whishi')
        boxes: list[dict[str, Any]] = [
            dict(zip(names, map(float, column), strict=True)) for column in statistics.percentiles.T
        ]
        lines = {'color': svg.INK, 'linewidth': 1}
        axes.bxp(
            boxes,
            positions=range(len(boxes)),
            orientation='horizontal',
            widths=0.6,
            showfliers=False,
            patch_artist=True,
            boxprops={'facecolor': BLUE, 'alpha': 0.6, 'linewidth': 0},
            medianprops=lines,
            whiskerprops={'color': svg.FAINT, 'linewidth': 1},
            capprops={'color': svg.FAINT, 'linewidth': 1},
        )
        axes.set_yticks(range(len(boxes)), BLENDSHAPE_NAMES, fontsize=8)
        axes.set(xlabel='score', xlim=(0, 1), ylim=(len(boxes) - 0.4, -0.6))
        low, *_, high = PERCENTILES
        return svg.element(figure, 'boxes', f'Scores of all 52 blendshapes from the {low}th to the {high}th percentile')


def _in_percent(axis: Axis) -> None:
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(1.0, symbol=' %'))


def _square() -> tuple[Figure, Axes]:
    figure, axes = svg.figure(SQUARE_IN)
    return figure, axes
