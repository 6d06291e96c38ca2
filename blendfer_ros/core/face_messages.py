"""Faces ↔ the messages `Blendshapes` and `BlendshapesArray`, whichever library made them.

A live topic has the classes of rclpy and a bag those of rosbags; both have the fields of `msg/`, so that one border
does for both.
"""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np

from blendfer_ros.core.errors import FrameError, SkipReason, shown
from blendfer_ros.core.face import Face, FaceFrame, FloatArray, HeadPose, Region
from blendfer_ros.core.landmarks import FACIAL_LANDMARKS
from blendfer_ros.core.stamps import time_to_ns

# Ten times what FaceLandmarker is ever asked for; each costs an inference, and a publisher where there is ROS4HRI.
MAX_FACES: Final = 100
MAX_ID_LENGTH: Final = 64
FACE_ID: Final = re.compile(rf'[A-Za-z0-9_.-]{{0,{MAX_ID_LENGTH}}}')
# Scores in 32 bits may be a little beyond 0 and 1.
TOLERANCE: Final = 1e-3


def message_to_frame(message: Any) -> FaceFrame:
    """Everybody in a `BlendshapesArray` message.

    Raises:
        FrameError: there are more than MAX_FACES, an id is none, or a face's numbers are not finite, out of range,
            or not as many as there must be.
    """
    if len(message.faces) > MAX_FACES:
        text = f'{len(message.faces)} faces are more than the {MAX_FACES} that can be'
        raise FrameError(SkipReason.TOO_MANY_FACES, text)
    faces = tuple(message_to_face(face) for face in message.faces)
    return FaceFrame(time_to_ns(message.header.stamp), message.image_width, message.image_height, faces)


def message_to_face(message: Any) -> Face:
    """The face in a `Blendshapes` message; raises FrameError as `message_to_frame` does."""
    check_face_id(message.face_id)
    face = Face(
        blendshapes=np.asarray(message.scores, np.float32),
        geometry=np.asarray(message.geometry, np.float32),
        pose=HeadPose(message.roll, message.pitch, message.yaw),
        region=Region(message.x_min, message.y_min, message.x_max, message.y_max),
        face_id=message.face_id,
        # Messages recorded before there were any have none.
        expression_scores=np.asarray(getattr(message, 'expression_scores', ()), np.float32),
        expression_model=getattr(message, 'expression_model', ''),
    )
    _check_range(face)
    return face


def check_face_id(face_id: str) -> None:
    """Refuse an id that is no name: ids become parts of topics, of sentences for language models, and of logs.

    Raises:
        FrameError: it is longer than MAX_ID_LENGTH, or has other characters than letters, digits, `.`, `-` and `_`.
    """
    if not FACE_ID.fullmatch(face_id):
        text = (
            f'face id {shown(face_id)} is no name of up to {MAX_ID_LENGTH} letters, digits, dots, dashes, underscores'
        )
        raise FrameError(SkipReason.WRONG_FACE_ID, text)


def _check_range(face: Face) -> None:
    """Refuse scores that no FaceLandmarker gives, and log-probabilities above 0, whose exponent has no bound."""
    scores, log_probabilities = face.blendshapes, face.expression_scores
    # The ufuncs themselves, for `min` and `max` of an array go to them by way of Python.
    least, greatest = np.minimum.reduce, np.maximum.reduce
    if (scores.size and not -TOLERANCE <= least(scores) <= greatest(scores) <= 1.0 + TOLERANCE) or (
        log_probabilities.size and greatest(log_probabilities) > TOLERANCE
    ):
        raise FrameError(SkipReason.OUT_OF_RANGE, f'face {face.face_id!r} has values that cannot be')


def message_to_landmarks(message: Any) -> FloatArray:
    """FACIAL_LANDMARKS of a `Blendshapes` message, (70, 2) as fractions of the image's width and height; or (0, 2).

    Messages recorded before they had any have none.

    Raises:
        FrameError: they are not finite, or not as many as there must be.
    """
    numbers = np.array(getattr(message, 'landmarks', ()), np.float32)
    if numbers.size not in (0, 2 * len(FACIAL_LANDMARKS)):
        text = f'expected 0 or {2 * len(FACIAL_LANDMARKS)} landmark coordinates, got {numbers.size}'
        raise FrameError(SkipReason.WRONG_LANDMARKS_SHAPE, text)
    if not np.isfinite(numbers).all():
        raise FrameError(SkipReason.NOT_FINITE, f'face {message.face_id!r} has values that are not finite numbers')
    return numbers.reshape(-1, 2)


def face_to_fields(face: Face) -> dict[str, Any]:
    """The fields of a `Blendshapes` message; arrays as numpy, which bags take and rclpy wants converted."""
    return {
        'face_id': face.face_id,
        'scores': face.blendshapes,
        'geometry': face.geometry,
        'roll': face.pose.roll_rad,
        'pitch': face.pose.pitch_rad,
        'yaw': face.pose.yaw_rad,
        'x_min': face.region.x_min,
        'y_min': face.region.y_min,
        'x_max': face.region.x_max,
        'y_max': face.region.y_max,
        'quality': face.quality,
        'landmarks': _facial_landmarks(face),
        'expression_scores': face.expression_scores,
        'expression_model': face.expression_model,
    }


def _facial_landmarks(face: Face) -> FloatArray:
    """X and y of FACIAL_LANDMARKS in turn, as fractions of the image's width and height; empty when not known."""
    chosen = face.landmarks[list(FACIAL_LANDMARKS), :2] if face.landmarks.size else face.landmarks
    return chosen.reshape(-1)
