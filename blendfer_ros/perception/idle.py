"""Images that need not be looked at, because nobody has been there for a while."""

from __future__ import annotations

from dataclasses import dataclass

from blendfer_ros.core.face import FaceFrame
from blendfer_ros.core.options import option
from blendfer_ros.core.stamps import NS_PER_S


@dataclass(frozen=True)
class IdleOptions:
    """How often images are looked at while nobody is there."""

    idle_rate: float = option(
        10.0, 'images to look at a second once nobody has been in view for `idle_after_s`; 0: all', 'Hz', 0.0, 120.0
    )
    idle_after_s: float = option(5.0, 'see `idle_rate`', 's', 0.0, 3600.0)


class IdleWatch:
    """Says of each image of a stream whether it must be looked at."""

    def __init__(self, options: IdleOptions) -> None:
        self._options = options
        self._last: FaceFrame | None = None
        self._empty_since_ns = 0

    def note(self, frame: FaceFrame) -> None:
        """An image has been looked at."""
        was_empty = self._last is not None and not self._last.faces and self._last.stamp_ns <= frame.stamp_ns
        if not was_empty:
            self._empty_since_ns = frame.stamp_ns
        self._last = frame

    def instead_of(self, stamp_ns: int) -> FaceFrame | None:
        """What to say of the image of this time [ns], that nobody is there as before; None: it must be looked at."""
        last = self._last
        if last is None or last.faces or not self._options.idle_rate:
            return None
        if stamp_ns - self._empty_since_ns < self._options.idle_after_s * NS_PER_S:
            return None
        if not 0 < stamp_ns - last.stamp_ns < NS_PER_S / self._options.idle_rate:
            return None
        return FaceFrame(stamp_ns, last.width_px, last.height_px, ())
