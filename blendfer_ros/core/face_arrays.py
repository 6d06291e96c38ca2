"""Faces of many images as a few arrays, and back to the last bit: what caches hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.expressions import EXPRESSION_NAMES
from blendfer_ros.core.face import NOTHING_KNOWN, Face, FaceFrame, HeadPose, Region
from blendfer_ros.core.landmarks import GEOMETRY_SIZE

Arrays = Mapping[str, npt.NDArray[Any]]

FIRST_FACE: Final = 'first_face'
NO_SCORES: Final = np.full(len(EXPRESSION_NAMES), np.nan, np.float32)


def frames_to_arrays(frames: Sequence[FaceFrame]) -> Arrays:
    """All that is known of the faces in images but their landmarks, which are many; all faces have geometry.

    Returns:
        For each of n images `stamps_ns`, `sizes_px` (n, 2), and FIRST_FACE (n + 1,), where its faces begin among the m
        faces of all; for each of these `blendshapes`, `geometry`, `poses`, `regions`, `face_ids`,
        `expression_models` and `expression_scores` (m, 15), NaN where not known.
    """
    faces = [face for frame in frames for face in frame.faces]
    return {
        'stamps_ns': np.array([frame.stamp_ns for frame in frames], np.int64),
        'sizes_px': np.array([(frame.width_px, frame.height_px) for frame in frames], np.int64).reshape(-1, 2),
        FIRST_FACE: np.cumsum([0, *(len(frame.faces) for frame in frames)]),
        'blendshapes': np.array([f.blendshapes for f in faces], np.float32).reshape(-1, len(BLENDSHAPE_NAMES)),
        'geometry': np.array([f.geometry for f in faces], np.float32).reshape(-1, GEOMETRY_SIZE),
        'poses': np.array([astuple(f.pose) for f in faces]).reshape(-1, 3),
        'regions': np.array([astuple(f.region) for f in faces]).reshape(-1, 4),
        'face_ids': np.array([f.face_id for f in faces], np.str_),
        'expression_scores': np.array(
            [f.expression_scores if f.expression_scores.size else NO_SCORES for f in faces], np.float32
        ).reshape(-1, len(EXPRESSION_NAMES)),
        'expression_models': np.array([f.expression_model for f in faces], np.str_),
    }


def arrays_to_frames(arrays: Arrays) -> tuple[FaceFrame, ...]:
    """The images that `frames_to_arrays` was given."""
    faces = [
        Face(
            blendshapes,
            geometry,
            HeadPose(*pose),
            Region(*region),
            face_id,
            expression_scores=NOTHING_KNOWN if np.isnan(scores).any() else scores,
            expression_model=expression_model,
        )
        for blendshapes, geometry, pose, region, face_id, scores, expression_model in zip(
            arrays['blendshapes'],
            arrays['geometry'],
            arrays['poses'].tolist(),
            arrays['regions'].tolist(),
            arrays['face_ids'].tolist(),
            arrays['expression_scores'],
            arrays['expression_models'].tolist(),
            strict=True,
        )
    ]
    first = arrays[FIRST_FACE].tolist()
    return tuple(
        FaceFrame(stamp_ns, width_px, height_px, tuple(faces[first[i] : first[i + 1]]))
        for i, (stamp_ns, (width_px, height_px)) in enumerate(
            zip(arrays['stamps_ns'].tolist(), arrays['sizes_px'].tolist(), strict=True)
        )
    )
