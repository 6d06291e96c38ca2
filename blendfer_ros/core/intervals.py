"""How regularly images come: the usual time between two, and how many are missing."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

# A pause this many times the usual interval has room for an image that is missing.
LOST_INTERVALS: Final = 1.5


def usual_interval(steps: npt.NDArray[np.floating]) -> float:
    """The median of (n,) times from one image to the next, in their unit; 0 without any."""
    return float(np.median(steps)) if steps.size else 0.0


def count_lost(steps: npt.NDArray[np.floating]) -> int:
    """How many images are missing in the pauses among (n,) times from one image to the next.

    A stream that is thinned out evenly looks like a slower one.
    """
    interval = usual_interval(steps)
    pauses = steps[steps > LOST_INTERVALS * interval] if interval else ()
    return sum(round(pause / interval) - 1 for pause in pauses)
