"""One image on its way from wherever images come from to whoever reads them."""

from __future__ import annotations

from dataclasses import dataclass

from blendfer_ros.core.face import FaceFrame
from blendfer_ros.core.image_types import RgbImage


@dataclass(frozen=True)
class Shot:
    """One image of a source, or what was seen in it.

    stamp_ns: when it was taken [ns]. arrived_ns: when it came to whoever reads it [ns].
    rgb: (height, width, 3) uint8; None where there are only numbers.
    frame: the faces in it; None where it has still to be looked at.
    """

    stamp_ns: int
    arrived_ns: int
    rgb: RgbImage | None = None
    frame: FaceFrame | None = None
