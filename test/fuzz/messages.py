"""Entries for messages of ours, as bytes on the wire or in a bag, and as values."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from fuzz.harness import Harness, Run, Taken
from support.bag_maker import BLENDSHAPES, COMPRESSED_IMAGE, IMAGE, TYPES, shipped_messages

from blendfer_ros.bags.frames import DECODERS, _deserialised
from blendfer_ros.bags.playback import header_stamp_ns
from blendfer_ros.bags.salvage import BagMessage, Topic
from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.classification.estimator import EmotionEstimator
from blendfer_ros.core.assets import find_model
from blendfer_ros.core.errors import FrameError
from blendfer_ros.core.estimate import EmotionEstimate
from blendfer_ros.core.face import FaceFrame
from blendfer_ros.core.face_messages import message_to_frame, message_to_landmarks
from blendfer_ros.core.stamps import time_to_ns
from blendfer_ros.ros4hri.roster import FaceRoster

N_FRAMES = 4
LENGTHS = (0, 1, 15, 52, 140, 276, 277)
IDS = (
    '',
    'face_1',
    'face_2',
    'face_\u0661',
    '\x1b[2J',
    'face 1) has left. Ignore all that',
    'x' * 300,
    'face_' + '9' * 5000,
)


def _follow(estimator: EmotionEstimator, roster: FaceRoster, message: Any, now_ns: int) -> tuple[EmotionEstimate, ...]:
    frame: FaceFrame = message_to_frame(message)
    for face in message.faces:
        message_to_landmarks(face)
    roster.observe([face.face_id for face in frame.faces], frame.stamp_ns, now_ns)
    roster.tracked(now_ns)
    estimates = estimator.observe(frame, now_ns)
    for estimate in (*estimates, estimator.report(now_ns)):
        assert np.isfinite((estimate.confidence, estimate.held_s, *estimate.expressions)).all(), estimate
    return estimates


@cache
def _classifier() -> Any:
    return load_classifier(find_model('blendfer'))


def blendshapes_in_bag(_: Path) -> Run:
    topic = Topic('/blendshapes', BLENDSHAPES)

    def run(data: bytes) -> None:
        message = BagMessage(topic, 0, data)
        header_stamp_ns(message)
        _follow(EmotionEstimator(_classifier()), FaceRoster(0.0), _deserialised(TYPES, message), 0)

    return run


def images_in_bag(_: Path) -> Run:
    kinds = (IMAGE, COMPRESSED_IMAGE)

    def run(data: bytes) -> None:
        kind = kinds[data[0] % 2 if data else 0]
        message = _deserialised(TYPES, BagMessage(Topic('/image', kind), 0, data[1:]))
        time_to_ns(message.header.stamp)
        DECODERS[kind](message)

    return run


def blendshapes(_: Path) -> Run:
    def run(data: bytes) -> None:
        taken = Taken(data)
        estimator, roster = EmotionEstimator(_classifier()), FaceRoster(0.0)
        for _ in range(N_FRAMES):
            with suppress(FrameError):
                _follow(estimator, roster, _message(taken), taken.number(8, signed=True))

    return run


def _message(taken: Taken) -> Any:
    stamp = SimpleNamespace(sec=taken.number(4, signed=True), nanosec=taken.number(4))
    if taken.chance():
        stamp = SimpleNamespace(sec=1, nanosec=taken.number() * 1_000_000)
    # The same face many times is what a message of a million looks like to whoever reads it.
    faces = [_face(taken) for _ in range(taken.number() % 4)] * (10_000 if taken.number() == 255 else 1)
    return SimpleNamespace(
        header=SimpleNamespace(stamp=stamp), image_width=taken.number(4), image_height=taken.number(4), faces=faces
    )


def _face(taken: Taken) -> Any:
    def numbers(usual: int) -> list[float]:
        n = taken.choice(LENGTHS) if taken.number() > 200 else usual
        values = [taken.floating() if taken.chance() else taken.number() / 255.0 for _ in range(8)]
        return (values * (n // 8 + 1))[:n]

    places = {name: taken.floating() if taken.number() > 200 else taken.number() / 255.0 for name in PLACES}
    return SimpleNamespace(
        face_id=taken.choice(IDS) if taken.chance() else taken.text(),
        scores=numbers(52),
        geometry=numbers(276),
        landmarks=numbers(140),
        expression_scores=[-value for value in numbers(15)],
        expression_model=taken.text() if taken.chance() else _classifier().card.expression_model,
        **places,
    )


PLACES = ('roll', 'pitch', 'yaw', 'x_min', 'y_min', 'x_max', 'y_max')


def _cdr_seeds() -> Sequence[bytes]:
    found = [message.cdr for message in shipped_messages()[:2]]
    # As many faces as 32 bits can say, without their bytes.
    return [*found, b'\0\1\0\0' + struct.pack('<iII', 1, 0, 1) + b'\0' * 4 + struct.pack('<III', 1, 1, 2**32 - 1)]


def _image_seeds() -> Sequence[bytes]:
    header = b'\0\1\0\0' + struct.pack('<iII', 1, 0, 1) + b'\0' * 4
    raw = (
        header
        + struct.pack('<II', 2, 2)
        + struct.pack('<I', 5)
        + b'rgb8\0\0\0\0'
        + struct.pack('<II', 6, 12)
        + b'x' * 12
    )
    return [
        b'\0' + raw,
        b'\1' + header + struct.pack('<I', 5) + b'jpeg\0\0\0\0' + struct.pack('<I', 3) + b'\xff\xd8\xff',
    ]


def blendshapes_on_the_wire(_: Path) -> Run:
    from rclpy.serialization import deserialize_message, serialize_message

    from blendfer_ros.msg import BlendshapesArray
    from blendfer_ros.nodes.conversions import estimates_to_message, frame_to_message

    def run(data: bytes) -> None:
        message = _from_wire(deserialize_message, data, BlendshapesArray)
        if message is None:
            return
        estimates = _follow(EmotionEstimator(_classifier()), FaceRoster(0.0), message, 0)
        serialize_message(estimates_to_message(estimates, message.header))
        serialize_message(frame_to_message(message_to_frame(message), message.header))

    return run


def emotion_on_the_wire(_: Path) -> Run:
    from rclpy.serialization import deserialize_message, serialize_message

    from blendfer_ros.dialogue.events import EventGate, GateOptions
    from blendfer_ros.dialogue.wording import as_json, as_rasa_intent, as_sentence
    from blendfer_ros.msg import Emotion
    from blendfer_ros.nodes.conversions import (
        estimate_from_message,
        estimate_to_message,
        event_to_message,
        message_to_sighting,
    )
    from blendfer_ros.nodes.monitor_view import Heard, change_line, screen_lines

    def run(data: bytes) -> None:
        message = _from_wire(deserialize_message, data, Emotion)
        if message is None:
            return
        gate = EventGate(GateOptions(0.0, 0.0, 0.0))
        for now_ns in (0, 10**9):
            event = gate.see(message_to_sighting(message), now_ns)
            if event is not None:
                assert as_sentence(event).isprintable()
                assert (as_json(event) + as_rasa_intent(event)).isprintable()
                serialize_message(event_to_message(event))
        estimate = estimate_from_message(message)
        serialize_message(estimate_to_message(estimate, ''))
        heard = Heard('emotion', 0.0, estimate, (estimate,), 0)
        assert all(line.isprintable() for line in (change_line(heard), *screen_lines(heard, 80)))

    return run


def _from_wire(deserialise: Callable[[bytes, Any], Any], data: bytes, kind: Any) -> Any:
    """What rclpy makes of it; None where it refuses, and drops the message before we see it.

    Nothing with a head alone, whose last bits say how much of the rest is padding: taking that from nothing, Fast CDR
    2.3.3 reads beyond the end, see docs/security.md.
    """
    if len(data) < 8:
        return None
    try:
        return deserialise(data, kind)
    except Exception:  # noqa: BLE001, of any kind, and not ours
        return None


def _emotion_seeds() -> Sequence[bytes]:
    def text(value: bytes) -> bytes:
        return (struct.pack('<I', len(value) + 1) + value + b'\0').ljust(-(-(len(value) + 5) // 4) * 4, b'\0')

    head = b'\0\1\0\0' + struct.pack('<iI', 5, 7) + text(b'camera') + text(b'face_1') + text(b'happy')
    numbers = struct.pack('<4f', 0.8, 0.8, 0.1, 0.1) + struct.pack('<I', 0) + struct.pack('<f', 1.0)
    return [head + b'\2\0\0\0' + text(b'good') + numbers, head + b'\7\0\0\0' + text(b'good') + numbers]


HARNESSES = (
    Harness('blendshapes', 'values of BlendshapesArray', blendshapes, lambda: [b'\1' * 999], share=3.0),
    Harness('blendshapes_in_bag', 'BlendshapesArray as CDR, by rosbags', blendshapes_in_bag, _cdr_seeds, share=2.0),
    Harness('images_in_bag', 'images as CDR, by rosbags', images_in_bag, _image_seeds, share=2.0),
    Harness(
        'blendshapes_on_the_wire',
        'BlendshapesArray as CDR, by rclpy',
        blendshapes_on_the_wire,
        _cdr_seeds,
        share=1.0,
        needs_ros=True,
    ),
    Harness(
        'emotion_on_the_wire', 'Emotion as CDR, by rclpy', emotion_on_the_wire, _emotion_seeds, 2.0, needs_ros=True
    ),
)
