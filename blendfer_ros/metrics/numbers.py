"""Shares, rates and percentiles, also where there is no data."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

S_PER_MIN: Final = 60.0


def percentile(values: Iterable[float], percent: float) -> float:
    """NumPy's linear percentile of at least one value, some of which may be infinite.

    NumPy itself gives NaN where the value after the wanted one is infinite.
    """
    ordered = sorted(values)
    rank = (len(ordered) - 1) * percent / 100
    below, above = ordered[math.floor(rank)], ordered[math.ceil(rank)]
    return below if below == above else below + (rank - math.floor(rank)) * (above - below)


def ratio(part: float, whole: float) -> float | None:
    """A share or a rate; None where `whole` is 0."""
    return part / whole if whole > 0.0 else None


def rounded(value: float | None) -> float | None:
    """A number for JSON: rounded, and None where it is unknown or not finite."""
    return None if value is None or not math.isfinite(value) else round(value, 6)
