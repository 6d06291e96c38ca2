"""Names for faces: which face of this image is which face of the image before."""

from __future__ import annotations

from dataclasses import dataclass, replace

from blendfer_ros.face import Face, Region

MIN_OVERLAP = 0.2
MAX_GAP_NS = 1_000_000_000


@dataclass(frozen=True)
class _Track:
    face_id: str
    region: Region
    seen_ns: int


class FaceTracker:
    """Gives each face the id of the box it overlaps most, or a new one; ids are never given twice."""

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
        pairs = sorted(
            ((face.region.overlap(track.region), i, track) for i, face in enumerate(faces) for track in tracks),
            key=lambda pair: -pair[0],
        )
        ids: dict[int, str] = {}
        for overlap, i, track in pairs:
            if overlap >= MIN_OVERLAP and i not in ids and track.face_id not in ids.values():
                ids[i] = track.face_id
        named = tuple(replace(face, face_id=ids.get(i) or self._new_id()) for i, face in enumerate(faces))
        seen = {face.face_id for face in named}
        self._tracks = [track for track in tracks if track.face_id not in seen]
        self._tracks += [_Track(face.face_id, face.region, stamp_ns) for face in named]
        return named

    def forget(self) -> None:
        """End all tracks, as when time has jumped."""
        self._tracks = []

    def _new_id(self) -> str:
        self._named += 1
        return f'face_{self._named}'
