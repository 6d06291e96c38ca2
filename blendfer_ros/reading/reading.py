"""What is read of one image: the value that the Python API and `blendfer show` give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.estimate import EmotionEstimate
from blendfer_ros.core.face import FaceFrame, Region
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.stamps import NS_PER_S

# Of probabilities and boxes in JSON; more would be noise.
DIGITS = 4


@dataclass(frozen=True)
class FaceReading:
    """One face of an image.

    face_id: stays while the face is in view; in a still picture it says nothing.
    emotion: `happy`, `sad` or `unknown`.
    quality: `good`, or why the face cannot be judged, as in `Emotion.msg`; then the emotion is unknown.
    probabilities: of each emotion by its name, smoothed in a stream; all 0 where the face cannot be judged.
    box: of the face, as fractions of the image's width and height; below 0 or above 1 where it is cut off.
    """

    face_id: str
    emotion: str
    quality: str
    probabilities: Mapping[str, float]
    box: Region

    @property
    def confidence(self) -> float:
        """The probability of the emotion, 0..1."""
        return self.probabilities[self.emotion]

    def as_json(self) -> dict[str, Any]:
        """Values for JSON; the box as `[x_min, y_min, x_max, y_max]`."""
        corners = (self.box.x_min, self.box.y_min, self.box.x_max, self.box.y_max)
        return {
            'face_id': self.face_id,
            'emotion': self.emotion,
            'probabilities': {name: round(p, DIGITS) for name, p in self.probabilities.items()},
            'box': [round(corner, DIGITS) for corner in corners],
        }


@dataclass(frozen=True)
class Reading:
    """What is read of one image.

    frame: the faces as perception gives them, with blendshapes, geometry and head pose.
    estimates: of each face, in their order; what the nodes publish on `emotions`.
    primary: of the person the robot is with; what the nodes publish on `emotion`.
    rgb: the image, (height, width, 3) uint8; None for a recording of numbers.
    """

    frame: FaceFrame
    estimates: tuple[EmotionEstimate, ...]
    primary: EmotionEstimate
    rgb: RgbImage | None = field(default=None, repr=False)

    @property
    def stamp_s(self) -> float:
        """When the image was taken [s]: its stamp in a bag, the time of day of a webcam, else since the beginning."""
        return self.frame.stamp_ns / NS_PER_S

    @property
    def state(self) -> str:
        """`tracking`, or `no_face` where nobody is in view, or not for long enough yet."""
        return self.primary.state.name.lower()

    @property
    def emotion(self) -> str:
        """`happy`, `sad` or `unknown`, of the primary person; unknown without one."""
        return self.primary.emotion

    @property
    def faces(self) -> tuple[FaceReading, ...]:
        """Everybody in the image."""
        return tuple(
            FaceReading(
                face.face_id,
                estimate.emotion,
                estimate.quality,
                dict(zip(EMOTIONS, estimate.probabilities, strict=True)),
                face.region,
            )
            for face, estimate in zip(self.frame.faces, self.estimates, strict=True)
        )

    def as_json(self) -> dict[str, Any]:
        """Values for a line of JSON."""
        return {'stamp_s': self.stamp_s, 'state': self.state, 'faces': [face.as_json() for face in self.faces]}
