"""The whole of perception: RGB images in the order they were taken → faces with ids."""

from __future__ import annotations

from pathlib import Path

from blendfer_ros.errors import FrameError
from blendfer_ros.face import Face
from blendfer_ros.perception.decoding import RgbImage
from blendfer_ros.perception.face_landmarker import FaceLandmarker, LandmarkerOptions
from blendfer_ros.perception.tracking import FaceTracker

# A stamp this far back is a new start (a looping bag, a reset simulation), not a late image.
TIME_JUMP_NS = 1_000_000_000


class FacePerceiver:
    """Follows the faces through a stream of images. Close it when done."""

    def __init__(self, bundle: Path, options: LandmarkerOptions | None = None) -> None:
        """Load the FaceLandmarker bundle; raises AssetError when it cannot be."""
        self._bundle = bundle
        self._options = options
        self._landmarker = FaceLandmarker(bundle, 'video', options)
        self._tracker = FaceTracker()
        self._last_ns: int | None = None

    def perceive(self, rgb: RgbImage, stamp_ns: int) -> tuple[Face, ...]:
        """Find and name the faces of the next image.

        Args:
            rgb: (height, width, 3) uint8, C-contiguous.
            stamp_ns: time of the image [ns].

        Raises:
            FrameError: the stamp repeats the last one or is up to a second before it. A stamp further
                back starts anew: MediaPipe's tracking and all tracks are dropped.
        """
        if self._last_ns is not None and stamp_ns <= self._last_ns:
            self._refuse_or_restart(stamp_ns, self._last_ns)
        self._last_ns = stamp_ns
        return self._tracker.assign(self._landmarker.detect(rgb, stamp_ns), stamp_ns)

    def _refuse_or_restart(self, stamp_ns: int, last_ns: int) -> None:
        if stamp_ns == last_ns:
            raise FrameError(
                f'stamp {stamp_ns / 1e9:.3f} s repeats the last one: does the camera driver stamp its images?'
            )
        if last_ns - stamp_ns < TIME_JUMP_NS:
            raise FrameError(f'stamp {stamp_ns / 1e9:.3f} s is out of order: the last one was {last_ns / 1e9:.3f} s')
        self._landmarker.close()
        self._landmarker = FaceLandmarker(self._bundle, 'video', self._options)
        self._tracker.forget()

    def close(self) -> None:
        """Release MediaPipe."""
        self._landmarker.close()
