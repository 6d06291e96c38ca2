"""Who is there: faces that are more than a flicker, until they have been out of view for too long."""

from __future__ import annotations

from collections.abc import Iterable

from blendfer_ros.core.appearance import Appearance
from blendfer_ros.core.stamps import MAX_GAP_NS, NS_PER_S, StampOrder


class FaceRoster:
    """`observe` each image, and ask who is `tracked` whenever it matters.

    As for `EmotionEstimator`, somebody counts once seen in every image for `confirm_s`, and then stays through gaps of
    MAX_GAP_NS. However ids come and go, there are never more than a second's worth of those.
    """

    def __init__(self, confirm_s: float) -> None:
        self._confirm_ns = confirm_s * NS_PER_S
        self._order = StampOrder()
        self._faces: dict[str, Appearance] = {}
        self._arrived_ns = 0
        self._stamp_ns = 0

    def observe(self, face_ids: Iterable[str], stamp_ns: int, now_ns: int) -> None:
        """Take in who is in one image.

        Args:
            face_ids: everybody in it.
            stamp_ns: time of the image [ns].
            now_ns: time of its arrival [ns], on the clock `tracked` is asked by.

        Raises:
            FrameError: the stamp repeats or is out of order.
        """
        if self._order.starts_anew(stamp_ns):
            self._faces.clear()
        self._arrived_ns = now_ns
        previous_ns, self._stamp_ns = self._stamp_ns, stamp_ns
        for face_id in face_ids:
            face = self._faces.setdefault(face_id, Appearance(stamp_ns, stamp_ns))
            face.see(stamp_ns, previous_ns, bridges_gaps=face.lasts(self._confirm_ns))
        self._faces = {face_id: face for face_id, face in self._faces.items() if stamp_ns - face.seen_ns <= MAX_GAP_NS}

    def tracked(self, now_ns: int) -> tuple[str, ...]:
        """Everybody who is there as of `now_ns`, in order of appearance; nobody when images have stopped."""
        if not 0 <= now_ns - self._arrived_ns <= MAX_GAP_NS:
            self._faces.clear()
        return tuple(face_id for face_id, face in self._faces.items() if face.lasts(self._confirm_ns))
