"""Whether a face can be seen well enough to say anything about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from blendfer_ros.core.face import Face, FaceFrame
from blendfer_ros.core.options import option

GOOD: Final = 'good'
TOO_SMALL: Final = 'too_small'
TURNED_AWAY: Final = 'turned_away'
CUT_OFF: Final = 'cut_off'
QUALITIES: Final = (GOOD, TOO_SMALL, TURNED_AWAY, CUT_OFF)

# A face that was refused must be better than the limit by this factor, so that one at the limit does not flicker.
HYSTERESIS: Final = 1.1


@dataclass(frozen=True)
class QualityOptions:
    """Which faces are good enough, by the box around their landmarks and their pose."""

    min_face_px: float = option(40.0, 'a narrower face is unknown, quality `too_small`', 'px', 0.0, 4000.0)
    max_yaw_rad: float = option(
        0.8, 'a head turned further to the side is unknown, quality `turned_away`', 'rad', 0.0, 1.6
    )
    max_pitch_rad: float = option(
        0.7, 'a head turned further up or down is unknown, quality `turned_away`', 'rad', 0.0, 1.6
    )
    min_visible: float = option(
        0.7, 'a face with less of it in the picture is unknown, quality `cut_off`', '', 0.0, 1.0
    )


def quality_of(face: Face, frame: FaceFrame, options: QualityOptions, *, was_good: bool) -> str:
    """GOOD, or why this face of this frame is not.

    Limits are stricter by HYSTERESIS unless the same person's face `was_good` in the frame before.
    """
    strict = 1.0 if was_good else HYSTERESIS
    if face.region.visible < min(options.min_visible * strict, 1.0):
        return CUT_OFF
    if face.region.width * frame.width_px < options.min_face_px * strict:
        return TOO_SMALL
    if abs(face.pose.yaw_rad) * strict > options.max_yaw_rad:
        return TURNED_AWAY
    if abs(face.pose.pitch_rad) * strict > options.max_pitch_rad:
        return TURNED_AWAY
    return GOOD
