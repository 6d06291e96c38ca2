"""How good expression scores are, whichever network they are from."""

from __future__ import annotations

from typing import Final

from blendfer_ros.core.expressions import LABEL_EXPRESSIONS
from blendfer_ros.core.face import FloatArray
from blendfer_ros.training.pixels.pictures import PixelPictures

N_LABELS: Final = len(LABEL_EXPRESSIONS)


def measure_scores(scores: FloatArray, pictures: PixelPictures) -> dict[str, float]:
    """How often each head's highest of all its expressions is right: against the labels, and against most votes."""
    labels = scores[:, :N_LABELS].argmax(axis=1) == pictures.labels
    votes = scores[:, N_LABELS:].argmax(axis=1) == pictures.votes.argmax(axis=1)
    return {
        'n': len(pictures),
        'accuracy_of_seven_labels': round(float(labels.mean()), 4),
        'accuracy_of_eight_votes': round(float(votes.mean()), 4),
    }
