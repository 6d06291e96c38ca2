"""The study as one HTML page: self-contained, loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.pages import plots
from blendfer_ros.pages.errors_page import Mistake, PictureOf, mistakes
from blendfer_ros.pages.html import render
from blendfer_ros.study.markdown import looks
from blendfer_ros.study.scores import Measured
from blendfer_ros.study.study import Study
from blendfer_ros.study.targets import outcomes

MISTAKES_SHOWN: Final = 20
BLENDSHAPES_SHOWN: Final = 20


@dataclass(frozen=True)
class Figure:
    """A plot, and one sentence on how to read it."""

    svg: str
    caption: str


@dataclass(frozen=True)
class ModelSection:
    """What the page says of one shipped model; figures of PrivateTest, mistakes of PublicTest."""

    model: Measured
    figures: list[Figure]
    mistakes: list[Mistake]


def report_page(study: Study, picture_of: PictureOf | None = None) -> str:
    """The page as text.

    Args:
        study: what was measured.
        picture_of: the picture of an image id; None: no picture of anybody is in the page.
    """
    return render(
        'report.html',
        study=study,
        looks=looks(study),
        emotions=EMOTIONS,
        outcomes=[outcome for model in study.models for outcome in outcomes(model)],
        standard_error=_standard_error(study),
        models=[_section(model, picture_of) for model in study.models],
        lost=_lost(study),
        blendshapes=list(_blendshapes(study)),
        with_pictures=picture_of is not None,
    )


def _section(model: Measured, picture_of: PictureOf | None) -> ModelSection:
    worst = model.public_test.predictions.worst(MISTAKES_SHOWN)
    return ModelSection(model, list(_figures(model)), list(mistakes(worst, picture_of)))


def _figures(model: Measured) -> Iterator[Figure]:
    score = model.private_test
    predictions = score.predictions
    yield Figure(
        plots.confusion_plot(score),
        'Rows are true labels and columns predictions, so the diagonal is right; shares are of the row.',
    )
    yield Figure(
        plots.reliability_plot(predictions.confidences, predictions.labels == predictions.decisions),
        'For a calibrated model the bars end on the dashed line; '
        'the lower bars show how many pictures each is based on.',
    )
    yield Figure(
        plots.coverage_plot(score),
        'Further to the left, only the most confident predictions count; the dotted line is at 80 % of the pictures.',
    )
    history = model.file.card.training.get('history') if model.file else None
    if history:
        yield Figure(
            plots.learning_plot(history),
            'The blue curve is the loss on pictures not trained on, and the epoch where it is lowest is kept; '
            'the grey one includes label smoothing and dropout, so the two are not on one scale.',
        )


def _lost(study: Study) -> Figure:
    return Figure(
        plots.lost_plot(study.lost),
        'Each pair of bars is the share of the Training pictures of an expression that no model here can learn from, '
        'because FaceLandmarker finds no face.',
    )


def _blendshapes(study: Study) -> Iterator[Figure]:
    yield Figure(
        plots.means_plot(study.blendshapes, BLENDSHAPES_SHOWN),
        'The further apart the three bars of a blendshape, the more it alone tells about the emotion.',
    )
    yield Figure(
        plots.boxes_plot(study.blendshapes),
        'Half of the faces lie in the box and nine in ten between the ends of the line; '
        'a blendshape without a box hardly ever moves.',
    )


def _standard_error(study: Study) -> float | None:
    """Standard error of an accuracy on PrivateTest, by its number of pictures; None where nothing was measured."""
    measured = [*study.models, *study.ablations]
    if not measured:
        return None
    metrics = measured[0].private_test.metrics
    return float(np.sqrt(metrics.accuracy * (1.0 - metrics.accuracy) / metrics.n_detected))
