"""What perception knows about one face: the frozen values that travel on to classification."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.errors import FrameError, SkipReason
from blendfer_ros.core.expressions import EXPRESSION_NAMES
from blendfer_ros.core.landmarks import GEOMETRY_SIZE

FloatArray = npt.NDArray[np.float32]

NO_LANDMARKS: Final = np.zeros((0, 3), np.float32)
NOTHING_KNOWN: Final = np.zeros(0, np.float32)
# Of a face's blendshapes, geometry and expression scores: what they are called, the shapes they may have, and what is
# wrong otherwise.
SHAPES: Final = (
    ('blendshapes', ((0,), (len(BLENDSHAPE_NAMES),)), SkipReason.WRONG_BLENDSHAPES_SHAPE),
    ('geometry', ((0,), (GEOMETRY_SIZE,)), SkipReason.WRONG_GEOMETRY_SHAPE),
    ('expression scores', ((0,), (len(EXPRESSION_NAMES),)), SkipReason.WRONG_SCORES_SHAPE),
)


@dataclass(frozen=True)
class HeadPose:
    """Rotation of the head against the camera [rad], 0 when it faces the camera straight on.

    roll: counter-clockwise in the picture; pitch: nose down; yaw: nose to the picture's right.
    """

    roll_rad: float
    pitch_rad: float
    yaw_rad: float

    @property
    def frontality(self) -> float:
        """Cosine between where the nose points and where the camera is, 0..1."""
        return max(0.0, math.cos(self.pitch_rad) * math.cos(self.yaw_rad))


@dataclass(frozen=True)
class Region:
    """A box in the picture, as fractions of its width and height; parts outside it are < 0 or > 1."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float

    @classmethod
    def around(cls, points: FloatArray) -> Region:
        """The smallest box around (n, 2 or more) points given as fractions of the picture."""
        (x_min, y_min), (x_max, y_max) = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        return cls(float(x_min), float(y_min), float(x_max), float(y_max))

    @property
    def width(self) -> float:
        """Fraction of the picture's width."""
        return max(0.0, self.x_max - self.x_min)

    @property
    def height(self) -> float:
        """Fraction of the picture's height."""
        return max(0.0, self.y_max - self.y_min)

    @property
    def centre(self) -> tuple[float, float]:
        """Its middle, x and y."""
        return (self.x_min + self.x_max) / 2.0, (self.y_min + self.y_max) / 2.0

    @property
    def area(self) -> float:
        """Fraction of the picture the box would cover."""
        return self.width * self.height

    @property
    def visible(self) -> float:
        """The part of the box that is inside the picture, 0..1; 0 for a box without area."""
        area = self.area
        if area <= 0.0:
            return 0.0
        is_inside = self.x_min >= 0.0 and self.y_min >= 0.0 and self.x_max <= 1.0 and self.y_max <= 1.0
        return 1.0 if is_inside else self.intersection(WHOLE_PICTURE).area / area

    def intersection(self, other: Region) -> Region:
        """The part both boxes share; its area is 0 where they do not meet."""
        return Region(
            max(self.x_min, other.x_min),
            max(self.y_min, other.y_min),
            min(self.x_max, other.x_max),
            min(self.y_max, other.y_max),
        )

    def from_part(self, part: Region) -> Region:
        """This box, given as fractions of `part` of a picture, as fractions of the whole picture."""
        return Region(
            part.x_min + self.x_min * part.width,
            part.y_min + self.y_min * part.height,
            part.x_min + self.x_max * part.width,
            part.y_min + self.y_max * part.height,
        )


WHOLE_PICTURE = Region(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True)
class Face:
    """One face in one image.

    blendshapes: (52,) scores 0..1, order of `core.blendshapes.BLENDSHAPE_NAMES`; empty when a cascade found the face.
    geometry: pose-normalised landmark features, see `perception.geometry`; empty when not known.
    face_id: empty until a tracker has named the face.
    landmarks: (478, 3) x, y as fractions of the image's width and height, z in image widths; (0, 3) when not known.
    expression_scores: (15,) log-probabilities of `core.expressions.EXPRESSION_NAMES` from pixels; empty when not known.
    expression_model: which network they are from, see `perception.expressions`.
    """

    blendshapes: FloatArray
    geometry: FloatArray
    pose: HeadPose
    region: Region
    face_id: str = ''
    landmarks: FloatArray = field(default_factory=lambda: NO_LANDMARKS, repr=False)
    expression_scores: FloatArray = field(default_factory=lambda: NOTHING_KNOWN)
    expression_model: str = ''

    def __post_init__(self) -> None:
        numbers = (self.blendshapes, self.geometry, self.expression_scores)
        for values, (name, shapes, reason) in zip(numbers, SHAPES, strict=True):
            if values.shape not in shapes:
                raise FrameError(reason, f'expected {name} of shape {shapes[0]} or {shapes[1]}, got {values.shape}')
        pose, region = self.pose, self.region
        places = (pose.roll_rad, pose.pitch_rad, pose.yaw_rad, region.x_min, region.y_min, region.x_max, region.y_max)
        if not all(map(math.isfinite, places)) or not all(map(_are_finite, numbers)):
            text = f'face {self.face_id!r} has values that are not finite numbers'
            raise FrameError(SkipReason.NOT_FINITE, text)

    def from_part(self, part: Region) -> Face:
        """This face, found in `part` of a picture, with its places given in the whole picture."""
        landmarks = self.landmarks * (part.width, part.height, part.width) + (part.x_min, part.y_min, 0.0)
        return replace(self, region=self.region.from_part(part), landmarks=landmarks.astype(np.float32))

    @property
    def quality(self) -> float:
        """How well the face can be seen, 0..1: the part of it inside the picture × frontality."""
        return self.region.visible * self.pose.frontality


def _are_finite(values: FloatArray) -> bool:
    # Their sum of squares is finite only if they are, and is soon had; very large ones are looked at one by one.
    return math.isfinite(values.dot(values)) or bool(np.isfinite(values).all())


@dataclass(frozen=True)
class FaceFrame:
    """Everybody in one image; what `msg/BlendshapesArray.msg` says.

    stamp_ns: time of the image [ns]. width_px, height_px: its size.
    """

    stamp_ns: int
    width_px: int
    height_px: int
    faces: tuple[Face, ...]
