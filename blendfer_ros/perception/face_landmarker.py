"""MediaPipe FaceLandmarker behind one verb: `detect(image, time) → faces`.

Upstream: https://ai.google.dev/edge/mediapipe/solutions/vision/face_landmarker
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.errors import AssetError, FrameError, SkipReason
from blendfer_ros.core.face import Face, Region
from blendfer_ros.core.native_log import without_known_lines
from blendfer_ros.core.options import option
from blendfer_ros.core.stamps import NS_PER_MS
from blendfer_ros.perception.geometry import head_pose_from_matrix, landmark_geometry

# Of two boxes, this much of the smaller one inside the larger: one face found twice, or a phantom inside a face.
MAX_CONTAINED: Final = 0.7

RunningMode = Literal['image', 'video']


@dataclass(frozen=True)
class LandmarkerOptions:
    """How FaceLandmarker looks for faces. Confidences are MediaPipe's own scores."""

    num_faces: int = option(4, 'how many faces to follow at most', '', 1, 10)
    min_detection_confidence: float = option(0.5, 'a face detected with less is not one', '', 0.0, 1.0)
    min_presence_confidence: float = option(0.5, 'a face followed with less is looked for anew', '', 0.0, 1.0)
    min_tracking_confidence: float = option(
        0.5, 'a face overlapping its last place by less is looked for anew', '', 0.0, 1.0
    )


class FaceLandmarker:
    """Finds faces in RGB images; a context manager, because MediaPipe must be closed."""

    def __init__(
        self,
        bundle: Path,
        mode: RunningMode = 'video',
        options: LandmarkerOptions | None = None,
    ) -> None:
        """Load `face_landmarker.task`.

        Raises:
            AssetError: MediaPipe refuses the bundle, or it names other blendshapes than ours.
        """
        # Imported here: it costs a second or more, which tools that never look at an image save.
        with _without_tensorflow():
            from mediapipe.tasks.python import BaseOptions, vision

        options = options or LandmarkerOptions()
        running_mode = vision.RunningMode.VIDEO if mode == 'video' else vision.RunningMode.IMAGE
        try:
            with without_known_lines():
                self._task = vision.FaceLandmarker.create_from_options(
                    vision.FaceLandmarkerOptions(
                        base_options=BaseOptions(model_asset_path=str(bundle)),
                        running_mode=running_mode,
                        num_faces=options.num_faces,
                        min_face_detection_confidence=options.min_detection_confidence,
                        min_face_presence_confidence=options.min_presence_confidence,
                        min_tracking_confidence=options.min_tracking_confidence,
                        output_face_blendshapes=True,
                        output_facial_transformation_matrixes=True,
                    )
                )
        except OSError as error:
            raise AssetError(
                f'MediaPipe cannot be loaded ({error}): on Debian and Ubuntu, apt install libegl1 libgles2'
            ) from error
        except (RuntimeError, ValueError) as error:
            raise AssetError(f'MediaPipe cannot load the FaceLandmarker bundle {bundle}: {error}') from error
        self._mode = mode
        self._last_ms = -1

    def detect(self, rgb: npt.NDArray[np.uint8], stamp_ns: int) -> tuple[Face, ...]:
        """Find the faces in one image.

        Args:
            rgb: (height, width, 3) uint8, C-contiguous.
            stamp_ns: time of the image [ns]. In `video` mode MediaPipe wants milliseconds that
                rise strictly, so two images within one millisecond count as one millisecond apart.

        Returns:
            The faces in MediaPipe's order; empty when nobody is in view.

        Raises:
            FrameError: MediaPipe fails on this image.
        """
        import mediapipe

        image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=rgb)
        try:
            if self._mode == 'image':
                return self._faces(self._task.detect(image), rgb.shape)
            self._last_ms = max(stamp_ns // NS_PER_MS, self._last_ms + 1)
            return self._faces(self._task.detect_for_video(image, self._last_ms), rgb.shape)
        except (RuntimeError, ValueError) as error:
            text = f'MediaPipe cannot process this image: {error}'
            raise FrameError(SkipReason.LANDMARKER_FAILED, text) from error

    def _faces(self, result: Any, shape: tuple[int, ...]) -> tuple[Face, ...]:
        height_px, width_px = shape[:2]
        faces = []
        for categories, points, matrix in zip(
            result.face_blendshapes,
            result.face_landmarks,
            result.facial_transformation_matrixes,
            strict=True,
        ):
            names = tuple(category.category_name for category in categories)
            if names != BLENDSHAPE_NAMES:
                raise AssetError(
                    f'this FaceLandmarker bundle scores {len(names)} blendshapes starting {names[:3]}, '
                    f'expected {len(BLENDSHAPE_NAMES)} starting {BLENDSHAPE_NAMES[:3]}: use float16/1'
                )
            landmarks = np.array([(p.x, p.y, p.z) for p in points], dtype=np.float32)
            faces.append(
                Face(
                    blendshapes=np.array([c.score for c in categories], dtype=np.float32),
                    geometry=landmark_geometry(landmarks, width_px, height_px, matrix),
                    pose=head_pose_from_matrix(matrix),
                    region=Region.around(landmarks),
                    landmarks=landmarks,
                )
            )
        return without_doubles(tuple(faces))

    def close(self) -> None:
        """Release MediaPipe's graph; the object cannot be used afterwards."""
        self._task.close()

    def __enter__(self) -> FaceLandmarker:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@contextmanager
def _without_tensorflow() -> Iterator[None]:
    """For importing MediaPipe, which takes TensorFlow along where it is installed, and uses nothing of it.

    It is half a gigabyte of memory and some seconds, for two decorators of MediaPipe's documentation.
    """
    modules: dict[str, Any] = sys.modules
    if 'tensorflow' in modules:
        yield
        return
    modules['tensorflow'] = None
    try:
        yield
    finally:
        del modules['tensorflow']


def without_doubles(faces: tuple[Face, ...]) -> tuple[Face, ...]:
    """The faces in their order, of those that lie one in another only the largest."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.region.area):
        shared = (face.region.intersection(other.region).area for other in kept)
        if all(area <= MAX_CONTAINED * face.region.area for area in shared):
            kept.append(face)
    return tuple(face for face in faces if any(face is other for other in kept))
