"""The study as one HTML page: self-contained, loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from blendfer_ros.core.emotions import EMOTIONS, SAD, UNKNOWN_INDEX
from blendfer_ros.pages import plots
from blendfer_ros.pages.errors_page import Mistake, PictureOf, mistakes
from blendfer_ros.pages.html import render
from blendfer_ros.study.markdown import domain_names, looks, measured
from blendfer_ros.study.scores import Measured
from blendfer_ros.study.study import Study
from blendfer_ros.study.targets import outcomes

MISTAKES_SHOWN: Final = 20
BLENDSHAPES_SHOWN: Final = 20


@dataclass(frozen=True)
class Figure:
    """A plot, what it shows, and one sentence on how to read it."""

    title: str
    svg: str
    caption: str


@dataclass(frozen=True)
class ModelSection:
    """What the page says of one shipped model; figures of PrivateTest, mistakes of PublicTest."""

    model: Measured
    figures: list[Figure]
    mistakes: list[Mistake]


def report_page(study: Study, picture_of: PictureOf | None = None, written: str = '') -> str:
    """The page as text.

    Args:
        study: what was measured.
        picture_of: the picture of an image id; None: no picture of anybody is in the page.
        written: when, and from which state of the code.
    """
    return render(
        'report.html',
        study=study,
        summary=_summary(study),
        written=written,
        contents=_contents(study),
        looks=looks(study),
        measured=measured(study),
        domains=domain_names(study),
        emotions=EMOTIONS,
        outcomes=[outcome for model in study.models for outcome in outcomes(model)],
        standard_error=_standard_error(study),
        models=[_section(model, picture_of) for model in study.models],
        lost=_lost(study),
        blendshapes=list(_blendshapes(study)),
        with_pictures=picture_of is not None,
    )


def _summary(study: Study) -> str:
    """What the first model is worth, and what it would be worth to know nothing; empty where none was measured."""
    if not study.models:
        return ''
    model = study.models[0]
    metrics = model.private_test.metrics
    confusion = np.array(metrics.confusion)
    baseline = confusion[UNKNOWN_INDEX].sum() / confusion.sum()
    recall = model.private_test.recall[EMOTIONS.index(SAD)]
    found = '' if np.isnan(recall) else f', and finds {100 * recall:.0f} % of the sad faces'
    return (
        f'On the pictures of PrivateTest with a face, {model.name} is right about {100 * metrics.accuracy:.1f} % '
        f'(macro-F1 {metrics.macro_f1:.3f}){found}; always answering unknown '
        f'would be right about {100 * baseline:.1f} %.'
    )


def _contents(study: Study) -> list[tuple[str, str]]:
    """Id and heading of each section."""
    return [
        ('models', 'Models'),
        *([('domains', 'Other data sets')] if domain_names(study) else []),
        ('targets', 'Targets'),
        ('ablations', 'Ablations'),
        *((model.name, model.name) for model in study.models),
        ('lost', 'Pictures without a face'),
        ('blendshapes', 'Blendshapes'),
        ('mistakes', 'Worst mistakes'),
        ('how', 'How it was measured'),
    ]


def _section(model: Measured, picture_of: PictureOf | None) -> ModelSection:
    worst = model.public_test.predictions.worst(MISTAKES_SHOWN)
    return ModelSection(model, list(_figures(model)), list(mistakes(worst, picture_of)))


def _figures(model: Measured) -> Iterator[Figure]:
    score = model.private_test
    predictions = score.predictions
    yield Figure(
        'Confusion',
        plots.confusion_plot(score),
        'Rows are true labels and columns predictions, so the diagonal is right; shares are of the row.',
    )
    yield Figure(
        'Calibration',
        plots.reliability_plot(predictions.confidences, predictions.labels == predictions.decisions),
        'For a calibrated model the bars end on the dashed line; '
        'the lower bars show how many pictures each is based on.',
    )
    yield Figure(
        'Accuracy of the most confident answers',
        plots.coverage_plot(score),
        'Further to the left, only the most confident predictions count; the dotted line is at 80 % of the pictures.',
    )
    history = model.file.card.training.get('history') if model.file else None
    if history:
        yield Figure(
            'Loss while training',
            plots.learning_plot(history),
            'The blue curve is the loss on pictures not trained on, and the epoch where it is lowest is kept; '
            'the grey one includes label smoothing and dropout, so the two are not on one scale.',
        )


def _lost(study: Study) -> Figure:
    return Figure(
        'Pictures without a face, by expression',
        plots.lost_plot(study.lost),
        'Each pair of bars is the share of the Training pictures of an expression that no model here can learn from, '
        'because FaceLandmarker finds no face.',
    )


def _blendshapes(study: Study) -> Iterator[Figure]:
    yield Figure(
        'Mean scores by emotion',
        plots.means_plot(study.blendshapes, BLENDSHAPES_SHOWN),
        'The further apart the three bars of a blendshape, the more it alone tells about the emotion.',
    )
    yield Figure(
        'Where scores lie',
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
