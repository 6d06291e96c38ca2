"""Ids stay with the face."""

from __future__ import annotations

from collections.abc import Callable

from blendfer_ros.face import Face, Region
from blendfer_ros.perception.tracking import MAX_GAP_NS, FaceTracker

LEFT = Region(0.1, 0.4, 0.3, 0.6)
RIGHT = Region(0.7, 0.4, 0.9, 0.6)
FRAME_NS = 33_000_000

MakeFace = Callable[..., Face]


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
