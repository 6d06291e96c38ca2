"""Our values and messages → hri_msgs: the border to ROS4HRI (REP-155)."""

from __future__ import annotations

import math
import re
from typing import Final

import numpy as np
from geometry_msgs.msg import Quaternion, TransformStamped, Vector3
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from blendfer_ros.core.emotions import HAPPY, SAD
from blendfer_ros.core.errors import DependencyError, FrameError, SkipReason, shown
from blendfer_ros.core.face import Face, FloatArray
from blendfer_ros.msg import BlendshapesArray, Emotion
from blendfer_ros.ros4hri.face_pose import OPENCV_MODELS, Camera, FacePose
from blendfer_ros.ros4hri.facs import ACTION_UNITS, FACS_SIZE, action_unit_intensities

try:
    # Under names of their own again, for the node has them from here.
    from hri_msgs.msg import Expression as Expression
    from hri_msgs.msg import FacialActionUnits as FacialActionUnits
    from hri_msgs.msg import FacialLandmarks as FacialLandmarks
    from hri_msgs.msg import IdsList as IdsList
    from hri_msgs.msg import NormalizedPointOfInterest2D as NormalizedPointOfInterest2D
    from hri_msgs.msg import NormalizedRegionOfInterest2D as NormalizedRegionOfInterest2D

    HAS_HRI_MSGS = True
except ImportError:
    # The other nodes do without it.
    HAS_HRI_MSGS = False

try:
    from tf2_msgs.msg import TFMessage as TFMessage

    HAS_TF2_MSGS = True
except ImportError:
    # Faces have no frames then, and all else.
    HAS_TF2_MSGS = False

FACE_ID: Final = re.compile(r'face_([0-9]{1,18})')


def require_hri_msgs() -> None:
    """Raise DependencyError where hri_msgs is not installed."""
    if not HAS_HRI_MSGS:
        raise DependencyError(
            'ROS4HRI needs the package hri_msgs, which is not installed: apt install ros-$ROS_DISTRO-hri-msgs, '
            'or build it from https://github.com/ros4hri/hri_msgs'
        )


def hri_id(face_id: str) -> str:
    """`f00007` for `face_7`: of letters and digits, which every topic and frame may have in its name.

    Raises:
        FrameError: it is not an id that `face_landmarker_node` gives.
    """
    match = FACE_ID.fullmatch(face_id)
    if match is None:
        text = f'face id {shown(face_id)} is not of the form face_7, which ROS4HRI ids are made of'
        raise FrameError(SkipReason.FOREIGN_FACE_ID, text)
    return f'f{int(match[1]):05d}'


def ids_to_message(hri_ids: tuple[str, ...], header: Header) -> IdsList:
    """Who is tracked."""
    return IdsList(header=header, ids=list(hri_ids))


def face_to_region(face: Face, header: Header) -> NormalizedRegionOfInterest2D:
    """Where in the image a face is, as far as it is inside; confidence is how well it can be seen."""
    region = face.region
    x_min, y_min, x_max, y_max = np.clip((region.x_min, region.y_min, region.x_max, region.y_max), 0.0, 1.0).tolist()
    return NormalizedRegionOfInterest2D(header=header, xmin=x_min, ymin=y_min, xmax=x_max, ymax=y_max, c=face.quality)


def face_to_action_units(face: Face, header: Header) -> FacialActionUnits:
    """A face's action units; confidence is how well it can be seen, and 0 for those that nothing measures."""
    confidence = np.zeros(FACS_SIZE, np.float32)
    confidence[list(ACTION_UNITS)] = face.quality
    return FacialActionUnits(header=header, intensity=action_unit_intensities(face.blendshapes), confidence=confidence)


def landmarks_to_message(points: FloatArray, quality: float, image: BlendshapesArray) -> FacialLandmarks:
    """Where a face's (70, 2) landmarks are in its image.

    Confidence is how well the face can be seen; landmarks outside the image are moved to its edge, with confidence 0.
    """
    inside: list[bool] = np.all((points >= 0.0) & (points <= 1.0), axis=1).tolist()
    shown = points.clip(0.0, 1.0)
    return FacialLandmarks(
        header=image.header,
        landmarks=[
            NormalizedPointOfInterest2D(x=x, y=y, c=quality if is_inside else 0.0)
            for (x, y), is_inside in zip(shown.tolist(), inside, strict=True)
        ],
        height=image.image_height,
        width=image.image_width,
    )


def camera_from_message(message: CameraInfo) -> Camera | None:
    """What a camera says of itself; None when it is not calibrated, or its lens is of a model that is not OpenCV's."""
    if not message.k[0] or message.distortion_model not in OPENCV_MODELS:
        return None
    return Camera(np.reshape(message.k, (3, 3)), np.array(message.d, np.float64), message.width, message.height)


def pose_to_transform(pose: FacePose, hri_id: str, header: Header) -> TransformStamped:
    """The frame `face_ID` in that of the image, which is the camera's optical frame."""
    transform = TransformStamped(header=header, child_frame_id=f'face_{hri_id}')
    transform.transform.translation = Vector3(**dict(zip('xyz', pose.position_m.tolist(), strict=True)))
    transform.transform.rotation = Quaternion(**dict(zip('xyzw', pose.quaternion.tolist(), strict=True)))
    return transform


def emotion_to_expression(emotion: Emotion) -> Expression:
    """A person's emotion; hri_msgs has no word for unknown, so it is none, with confidence 0."""
    known = emotion.emotion in (HAPPY, SAD)
    return Expression(
        header=emotion.header,
        # hri_msgs has the same words for both.
        expression=emotion.emotion if known else '',
        # Nothing measures these.
        valence=math.nan,
        arousal=math.nan,
        confidence=emotion.confidence if known else 0.0,
    )
