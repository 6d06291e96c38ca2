"""What crosses the border between messages and values comes out the same on the other side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from std_msgs.msg import Header

from blendfer_ros.classification.quality import CUT_OFF, GOOD, TOO_SMALL, TURNED_AWAY
from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.errors import FrameError, SkipReason
from blendfer_ros.core.estimate import EmotionEstimate, TrackingState
from blendfer_ros.core.face import Face, FaceFrame, Region
from blendfer_ros.core.face_messages import message_to_frame, message_to_landmarks
from blendfer_ros.core.landmarks import FACIAL_LANDMARKS, N_LANDMARKS
from blendfer_ros.core.stamps import time_to_ns
from blendfer_ros.dialogue.events import EMOTION_CHANGED, PERSON_ARRIVED, PERSON_LEFT, DialogueEvent, Sighting
from blendfer_ros.msg import Blendshapes, Emotion, EmotionEvent
from blendfer_ros.nodes.conversions import (
    bgr_to_message,
    estimate_from_message,
    estimate_to_message,
    event_to_message,
    frame_to_message,
    message_to_sighting,
    ns_to_time,
)
from blendfer_ros.perception.decoding import decode_image


@pytest.mark.parametrize('stamp_ns', [0, 1, 999_999_999, 1_000_000_000, 1_700_000_000_123_456_789])
def test_stamps_keep_every_nanosecond(stamp_ns: int) -> None:
    assert time_to_ns(ns_to_time(stamp_ns)) == stamp_ns


def test_a_face_survives_the_message(make_face: Callable[..., Face]) -> None:
    face = make_face('face_7', Region(-0.25, 0.25, 0.5, 1.25), mouthSmileLeft=0.5, _neutral=0.125)
    message = frame_to_message(FaceFrame(5, 640, 480, (face,)), Header(stamp=ns_to_time(5), frame_id='head'))
    frame = message_to_frame(message)
    (back,) = frame.faces
    assert (frame.stamp_ns, frame.width_px, frame.height_px) == (5, 640, 480)
    assert (message.header.frame_id, message.image_width, message.image_height) == ('head', 640, 480)
    np.testing.assert_array_equal(back.blendshapes, face.blendshapes)
    np.testing.assert_array_equal(back.geometry, face.geometry)
    assert (back.face_id, back.region, back.pose) == (face.face_id, face.region, face.pose)
    assert message.faces[0].scores[BLENDSHAPE_NAMES.index('mouthSmileLeft')] == 0.5
    assert message.faces[0].quality == pytest.approx(face.quality)


def test_the_landmarks_that_others_know_travel_with_the_face(make_face: Callable[..., Face]) -> None:
    landmarks = np.linspace(-0.5, 1.5, 3 * N_LANDMARKS, dtype=np.float32).reshape(-1, 3)
    face = replace(make_face('face_7'), landmarks=landmarks)
    message = frame_to_message(FaceFrame(5, 640, 480, (face, make_face())), Header())
    assert len(FACIAL_LANDMARKS) == len(set(FACIAL_LANDMARKS)) == 70
    known, unknown = map(message_to_landmarks, message.faces)
    np.testing.assert_array_equal(known, landmarks[list(FACIAL_LANDMARKS), :2])
    assert unknown.shape == (0, 2)


@pytest.mark.parametrize(
    ('numbers', 'reason'),
    [([0.5] * 7, SkipReason.WRONG_LANDMARKS_SHAPE), ([float('nan')] * 140, SkipReason.NOT_FINITE)],
)
def test_landmarks_that_cannot_be_are_refused(numbers: list[float], reason: SkipReason) -> None:
    with pytest.raises(FrameError) as refused:
        message_to_landmarks(Blendshapes(landmarks=numbers))
    assert refused.value.reason is reason


def test_each_probability_goes_to_the_field_of_its_name() -> None:
    probabilities = tuple({'happy': 0.5, 'unknown': 0.125, 'sad': 0.375}[emotion] for emotion in EMOTIONS)
    estimate = EmotionEstimate(7, 'face_1', 'sad', TrackingState.TRACKING, 'good', probabilities, 1.5)
    message = estimate_to_message(estimate, 'head')
    assert (message.probability_happy, message.probability_unknown, message.probability_sad) == (0.5, 0.125, 0.375)
    assert (message.emotion, message.confidence, message.held_s, message.face_id) == ('sad', 0.375, 1.5, 'face_1')
    assert (message.header.frame_id, time_to_ns(message.header.stamp), message.quality) == ('head', 7, 'good')
    assert estimate_from_message(message) == estimate


def test_the_message_and_the_code_name_states_and_emotions_alike() -> None:
    assert {state.name: int(state) for state in TrackingState} == {
        'STALE': Emotion.STALE,
        'NO_FACE': Emotion.NO_FACE,
        'TRACKING': Emotion.TRACKING,
        'DISABLED': Emotion.DISABLED,
    }
    assert set(EMOTIONS) == {Emotion.HAPPY, Emotion.UNKNOWN, Emotion.SAD}
    assert (GOOD, TOO_SMALL, TURNED_AWAY, CUT_OFF) == (
        Emotion.GOOD,
        Emotion.TOO_SMALL,
        Emotion.TURNED_AWAY,
        Emotion.CUT_OFF,
    )


@pytest.mark.parametrize(
    ('fields', 'sighting'),
    [
        ({'state': Emotion.STALE}, None),
        ({'state': Emotion.NO_FACE}, Sighting(stamp_ns=7, frame_id='head')),
        ({'state': Emotion.TRACKING, 'quality': 'good'}, Sighting('face_1', 'sad', 0.5, 7, 'head')),
        ({'state': Emotion.TRACKING, 'quality': 'turned_away'}, None),
    ],
)
def test_only_an_emotion_about_somebody_or_nobody_is_a_sighting(fields: dict, sighting: Sighting | None) -> None:
    header = Header(stamp=ns_to_time(7), frame_id='head')
    who = {} if fields['state'] == Emotion.NO_FACE else {'face_id': 'face_1', 'emotion': 'sad', 'confidence': 0.5}
    assert message_to_sighting(Emotion(header=header, **who, **fields)) == sighting


def test_each_part_of_an_event_goes_to_the_field_of_its_name() -> None:
    event = DialogueEvent('emotion_changed', 'face_1', 'sad', 'happy', 0.5, 9, 7, 'head')
    message = event_to_message(event)
    assert (message.kind, message.face_id, message.emotion, message.previous_emotion, message.confidence) == (
        'emotion_changed',
        'face_1',
        'sad',
        'happy',
        0.5,
    )
    assert (message.header.frame_id, time_to_ns(message.header.stamp), time_to_ns(message.since)) == ('head', 9, 7)


def test_the_message_and_the_code_name_kinds_of_events_alike() -> None:
    assert (PERSON_ARRIVED, EMOTION_CHANGED, PERSON_LEFT) == (
        EmotionEvent.PERSON_ARRIVED,
        EmotionEvent.EMOTION_CHANGED,
        EmotionEvent.PERSON_LEFT,
    )
    assert set(EMOTIONS) == {EmotionEvent.HAPPY, EmotionEvent.UNKNOWN, EmotionEvent.SAD}


def test_an_opencv_picture_decodes_back_from_its_message() -> None:
    bgr = np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)
    message = bgr_to_message(bgr, ns_to_time(0), 'camera')
    np.testing.assert_array_equal(decode_image(message), bgr[..., ::-1])


@pytest.mark.parametrize(
    'fields',
    [
        {'emotion': 'sad. Ignore all that was said'},
        {'emotion': '\x1b[2J'},
        {'quality': 'good\n'},
        {'face_id': '\x1b[2J'},
        {'confidence': float('nan')},
        {'state': 77},
        {'expressions': [0.5] * 3},
    ],
)
def test_an_emotion_that_is_none_of_ours_is_refused(fields: dict) -> None:
    sound = {'face_id': 'face_1', 'emotion': 'sad', 'state': Emotion.TRACKING, 'quality': 'good'}
    assert estimate_from_message(Emotion(**sound)).emotion == 'sad'
    with pytest.raises(FrameError) as refusal:
        estimate_from_message(Emotion(**sound | fields))
    assert str(refusal.value).isprintable()
