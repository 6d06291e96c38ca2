"""One HTML page with a model's worst mistakes: self-contained, loads nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.face import FloatArray
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.evaluation.stills.predictions import Predictions
from blendfer_ros.metrics.classification import Metrics
from blendfer_ros.pages.html import picture_uri, render

MAX_SHOWN: Final = 60
N_BLENDSHAPES: Final = 5

PictureOf = Callable[[str], RgbImage]


@dataclass(frozen=True)
class Mistake:
    """One wrong prediction as the page shows it.

    probabilities, blendshapes: (name, 0..1) each, the latter the strongest first.
    picture: data URI of a JPEG; empty where there is none.
    """

    sample_id: str
    true: str
    predicted: str
    probabilities: list[tuple[str, float]]
    blendshapes: list[tuple[str, float]]
    picture: str


def errors_page(title: str, metrics: Metrics, predictions: Predictions, picture_of: PictureOf | None = None) -> str:
    """The page as text.

    Args:
        title: what was measured on what.
        metrics: of all predictions.
        predictions: right and wrong ones; the worst MAX_SHOWN wrong ones are shown.
        picture_of: the picture of an id, (height, width, 3) uint8; None where there are no pictures.
    """
    return render(
        'errors.html',
        title=title,
        metrics=metrics,
        emotions=EMOTIONS,
        mistakes=list(mistakes(predictions.worst(MAX_SHOWN), picture_of)),
        n_wrong=int(np.sum(predictions.labels != predictions.decisions)),
        with_pictures=picture_of is not None,
    )


def mistakes(worst: Predictions, picture_of: PictureOf | None = None) -> Iterator[Mistake]:
    """Wrong predictions as a page shows them, in their order.

    Args:
        worst: as `Predictions.worst` gives them.
        picture_of: as for `errors_page`.
    """
    for i, sample_id in enumerate(map(str, worst.ids)):
        yield Mistake(
            sample_id=sample_id,
            true=EMOTIONS[worst.labels[i]],
            predicted=EMOTIONS[worst.decisions[i]],
            probabilities=[(name, float(p)) for name, p in zip(EMOTIONS, worst.probabilities[i], strict=True)],
            blendshapes=_strongest(worst.blendshapes[i]),
            picture=picture_uri(picture_of(sample_id)) if picture_of else '',
        )


def _strongest(blendshapes: FloatArray) -> list[tuple[str, float]]:
    order = np.argsort(-blendshapes, kind='stable')[:N_BLENDSHAPES]
    return [(BLENDSHAPE_NAMES[i], float(blendshapes[i])) for i in order]
