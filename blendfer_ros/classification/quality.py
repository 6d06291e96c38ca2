"""Whether a face can be seen well enough to say anything about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from blendfer_ros.core.face import Face, FaceFrame

GOOD: Final = 'good'
TOO_SMALL: Final = 'too_small'
TURNED_AWAY: Final = 'turned_away'
CUT_OFF: Final = 'cut_off'

# A face that was refused must be better than the limit by this factor, so that one at the limit does not flicker.
HYSTERESIS: Final = 1.1


@dataclass(frozen=True)
class QualityOptions:
    """Which faces are good enough.

    min_face_px: least width of the box around the landmarks [px].
    max_yaw_rad, max_pitch_rad: furthest turn of the head to the side, and up or down [rad].
    min_visible: least part of the box inside the picture, 0..1.
    """

    min_face_px: float = 40.0
    max_yaw_rad: float = 0.8
    max_pitch_rad: float = 0.7
    min_visible: float = 0.7


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
