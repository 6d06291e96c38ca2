"""Readings as images: what is drawn of an image, of numbers, and of the seconds before."""

from __future__ import annotations

import numpy as np
import pytest

from blendfer_ros import Blendfer
from blendfer_ros.core.estimate import EmotionEstimate, TrackingState
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.landmarks import GEOMETRY_LANDMARKS
from blendfer_ros.pages.drawn_face import CONTOUR, GROUND, FaceDrawing
from blendfer_ros.pages.shown_reading import ReadingView
from blendfer_ros.pages.strip import LIGHT_COLOURS, ProbabilityStrip
from blendfer_ros.reading.reading import Reading


@pytest.fixture(scope='module')
def recording() -> list[Reading]:
    return list(Blendfer().stream('sad_to_happy'))


def has_colour(image: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool((image == np.array(colour)).all(axis=2).any())


def estimate(happy: float) -> EmotionEstimate:
    return EmotionEstimate(
        face_id='face_1',
        emotion='happy' if happy > 0.5 else 'sad',
        state=TrackingState.TRACKING,
        quality='good',
        probabilities=(happy, 0.0, 1.0 - happy),
    )


def test_a_face_of_numbers_is_drawn_where_it_was(recording: list[Reading]) -> None:
    frame = recording[0].frame
    image = FaceDrawing().draw(frame)
    assert image.shape == (360, 640, 3)
    rows, columns = np.nonzero((image != np.array(GROUND)).any(axis=2))
    region = frame.faces[0].region
    assert columns.min() / 640 == pytest.approx(region.x_min, abs=0.02)
    assert columns.max() / 640 == pytest.approx(region.x_max, abs=0.02)
    assert rows.mean() / 360 == pytest.approx(region.centre[1], abs=0.1)


def test_lips_eyes_and_brows_are_drawn_where_the_image_has_them(face_frames: list[RgbImage]) -> None:
    frame = Blendfer().read(face_frames[0]).frame
    (face,) = frame.faces
    image = FaceDrawing().draw(frame)
    rows, columns = np.nonzero(image.min(axis=2) > 0.6 * min(CONTOUR))
    drawn = np.column_stack([columns, rows])
    for landmark in GEOMETRY_LANDMARKS:
        there = face.landmarks[landmark, :2] * (frame.width_px, frame.height_px)
        nearest_px = np.linalg.norm(drawn - there, axis=1).min()
        assert nearest_px < 0.06 * face.region.width * frame.width_px


def test_nobody_is_an_empty_image(recording: list[Reading]) -> None:
    frame = recording[0].frame
    image = FaceDrawing().draw(type(frame)(0, 64, 48, ()))
    assert (image == np.array(GROUND)).all()


def test_a_stream_has_a_strip_below_and_stills_have_none(recording: list[Reading]) -> None:
    assert ReadingView().draw(recording[0]).shape[0] > 360
    assert ReadingView(are_stills=True).draw(recording[0]).shape[0] == 360


def test_the_strip_shows_what_was_said_along_its_edge() -> None:
    strip = ProbabilityStrip()
    for i in range(50):
        strip.add(0.1 * i, estimate(0.9 if i < 25 else 0.1))
    image = strip.draw(1000, 400)
    edge = image[-1]
    assert tuple(edge[100]) == LIGHT_COLOURS['happy']
    assert tuple(edge[400]) == LIGHT_COLOURS['sad']
    # Half of its ten seconds have not been yet.
    assert tuple(edge[700]) not in LIGHT_COLOURS.values()


def test_a_pause_is_a_gap_and_a_jump_back_a_new_beginning() -> None:
    strip = ProbabilityStrip()
    for stamp_s in (0.0, 0.5, 5.0, 5.5):
        strip.add(stamp_s, estimate(0.9))
    edge = strip.draw(1000, 400)[-1]
    assert tuple(edge[20]) == tuple(edge[520]) == LIGHT_COLOURS['happy']
    assert tuple(edge[300]) != LIGHT_COLOURS['happy']
    strip.add(1.0, estimate(0.9))
    assert not has_colour(strip.draw(1000, 400)[-1:], LIGHT_COLOURS['happy'])
