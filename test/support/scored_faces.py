"""Faces with expression scores whose happiness and sadness are chosen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from blendfer_ros.core.expressions import LABEL_EXPRESSIONS, VOTE_EXPRESSIONS
from blendfer_ros.core.face import NOTHING_KNOWN, Face, FloatArray

NETWORK = 'expressions-0123456789ab'
# What the rest of the probability is shared by.
RESERVE = 0.02


def log_scores(happy: float, sad: float) -> FloatArray:
    """(15,) log-probabilities of which both sets sum to 1; what is neither happy nor sad is neutral."""
    named = {'happy': happy, 'sad': sad, 'happiness': happy, 'sadness': sad, 'neutral': 1.0 - happy - sad}
    sets = [np.array([named.get(name, 0.0) for name in names]) for names in (LABEL_EXPRESSIONS, VOTE_EXPRESSIONS)]
    return np.concatenate([np.log((1.0 - RESERVE) * of + RESERVE / len(of)) for of in sets]).astype(np.float32)


def scored(face: Face, happy: float = 0.0, sad: float = 0.0, network: str = NETWORK) -> Face:
    """The face with these scores."""
    return replace(face, expression_scores=log_scores(happy, sad), expression_model=network)


def from_pixels_alone(face: Face) -> Face:
    """The face as a cascade finds it, of whose deformation nothing is known."""
    return replace(face, blendshapes=NOTHING_KNOWN, geometry=NOTHING_KNOWN)
