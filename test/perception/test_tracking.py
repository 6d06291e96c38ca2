"""Ids stay with the face: beside each other, across gaps, and when paths cross."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.face import Face, HeadPose, Region
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.landmarks import GEOMETRY_SIZE
from blendfer_ros.core.stamps import MAX_GAP_NS, NS_PER_S
from blendfer_ros.perception.perceiver import FacePerceiver
from blendfer_ros.perception.tracking import FaceTracker

LEFT = Region(0.1, 0.4, 0.3, 0.6)
RIGHT = Region(0.7, 0.4, 0.9, 0.6)
FRAME_NS = 33_000_000
ANYBODY = Face(
    np.zeros(len(BLENDSHAPE_NAMES), np.float32), np.zeros(GEOMETRY_SIZE, np.float32), HeadPose(0.0, 0.0, 0.0), LEFT
)

MakeFace = Callable[..., Face]


def person(make_face: MakeFace, shape: float, x: float, y: float = 0.5, side: float = 0.2) -> Face:
    """The face of somebody whose landmarks differ from those of others by `shape`, its middle at x, y."""
    region = Region(x - side / 2.0, y - side / 2.0, x + side / 2.0, y + side / 2.0)
    return replace(make_face(region=region), geometry=np.full(GEOMETRY_SIZE, shape, np.float32))


def test_two_faces_keep_their_ids_in_whatever_order_they_come(make_face: MakeFace) -> None:
    tracker = FaceTracker()
    first = tracker.assign((make_face(region=LEFT), make_face(region=RIGHT)), 0)
    second = tracker.assign((make_face(region=RIGHT), make_face(region=LEFT)), FRAME_NS)
    assert first[0].face_id != first[1].face_id
    assert [face.face_id for face in second] == [first[1].face_id, first[0].face_id]


def test_a_face_that_was_away_briefly_keeps_its_id_and_longer_gets_a_new_one(make_face: MakeFace) -> None:
    tracker = FaceTracker()
    (first,) = tracker.assign((make_face(),), 0)
    assert tracker.assign((), MAX_GAP_NS // 2) == ()
    (back,) = tracker.assign((make_face(),), MAX_GAP_NS)
    (later,) = tracker.assign((make_face(),), 2 * MAX_GAP_NS + 1)
    assert back.face_id == first.face_id
    assert later.face_id != first.face_id


def test_ids_are_not_given_again_after_forgetting(make_face: MakeFace) -> None:
    tracker = FaceTracker()
    (first,) = tracker.assign((make_face(),), 0)
    tracker.forget()
    (again,) = tracker.assign((make_face(),), FRAME_NS)
    assert again.face_id != first.face_id


def test_one_track_is_never_given_to_two_faces(make_face: MakeFace) -> None:
    tracker = FaceTracker()
    tracker.assign((make_face(),), 0)
    both = tracker.assign((make_face(), make_face()), FRAME_NS)
    assert both[0].face_id != both[1].face_id


@pytest.mark.parametrize('rate_hz', [10, 30])
@pytest.mark.parametrize('hidden', [False, True])
def test_two_who_walk_past_each_other_keep_their_ids(make_face: MakeFace, rate_hz: int, hidden: bool) -> None:
    tracker = FaceTracker()
    names = {}
    for i in range(3 * rate_hz):
        x = 0.15 + 0.7 * i / (3 * rate_hz)
        faces = [person(make_face, 0.00, x)]
        # The one behind is not seen while the one in front is before them.
        if not (hidden and abs(2.0 * x - 1.0) < 0.15):
            faces.append(person(make_face, 0.03, 1.0 - x))
        named = tracker.assign(tuple(faces), i * NS_PER_S // rate_hz)
        for who, face in zip(('front', 'behind'), named, strict=False):
            assert names.setdefault(who, face.face_id) == face.face_id, f'at x = {x:.2f}'


def test_two_who_meet_and_turn_back_keep_their_ids(make_face: MakeFace) -> None:
    tracker = FaceTracker()
    first: tuple[Face, ...] = ()
    for i in range(60):
        apart = 0.12 + 0.5 * abs(i - 30) / 30
        faces = (person(make_face, 0.0, 0.5 - apart / 2), person(make_face, 0.03, 0.5 + apart / 2))
        named = tracker.assign(faces, i * FRAME_NS)
        first = first or named
        assert [face.face_id for face in named] == [face.face_id for face in first]


def test_somebody_new_at_the_place_of_somebody_who_left_gets_a_new_id_when_far_from_it(make_face: MakeFace) -> None:
    tracker = FaceTracker()
    (gone,) = tracker.assign((person(make_face, 0.0, 0.2),), 0)
    (new,) = tracker.assign((person(make_face, 0.03, 0.9),), FRAME_NS)
    assert new.face_id != gone.face_id


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3)), min_size=2, max_size=4),
    st.integers(8, 30),
    st.randoms(use_true_random=False),
)
def test_people_on_lanes_of_their_own_keep_their_ids(speeds: list, rate_hz: int, random: Random) -> None:
    tracker, names = FaceTracker(), {}
    for i in range(2 * rate_hz):
        order = list(range(len(speeds)))
        random.shuffle(order)
        faces = []
        for who in order:
            x = 0.5 + speeds[who][0] * i / rate_hz
            y = 0.3 * who + 0.02 * speeds[who][1]
            faces.append(replace(ANYBODY, region=Region(x - 0.05, y - 0.05, x + 0.05, y + 0.05)))
        for who, face in zip(order, tracker.assign(tuple(faces), i * NS_PER_S // rate_hz), strict=True):
            assert names.setdefault(who, face.face_id) == face.face_id


def test_ids_that_change_every_frame_leave_no_trace_behind(make_face: MakeFace) -> None:
    tracker = FaceTracker()
    for i in range(100):
        crowd = tuple(person(make_face, 0.0, (i * 0.37 + k * 0.11) % 50.0, k * 5.0, 0.01) for k in range(20))
        assert len(tracker.assign(crowd, i * FRAME_NS)) == 20
    assert len(tracker._tracks) <= 20 * (MAX_GAP_NS // FRAME_NS + 2)


def test_two_people_side_by_side_for_a_minute(bundle: Path, clips: Path) -> None:
    perceiver = FacePerceiver(bundle)
    left = looped(clips / 'woman_sad_to_happy.mp4')
    right = looped(clips / 'generated_happy.mp4')
    sides: dict[str, set[str]] = {}
    both = 0
    for i in range(600):
        frame = perceiver.perceive(np.hstack([next(left), next(right)]), (i + 1) * NS_PER_S // 10)
        both += len(frame.faces) == 2
        for face in frame.faces:
            sides.setdefault(face.face_id, set()).add('left' if face.region.centre[0] < 0.5 else 'right')
    perceiver.close()
    assert both > 0.98 * 600
    assert sorted(map(sorted, sides.values())) == [['left'], ['right']]


def looped(path: Path) -> Iterator[RgbImage]:
    """A clip at 10 images per second, (360, 480, 3) RGB, forwards and backwards for ever."""
    capture = cv2.VideoCapture(str(path))
    images = []
    while (picture := capture.read()[1]) is not None:
        middle = picture[:, picture.shape[1] // 2 - picture.shape[0] // 2 :][:, : picture.shape[0]]
        images.append(cv2.cvtColor(cv2.resize(middle, (480, 360)), cv2.COLOR_BGR2RGB))
    capture.release()
    images = images[::3]
    while True:
        yield from images
        yield from reversed(images)


def without_geometry(face: Face) -> Face:
    """As a cascade finds it."""
    return replace(face, geometry=np.zeros(0, np.float32), blendshapes=np.zeros(0, np.float32))


@pytest.mark.filterwarnings('error')
def test_faces_without_geometry_are_told_apart_by_place_and_size(make_face: MakeFace) -> None:
    tracker = FaceTracker()
    left, right = (without_geometry(make_face(region=region)) for region in (LEFT, RIGHT))
    first = tracker.assign((left, right), 0)
    second = tracker.assign((right, left), FRAME_NS)
    assert [face.face_id for face in second] == [first[1].face_id, first[0].face_id]


@pytest.mark.filterwarnings('error')
def test_a_person_stays_the_same_when_geometry_comes_and_goes(make_face: MakeFace) -> None:
    tracker = FaceTracker()
    shown = [make_face(), without_geometry(make_face()), make_face()]
    ids = [tracker.assign((face,), i * FRAME_NS)[0].face_id for i, face in enumerate(shown)]
    assert ids == ['face_1'] * 3
