"""A face drawn from its numbers alone, for recordings that hold no picture of anyone."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from blendfer_ros.core.face import Face, FaceFrame, FloatArray, HeadPose
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.landmarks import GEOMETRY_LANDMARKS

GROUND: Final = (24, 26, 32)
MESH: Final = (70, 78, 92)
CONTOUR: Final = (205, 212, 222)

RASTER: Final = 10_000.0
# OpenCV takes places in fractions of a pixel as whole numbers of 1 / SUBPIXELS.
SHIFT: Final = 4
SUBPIXELS: Final = 1 << SHIFT

# Once round each part of the face, and along the brows; by the numbers of MediaPipe's canonical face model.
CONTOURS: Final = (
    (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146, 61),
    (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95, 78),
    (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7, 33),
    (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249, 263),
    (46, 53, 52, 65, 55, 107, 66, 105, 63, 70, 46),
    (276, 283, 282, 295, 285, 336, 296, 334, 293, 300, 276),
)

# What the numbers do not say, of an average head, in units of the distance between the outer eye corners: its outline,
# an oval whose sides lie further back than forehead and chin, and the ridge, tip and wings of its nose.
OUTLINE_CENTRE: Final = (0.0, -0.29)
OUTLINE_RADII: Final = (0.77, 0.89)
OUTLINE_FRONT: Final = 0.12
OUTLINE_SIDES: Final = -0.57
N_OUTLINE: Final = 26
NOSE: Final = (
    (0.0, 0.08, 0.24),
    (0.0, -0.12, 0.35),
    (0.0, -0.34, 0.5),
    (0.0, -0.5, 0.36),
    (-0.19, -0.45, 0.2),
    (0.19, -0.45, 0.2),
)


class FaceDrawing:
    """Draws the faces of one recording; the mesh keeps the edges that its first face has."""

    def __init__(self) -> None:
        self._edges: list[tuple[int, int]] = []

    def draw(self, frame: FaceFrame) -> RgbImage:
        """A dark image of the frame's size with a mesh where each face was; those without geometry are left out.

        Returns:
            (height, width, 3) uint8.
        """
        image = np.full((frame.height_px, frame.width_px, 3), GROUND, np.uint8)
        for face in frame.faces:
            if face.geometry.size:
                self._draw(image, face)
        return image

    def _draw(self, image: RgbImage, face: Face) -> None:
        self._edges = self._edges or face_edges(face)
        places = _in_image(face, image.shape[1], image.shape[0])
        for a, b in self._edges:
            _line(image, places[a], places[b], MESH, 1)
        thickness = max(1, round(face.region.width * image.shape[1] / 150))
        for contour in CONTOURS:
            for a, b in pairwise(GEOMETRY_LANDMARKS.index(landmark) for landmark in contour):
                _line(image, places[a], places[b], CONTOUR, thickness)


def face_points(face: Face) -> npt.NDArray[np.float64]:
    """Where everything that is drawn of a face is, its head turned as it was.

    Args:
        face: one with geometry.

    Returns:
        (n, 3) x, y up and z towards the camera: GEOMETRY_LANDMARKS, a nose, and last an outline of N_OUTLINE points;
        the origin between the outer eye corners, in units of the distance between them.
    """
    return np.asarray(_with_head(face.geometry.reshape(-1, 3)) @ _rotation(face.pose).T, np.float64)


def face_edges(face: Face) -> list[tuple[int, int]]:
    """A mesh of a face: the edges of a Delaunay triangulation as seen from the front, as pairs of `face_points`."""
    # Subdiv2D gives places, not rows, so these must be told apart again: in a raster that is fine enough for that.
    seen = (_with_head(face.geometry.reshape(-1, 3))[:, :2] * RASTER).round().astype(np.float32)
    low = seen.min(axis=0) - 1.0
    width, height = (seen.max(axis=0) - low + 2.0).tolist()
    triangulation = cv2.Subdiv2D((0, 0, int(width), int(height)))
    row_at = {tuple(place): row for row, place in enumerate((seen - low).tolist())}
    triangulation.insert(list(row_at))
    ends = (((x0, y0), (x1, y1)) for x0, y0, x1, y1 in np.array(triangulation.getEdgeList()).tolist())
    return [(row_at[a], row_at[b]) for a, b in ends if a in row_at and b in row_at]


def _with_head(points: FloatArray) -> npt.NDArray[np.float64]:
    """(n, 3) points of a face, those of a nose, and last those of an outline."""
    angles = np.linspace(0.0, 2.0 * np.pi, N_OUTLINE, endpoint=False)
    outline = np.column_stack(
        [
            OUTLINE_CENTRE[0] + OUTLINE_RADII[0] * np.sin(angles),
            OUTLINE_CENTRE[1] + OUTLINE_RADII[1] * np.cos(angles),
            OUTLINE_FRONT + (OUTLINE_SIDES - OUTLINE_FRONT) * np.sin(angles) ** 2,
        ]
    )
    return np.vstack([points, NOSE, outline])


def _in_image(face: Face, width_px: int, height_px: int) -> npt.NDArray[np.float64]:
    """(n, 2) places of `face_points` [px]."""
    turned = face_points(face)[:, :2] * (1.0, -1.0)
    outline = turned[-N_OUTLINE:]
    low, high = outline.min(axis=0), outline.max(axis=0)
    region, size_px = face.region, np.array([width_px, height_px])
    scale = region.width * width_px / (high - low)[0]
    return np.asarray((turned - (low + high) / 2.0) * scale + region.centre * size_px, np.float64)


def _line(
    image: RgbImage,
    a: npt.NDArray[np.float64],
    b: npt.NDArray[np.float64],
    colour: tuple[int, int, int],
    thickness: int,
) -> None:
    start, end = ((round(float(x) * SUBPIXELS), round(float(y) * SUBPIXELS)) for x, y in (a, b))
    cv2.line(image, start, end, colour, thickness, cv2.LINE_AA, SHIFT)


def _rotation(pose: HeadPose) -> npt.NDArray[np.float64]:
    """(3, 3), as `perception.geometry.head_pose_from_matrix` took it apart: pitch, then yaw, then roll."""
    (cr, sr), (cp, sp), (cy, sy) = (
        (np.cos(angle), np.sin(angle)) for angle in (pose.roll_rad, pose.pitch_rad, pose.yaw_rad)
    )
    roll = np.array([[cr, -sr, 0.0], [sr, cr, 0.0], [0.0, 0.0, 1.0]])
    yaw = np.array([[cy, 0.0, sy], [0.0, 1.0, 0.0], [-sy, 0.0, cy]])
    pitch = np.array([[1.0, 0.0, 0.0], [0.0, cp, -sp], [0.0, sp, cp]])
    return np.asarray(roll @ yaw @ pitch, np.float64)
