"""Messages ↔ the package's own values: the one border, nothing else here."""

from __future__ import annotations

import array
import math

from builtin_interfaces.msg import Time
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from blendfer_ros.classification.quality import QUALITIES
from blendfer_ros.core.emotions import EMOTIONS, HAPPY, SAD, UNKNOWN
from blendfer_ros.core.errors import FrameError, SkipReason, shown
from blendfer_ros.core.estimate import EmotionEstimate, TrackingState
from blendfer_ros.core.expressions import LABEL_EXPRESSIONS
from blendfer_ros.core.face import Face, FaceFrame
from blendfer_ros.core.face_messages import check_face_id, face_to_fields
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.stamps import NS_PER_S, time_to_ns
from blendfer_ros.dialogue.events import DialogueEvent, Sighting
from blendfer_ros.msg import Blendshapes, BlendshapesArray, Emotion, EmotionArray, EmotionEvent


def ns_to_time(stamp_ns: int) -> Time:
    """Integer nanoseconds as a stamp."""
    return Time(sec=stamp_ns // NS_PER_S, nanosec=stamp_ns % NS_PER_S)


def frame_to_message(frame: FaceFrame, header: Header) -> BlendshapesArray:
    """Everybody in the image that `header` belongs to."""
    return BlendshapesArray(
        header=header,
        image_width=frame.width_px,
        image_height=frame.height_px,
        faces=[_face_to_message(face) for face in frame.faces],
    )


def estimate_to_message(estimate: EmotionEstimate, frame_id: str) -> Emotion:
    """One person's emotion."""
    probability = dict(zip(EMOTIONS, estimate.probabilities, strict=True))
    return Emotion(
        header=Header(stamp=ns_to_time(estimate.stamp_ns), frame_id=frame_id),
        face_id=estimate.face_id,
        emotion=estimate.emotion,
        state=int(estimate.state),
        quality=estimate.quality,
        confidence=estimate.confidence,
        probability_happy=probability[HAPPY],
        probability_unknown=probability[UNKNOWN],
        probability_sad=probability[SAD],
        held_s=estimate.held_s,
        expressions=array.array('f', estimate.expressions),
    )


def estimate_from_message(message: Emotion) -> EmotionEstimate:
    """What `estimate_to_message` was given; raises FrameError for what it never was."""
    _check(message)
    probability = {
        HAPPY: message.probability_happy,
        UNKNOWN: message.probability_unknown,
        SAD: message.probability_sad,
    }
    return EmotionEstimate(
        stamp_ns=time_to_ns(message.header.stamp),
        face_id=message.face_id,
        emotion=message.emotion,
        state=TrackingState(message.state),
        quality=message.quality,
        probabilities=tuple(probability[emotion] for emotion in EMOTIONS),
        held_s=message.held_s,
        expressions=tuple(message.expressions),
    )


def estimates_to_message(estimates: tuple[EmotionEstimate, ...], header: Header) -> EmotionArray:
    """Everybody's emotion in the image that `header` belongs to."""
    return EmotionArray(
        header=header, emotions=[estimate_to_message(estimate, header.frame_id) for estimate in estimates]
    )


def message_to_sighting(message: Emotion) -> Sighting | None:
    """Who is there and what they show; None when nothing can be said of anybody. Errors as `estimate_from_message`."""
    stamp_ns, frame_id = time_to_ns(message.header.stamp), message.header.frame_id
    if message.state == Emotion.NO_FACE:
        return Sighting(stamp_ns=stamp_ns, frame_id=frame_id)
    if message.state != Emotion.TRACKING or message.quality != Emotion.GOOD:
        return None
    _check(message)
    return Sighting(message.face_id, message.emotion, message.confidence, stamp_ns, frame_id)


def event_to_message(event: DialogueEvent) -> EmotionEvent:
    """What a dialogue manager is told."""
    return EmotionEvent(
        header=Header(stamp=ns_to_time(event.stamp_ns), frame_id=event.frame_id),
        kind=event.kind,
        face_id=event.face_id,
        emotion=event.emotion,
        previous_emotion=event.previous_emotion,
        since=ns_to_time(event.since_ns),
        confidence=event.confidence,
    )


def bgr_to_message(bgr: RgbImage, stamp: Time, frame_id: str) -> Image:
    """An OpenCV picture, (height, width, 3) uint8, as an image message."""
    height_px, width_px = bgr.shape[:2]
    return Image(
        header=Header(stamp=stamp, frame_id=frame_id),
        height=height_px,
        width=width_px,
        encoding='bgr8',
        is_bigendian=0,
        step=3 * width_px,
        # rclpy copies an array.array at once; bytes and lists it checks element by element.
        data=array.array('B', bgr.tobytes()),
    )


def _check(message: Emotion) -> None:
    """Refuse what is not ours: it would be shown in terminals, and told to language models, as it stands."""
    check_face_id(message.face_id)
    numbers = (
        message.confidence,
        message.probability_happy,
        message.probability_unknown,
        message.probability_sad,
        message.held_s,
        *message.expressions,
    )
    if (
        message.emotion not in EMOTIONS
        or message.quality not in ('', *QUALITIES)
        or message.state not in tuple(TrackingState)
        or len(message.expressions) not in (0, len(LABEL_EXPRESSIONS))
        or not all(map(math.isfinite, numbers))
    ):
        text = f'an emotion that cannot be: {shown(message.emotion)}, state {message.state}, {shown(message.quality)}'
        raise FrameError(SkipReason.WRONG_EMOTION, text)


def _face_to_message(face: Face) -> Blendshapes:
    fields = face_to_fields(face)
    for name in ('geometry', 'landmarks', 'expression_scores'):
        fields[name] = array.array('f', fields[name].tobytes())
    return Blendshapes(**fields)
