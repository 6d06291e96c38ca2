"""Since when somebody has been seen without a break: the one rule for who counts as being there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Appearance:
    """Of one face: seen in every image from `since_ns` to `seen_ns`, stamps of images [ns]."""

    since_ns: int
    seen_ns: int

    def see(self, stamp_ns: int, previous_ns: int, *, bridges_gaps: bool = False) -> None:
        """Take in that the face is in another image.

        Args:
            stamp_ns: of this image [ns].
            previous_ns: of the image before [ns]; a face not seen in that begins anew.
            bridges_gaps: unless it is known well enough.
        """
        if self.seen_ns < previous_ns and not bridges_gaps:
            self.since_ns = stamp_ns
        self.seen_ns = stamp_ns

    def lasts(self, duration_ns: float) -> bool:
        """True once it has been seen for that long [ns]."""
        return self.seen_ns - self.since_ns >= duration_ns
