"""MediaPipe FaceLandmarker behind one verb: `detect(image, time) → faces`.

Upstream: https://ai.google.dev/edge/mediapipe/solutions/vision/face_landmarker
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.errors import AssetError, FrameError, SkipReason, cause
from blendfer_ros.core.face import Face, Region
from blendfer_ros.core.native_log import without_known_lines
from blendfer_ros.core.options import option
from blendfer_ros.core.stamps import NS_PER_MS
from blendfer_ros.perception.geometry import head_pose_from_matrix, landmark_geometry
from blendfer_ros.perception.lean_imports import lean_imports
from blendfer_ros.perception.mediapipe_results import FoundFace, from_objects, result_reader
from blendfer_ros.perception.telemetry import hold_back_telemetry

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
        content: bytes | None = None,
    ) -> None:
        """Load `face_landmarker.task`; `content`: its bytes, where they have been read already.

        Raises:
            AssetError: MediaPipe refuses the bundle, or it names other blendshapes than ours.
        """
        # Imported here: it costs a second or more, which tools that never look at an image save.
        hold_back_telemetry()
        with lean_imports():
            from mediapipe.tasks.python import BaseOptions, vision

        content = read_bundle(bundle) if content is None else content
        options = options or LandmarkerOptions()
        running_mode = vision.RunningMode.VIDEO if mode == 'video' else vision.RunningMode.IMAGE
        try:
            with without_known_lines():
                self._task = vision.FaceLandmarker.create_from_options(
                    vision.FaceLandmarkerOptions(
                        base_options=BaseOptions(model_asset_buffer=content),
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
        self._detect_for_video = result_reader(self._task)
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
                return self._faces(from_objects(self._task.detect(image)), rgb.shape)
            self._last_ms = max(stamp_ns // NS_PER_MS, self._last_ms + 1)
            return self._faces(self._detect_for_video(image, self._last_ms), rgb.shape)
        except (RuntimeError, ValueError) as error:
            text = f'MediaPipe cannot process this image: {error}'
            raise FrameError(SkipReason.LANDMARKER_FAILED, text) from error

    def _faces(self, found: list[FoundFace], shape: tuple[int, ...]) -> tuple[Face, ...]:
        height_px, width_px = shape[:2]
        faces = []
        for each in found:
            if each.names != BLENDSHAPE_NAMES:
                raise AssetError(
                    f'this FaceLandmarker bundle scores {len(each.names)} blendshapes starting {each.names[:3]}, '
                    f'expected {len(BLENDSHAPE_NAMES)} starting {BLENDSHAPE_NAMES[:3]}: use float16/1'
                )
            faces.append(
                Face(
                    blendshapes=each.scores,
                    geometry=landmark_geometry(each.landmarks, width_px, height_px, each.matrix),
                    pose=head_pose_from_matrix(each.matrix),
                    region=Region.around(each.landmarks),
                    landmarks=each.landmarks,
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


def read_bundle(bundle: Path) -> bytes:
    """The bytes of the bundle; raises AssetError when it cannot be read."""
    try:
        return bundle.read_bytes()
    except OSError as error:
        raise AssetError(f'the FaceLandmarker bundle {bundle} cannot be read: {cause(error)}') from error


def without_doubles(faces: tuple[Face, ...]) -> tuple[Face, ...]:
    """The faces in their order, of those that lie one in another only the largest."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.region.area):
        shared = (face.region.intersection(other.region).area for other in kept)
        if all(area <= MAX_CONTAINED * face.region.area for area in shared):
            kept.append(face)
    return tuple(face for face in faces if any(face is other for other in kept))
