"""Perception and classification in one: what the two nodes do between image and `emotion`, without ROS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.classification.classifier import Classifier
from blendfer_ros.classification.estimator import UNSMOOTHED, EmotionEstimator, EstimatorOptions
from blendfer_ros.classification.quality import QualityOptions
from blendfer_ros.core import assets
from blendfer_ros.core.face import Face, FaceFrame
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.perception.expressions import ExpressionNetwork
from blendfer_ros.perception.face_landmarker import LandmarkerOptions
from blendfer_ros.perception.perceiver import FacePerceiver
from blendfer_ros.perception.stills import STILL_OPTIONS, StillLandmarker, still_attempts
from blendfer_ros.reading.reading import Reading

# A still is judged as it is, for there will be no better one.
STILL: Final = replace(
    UNSMOOTHED, quality=QualityOptions(min_face_px=0.0, max_yaw_rad=1.6, max_pitch_rad=1.6, min_visible=0.0)
)

# As many faces as there may be in one still; each must be as sure as on a robot.
GROUP_OPTIONS: Final = LandmarkerOptions(num_faces=10)


@dataclass(frozen=True)
class Reader:
    """A loaded model, and what shows it faces.

    find_bundle: finds the FaceLandmarker bundle; called only where there are images.
    """

    classifier: Classifier
    find_bundle: Callable[[], Path]

    def stream(self, options: EstimatorOptions) -> StreamReader:
        """A reader of images in the order they were taken."""
        return StreamReader(self, options)

    def stills(self) -> StillReader:
        """A reader of pictures that have nothing to do with each other."""
        return StillReader(self)

    def perceiver(self) -> FacePerceiver:
        """What finds and follows the faces of a stream; raises AssetError or ModelError."""
        return FacePerceiver(self.find_bundle(), expressions=assets.find_expressions())

    def expressions(self) -> ExpressionNetwork:
        """What looks at the pixels of a still's faces; raises AssetError or ModelError."""
        return ExpressionNetwork(assets.find_expressions())

    def still_landmarker(self, options: LandmarkerOptions = STILL_OPTIONS) -> StillLandmarker:
        """What finds the faces of a still; raises AssetError."""
        return StillLandmarker(self.find_bundle(), options)


def open_reader(system: str = 'blendfer', model: str = '', bundle: str = '') -> Reader:
    """Load a system: the one place where the name of a model becomes what reads faces by it.

    Args:
        system: one of `assets.SYSTEMS`.
        model: name of a shipped model, or path of a `.tflite` file; empty: that of the system.
        bundle: path of `face_landmarker.task`; empty: the usual places.

    Raises:
        AssetError: there is no such model. ModelError: it cannot be loaded.
    """
    classifier = load_classifier(assets.find_model(model or assets.SYSTEMS[system]))
    return Reader(classifier, lambda: assets.find_bundle(bundle))


class StreamReader:
    """Reads a stream image by image, as the nodes do. Close it when done."""

    def __init__(self, reader: Reader, options: EstimatorOptions) -> None:
        self._reader = reader
        self._estimator = EmotionEstimator(reader.classifier, options)
        self._perceiver: FacePerceiver | None = None

    def read(self, rgb: RgbImage, stamp_ns: int, now_ns: int) -> Reading:
        """Read the next image.

        Args:
            rgb: (height, width, 3) uint8, C-contiguous.
            stamp_ns: when it was taken [ns].
            now_ns: when it arrived [ns].

        Raises:
            FrameError: it cannot be used; the next one may be fine. AssetError: MediaPipe cannot be loaded.
        """
        if self._perceiver is None:
            self._perceiver = self._reader.perceiver()
        return replace(self.read_frame(self._perceiver.perceive(rgb, stamp_ns), now_ns), rgb=rgb)

    def read_frame(self, frame: FaceFrame, now_ns: int) -> Reading:
        """Read the faces of the next image, which perception has found already; arguments and errors as `read`."""
        estimates = self._estimator.observe(frame, now_ns)
        return Reading(frame, estimates, self._estimator.report(now_ns))

    def close(self) -> None:
        """Release MediaPipe."""
        if self._perceiver is not None:
            self._perceiver.close()
            self._perceiver = None


class StillReader:
    """Reads pictures, each for itself; one face as `blendfer evaluate images` does. Close it when done."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._landmarkers: tuple[StillLandmarker, ...] = ()
        self._expressions: ExpressionNetwork | None = None

    def read(self, rgb: RgbImage, stamp_ns: int = 0) -> Reading:
        """Read a picture.

        Args:
            rgb: (height, width, 3) uint8.
            stamp_ns: what the reading says of its time [ns].

        Raises:
            FrameError: MediaPipe fails on it. AssetError: MediaPipe cannot be loaded.
        """
        height_px, width_px = rgb.shape[:2]
        if self._expressions is None:
            self._expressions = self._reader.expressions()
        seen = (self._expressions.look_at(face, rgb) for face in self._faces(rgb))
        faces = tuple(replace(face, face_id=f'face_{i}') for i, face in enumerate(seen, start=1))
        frame = FaceFrame(stamp_ns, width_px, height_px, faces)
        estimator = EmotionEstimator(self._reader.classifier, STILL)
        estimates = estimator.observe(frame, stamp_ns)
        return Reading(frame, estimates, estimator.report(stamp_ns), rgb)

    def close(self) -> None:
        """Release MediaPipe."""
        for landmarker in self._landmarkers:
            landmarker.close()
        self._landmarkers = ()

    def _faces(self, rgb: RgbImage) -> tuple[Face, ...]:
        """Several, or the one that is to be expected in a still."""
        if not self._landmarkers:
            self._landmarkers = self._reader.still_landmarker(GROUP_OPTIONS), self._reader.still_landmarker()
        several, single = self._landmarkers
        faces = several.detect_all(still_attempts(rgb))
        return faces if len(faces) > 1 else single.detect_all(still_attempts(rgb))
