"""Where the line between emotions is drawn: weights of the probabilities, searched for the best score."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np

from blendfer_ros.core.emotions import UNKNOWN_INDEX

WEIGHTS: Final = np.geomspace(0.5, 8.0, 33)
MAX_SEARCHED_TOGETHER: Final = 2

Weights = tuple[float, ...]


def best_weights(score: Callable[[Weights], float], n_emotions: int) -> Weights:
    """Weights of the other emotions against unknown (1) with the highest score.

    Two weights are searched together; more are searched one after the other (coordinate ascent) until the score stops
    improving.
    """
    free = [i for i in range(n_emotions) if i != UNKNOWN_INDEX]
    best: Weights = (1.0,) * n_emotions
    if len(free) <= MAX_SEARCHED_TOGETHER:
        return max(_candidates(best, free), key=score)
    before = -math.inf
    while score(best) > before:
        before = score(best)
        for i in free:
            best = max([best, *_candidates(best, [i])], key=score)
    return best


def _candidates(weights: Weights, searched: Sequence[int]) -> Iterator[Weights]:
    for values in itertools.product(WEIGHTS, repeat=len(searched)):
        changed = dict(zip(searched, values, strict=True))
        yield tuple(round(float(changed.get(i, weight)), 4) for i, weight in enumerate(weights))
