"""Names for faces: which face of this image is which face of the images before."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from blendfer_ros.core.face import Face
from blendfer_ros.core.stamps import MAX_GAP_NS, NS_PER_S

# How far from where it is expected a face may be, in face widths, and how much further after a second out of view.
REACH: Final = 1.0
REACH_PER_S: Final = 1.5

# Landmark geometry differs by 0.002 to 0.006 from image to image of one person, by 0.015 to 0.06 between people
# (root mean square, in eye distances). A difference this large counts like SHAPE_COST face widths.
OTHER_SHAPE: Final = 0.03
SHAPE_COST: Final = 0.5

# A box without extent has no place to speak of; this only keeps its arithmetic finite.
MIN_SIDE: Final = 1e-6

# Velocity is that of about so long; a face that is lost is expected to come to rest after about so long.
VELOCITY_S: Final = 0.2
COASTING_S: Final = 0.5


@dataclass(frozen=True)
class _Track:
    face: Face
    seen_ns: int
    velocity: tuple[float, float] = (0.0, 0.0)


class FaceTracker:
    """Gives each face the id of the track it fits best by place, motion, size and shape, or a new one.

    Ids are never given twice.
    """

    def __init__(self) -> None:
        self._tracks: list[_Track] = []
        self._named = 0

    def assign(self, faces: tuple[Face, ...], stamp_ns: int) -> tuple[Face, ...]:
        """Name the faces of one image.

        Args:
            faces: as found, in any order.
            stamp_ns: time of the image [ns], later than that of the call before.

        Returns:
            The same faces in the same order, each with its `face_id`.
        """
        tracks = [track for track in self._tracks if stamp_ns - track.seen_ns <= MAX_GAP_NS]
        costs = sorted(
            (cost, i, j)
            for i, face in enumerate(faces)
            for j, track in enumerate(tracks)
            if (cost := _cost(face, track, stamp_ns)) < math.inf
        )
        track_of: dict[int, int] = {}
        # The best pair first: with shape and motion in the cost, the best of all pairings would hardly ever differ.
        for _, i, j in costs:
            if i not in track_of and j not in track_of.values():
                track_of[i] = j
        named = [self._continued(face, tracks, track_of.get(i), stamp_ns) for i, face in enumerate(faces)]
        self._tracks = [track for j, track in enumerate(tracks) if j not in track_of.values()] + named
        return tuple(track.face for track in named)

    def forget(self) -> None:
        """End all tracks, as when time has jumped."""
        self._tracks = []

    def _continued(self, face: Face, tracks: list[_Track], index: int | None, stamp_ns: int) -> _Track:
        if index is None:
            self._named += 1
            return _Track(replace(face, face_id=f'face_{self._named}'), stamp_ns)
        track = tracks[index]
        elapsed_s = (stamp_ns - track.seen_ns) / NS_PER_S
        kept = math.exp(-elapsed_s / VELOCITY_S)
        (x, y), (before_x, before_y) = face.region.centre, track.face.region.centre
        velocity = (
            kept * track.velocity[0] + (1.0 - kept) * (x - before_x) / elapsed_s,
            kept * track.velocity[1] + (1.0 - kept) * (y - before_y) / elapsed_s,
        )
        return _Track(replace(face, face_id=track.face.face_id), stamp_ns, velocity)


def _cost(face: Face, track: _Track, stamp_ns: int) -> float:
    """How badly a face fits a track, in face widths; infinite when it is out of reach."""
    elapsed_s = (stamp_ns - track.seen_ns) / NS_PER_S
    coasted_s = COASTING_S * (1.0 - math.exp(-elapsed_s / COASTING_S))
    before, now = track.face.region, face.region
    (x, y), (before_x, before_y) = now.centre, before.centre
    off_x = (x - before_x - coasted_s * track.velocity[0]) / max((before.width + now.width) / 2.0, MIN_SIDE)
    off_y = (y - before_y - coasted_s * track.velocity[1]) / max((before.height + now.height) / 2.0, MIN_SIDE)
    growth = math.log(max(now.height, MIN_SIDE) / max(before.height, MIN_SIDE))
    distance = math.hypot(off_x, off_y, growth)
    if distance > REACH + REACH_PER_S * elapsed_s:
        return math.inf
    if face.geometry.size != track.face.geometry.size or not face.geometry.size:
        return distance
    difference = float(np.sqrt(np.mean((face.geometry - track.face.geometry) ** 2)))
    return distance + SHAPE_COST * min(difference / OTHER_SHAPE, 1.0)
