"""FaceLandmarker's results as arrays.

MediaPipe makes a Python object of every landmark and every blendshape, some 500 for each face of each image; making,
reading and collecting these as garbage takes a tenth of all the time that an image takes. They are read here from where
MediaPipe's C library has put them. Where this version of MediaPipe is built differently, its own objects are read.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from blendfer_ros.core.face import FloatArray


@dataclass(frozen=True)
class FoundFace:
    """What FaceLandmarker says of one face.

    landmarks: (478, 3) x, y as fractions of the image's width and height, z in image widths.
    scores: (52,) of blendshapes. names: theirs. matrix: (4, 4) facial transformation.
    """

    landmarks: FloatArray
    scores: FloatArray
    names: tuple[str, ...]
    matrix: npt.NDArray[np.floating]


def result_reader(task: Any) -> Callable[[Any, int], list[FoundFace]]:
    """What finds faces with a FaceLandmarker in `video` mode: (MediaPipe image, stamp [ms]) → faces.

    It raises what MediaPipe raises.
    """
    from mediapipe.tasks.python.vision import face_landmarker

    try:
        struct = face_landmarker.MpFaceLandmarkerResultC
        library, handle = task._lib, task._handle  # noqa: SLF001, see above
        detect, close = library.MpFaceLandmarkerDetectForVideo, library.MpFaceLandmarkerCloseResult
        read = _struct_reader(struct)
    except (AttributeError, KeyError):
        return lambda image, stamp_ms: from_objects(task.detect_for_video(image, stamp_ms))

    def in_place(image: Any, stamp_ms: int) -> list[FoundFace]:
        result = struct()
        detect(handle, image._image_ptr, None, stamp_ms, ctypes.byref(result))  # noqa: SLF001
        try:
            return read(result)
        finally:
            close(ctypes.byref(result))

    return in_place


def from_objects(result: Any) -> list[FoundFace]:
    """The faces of a `FaceLandmarkerResult`."""
    return [
        FoundFace(
            np.array([(p.x, p.y, p.z) for p in points], np.float32),
            np.array([category.score for category in categories], np.float32),
            tuple(category.category_name for category in categories),
            matrix,
        )
        for points, categories, matrix in zip(
            result.face_landmarks, result.face_blendshapes, result.facial_transformation_matrixes, strict=True
        )
    ]


def _struct_reader(result_type: Any) -> Callable[[Any], list[FoundFace]]:
    """How structs of this type are read; raises AttributeError or KeyError when it is not built as expected."""
    fields = dict(result_type._fields_)
    landmark = dict(fields['face_landmarks']._type_._fields_)['landmarks']._type_
    category = dict(fields['face_blendshapes']._type_._fields_)['categories']._type_
    points_in = _floats(landmark, 'x', 'y', 'z')
    scores_in = _floats(category, 'score')
    names: tuple[str, ...] = ()

    def read(result: Any) -> list[FoundFace]:
        nonlocal names
        faces = []
        for i in range(result.face_landmarks_count):
            landmarks, blendshapes = result.face_landmarks[i], result.face_blendshapes[i]
            if len(names) != blendshapes.categories_count:
                # The same in every image, for they are the bundle's.
                names = tuple(
                    blendshapes.categories[j].category_name.decode() for j in range(blendshapes.categories_count)
                )
            points = points_in(landmarks.landmarks, landmarks.landmarks_count)
            scores = scores_in(blendshapes.categories, blendshapes.categories_count)[:, 0]
            faces.append(FoundFace(points, scores, names, result.facial_transformation_matrixes[i].to_numpy()))
        return faces

    return read


def _floats(struct: Any, *names: str) -> Callable[[Any, int], FloatArray]:
    """What copies these 32-bit fields out of an array of structs: (pointer, length) → (length, fields)."""
    record = np.dtype(
        {
            'names': list(names),
            'formats': ['f4'] * len(names),
            'offsets': [getattr(struct, name).offset for name in names],
            'itemsize': ctypes.sizeof(struct),
        }
    )

    def copied(pointer: Any, length: int) -> FloatArray:
        block = ctypes.string_at(pointer, length * record.itemsize)
        records = np.frombuffer(block, record)
        return np.stack([records[name] for name in names], axis=1)

    return copied
