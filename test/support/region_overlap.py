"""How alike two boxes are."""

from __future__ import annotations

from blendfer_ros.core.face import Region


def overlap(one: Region, other: Region) -> float:
    """Intersection over union, 0..1."""
    shared = one.intersection(other).area
    union = one.area + other.area - shared
    return shared / union if union > 0.0 else 0.0
