"""The whole of perception: RGB images in the order they were taken → faces with ids."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol

from blendfer_ros.core.errors import FrameError, SkipReason
from blendfer_ros.core.face import Face, FaceFrame
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.memory import give_back_freed
from blendfer_ros.core.stamps import StampOrder
from blendfer_ros.core.stopwatch import Stopwatch
from blendfer_ros.core.worker import give_up
from blendfer_ros.perception.expressions import ExpressionNetwork
from blendfer_ros.perception.face_landmarker import FaceLandmarker, LandmarkerOptions, read_bundle
from blendfer_ros.perception.far_faces import FarFaceFinder, FarFaceOptions
from blendfer_ros.perception.tracking import FaceTracker

# How often the whole image is looked at while a far face is followed: nobody who comes near goes unnoticed for longer.
WHOLE_IMAGE_INTERVAL_NS: Final = 150_000_000


class Perceiver(Protocol):
    """Follows the faces through a stream of images, by whatever finds them; see `FacePerceiver`."""

    def perceive(self, rgb: RgbImage, stamp_ns: int, stopwatch: Stopwatch | None = None) -> FaceFrame:
        """Find and name the faces of the next image."""

    def start_over(self) -> None:
        """Go on with everything made anew."""

    def close(self) -> None:
        """Release everything."""


class FacePerceiver:
    """Follows the faces through a stream of images. Close it when done."""

    def __init__(
        self,
        bundle: Path,
        options: LandmarkerOptions | None = None,
        tracker: FaceTracker | None = None,
        far_options: FarFaceOptions | None = None,
        expressions: Path | None = None,
    ) -> None:
        """Load the FaceLandmarker bundle, and the network for the pixels.

        Args:
            bundle: path of face_landmarker.task.
            options: how it looks for faces.
            tracker: who gave ids before and will not give them again; what it followed is forgotten.
            far_options: how faces are looked for that are too small for it in the whole image.
            expressions: the `.tflite` file of the network that looks at the pixels; None: faces get no expression
                scores.

        Raises:
            AssetError: the bundle cannot be loaded.
            ModelError: the network cannot be loaded.
        """
        self._bundle = bundle
        # Of the file as it is now, whatever becomes of it.
        self._bundle_content = read_bundle(bundle)
        self._options = options
        self._far_options = far_options
        self._expressions_file = expressions
        self._load()
        self._whole_image_due_ns = 0
        self._tracker = tracker or FaceTracker()
        self._tracker.forget()
        self._order = StampOrder()

    def perceive(self, rgb: RgbImage, stamp_ns: int, stopwatch: Stopwatch | None = None) -> FaceFrame:
        """Find and name the faces of the next image.

        Args:
            rgb: (height, width, 3) uint8, C-contiguous.
            stamp_ns: time of the image [ns].
            stopwatch: told when faces are `detected` and their pixels `read`.

        Raises:
            FrameError: the stamp repeats the last one or is up to a second before it. A stamp further
                back starts anew: MediaPipe's tracking and all tracks are dropped.
        """
        if self._order.starts_anew(stamp_ns):
            self._start_anew()
        landmarker = self._landmarker
        found = self._detect(rgb, stamp_ns)
        if landmarker is not self._landmarker:
            raise FrameError(SkipReason.HUNG, 'the faces of an image were found after it was given up')
        faces = self._tracker.assign(found, stamp_ns)
        watch = stopwatch or Stopwatch()
        watch.lap('detected')
        if self._expressions:
            faces = tuple(self._expressions.look_at(face, rgb) for face in faces)
        watch.lap('read')
        height_px, width_px = rgb.shape[:2]
        return FaceFrame(stamp_ns, width_px, height_px, faces)

    def _detect(self, rgb: RgbImage, stamp_ns: int) -> tuple[Face, ...]:
        if not self._far.follows_somebody or stamp_ns >= self._whole_image_due_ns:
            self._whole_image_due_ns = stamp_ns + WHOLE_IMAGE_INTERVAL_NS
            faces = self._landmarker.detect(rgb, stamp_ns)
            if faces:
                self._far.forget()
                return faces
        return self._far.detect(rgb, stamp_ns)

    def start_over(self) -> None:
        """Go on with everything made anew, after a call that did not return and may be using what there was."""
        give_up((self._landmarker, self._far, self._expressions))
        self._load()
        self._tracker.forget()

    def _load(self) -> None:
        self._expressions = ExpressionNetwork(self._expressions_file) if self._expressions_file else None
        self._landmarker = self._make_landmarker()
        # A second one is 28 MB, and not needed where somebody is always near.
        self._far = FarFaceFinder(self._make_landmarker, self._far_options)

    def _make_landmarker(self) -> FaceLandmarker:
        return FaceLandmarker(self._bundle, 'video', self._options, self._bundle_content)

    def _start_anew(self) -> None:
        looked_far = self._far.is_prepared
        self.close()
        self._load()
        if looked_far:
            self._far.prepare()
        self._tracker.forget()
        # A bag that loops comes here again and again, and would take some megabytes more each time.
        give_back_freed()

    def close(self) -> None:
        """Release MediaPipe."""
        self._landmarker.close()
        self._far.close()
