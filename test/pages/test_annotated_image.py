"""What is drawn is where the face is, in the colour of what is said."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from blendfer_ros.core.face import Face, FaceFrame, Region
from blendfer_ros.pages.annotated_image import COLOURS, Label, annotate

MakeFace = Callable[..., Face]
GREEN = np.full((480, 640, 3), (0, 120, 0), np.uint8)


def frame(*faces: Face) -> FaceFrame:
    return FaceFrame(0, 640, 480, faces)


@pytest.mark.parametrize(
    ('label', 'colour'),
    [
        (Label('happy', 'happy 80 %', 0.8), COLOURS['happy']),
        (Label('sad', 'sad 50 %', 0.5), COLOURS['sad']),
        (Label('unknown', 'too small', 0.0), COLOURS['unknown']),
    ],
)
def test_the_box_is_around_the_face_in_the_colour_of_its_emotion(
    make_face: MakeFace, label: Label, colour: tuple[int, int, int]
) -> None:
    face = make_face(region=Region(0.25, 0.25, 0.5, 0.5))
    drawn = annotate(GREEN, frame(face), {'face_1': label})
    assert tuple(drawn[180, 160]) == colour
    assert tuple(drawn[180, 320]) == colour
    assert tuple(drawn[200, 300]) == (0, 120, 0)


def test_the_bar_is_as_long_as_the_confidence(make_face: MakeFace) -> None:
    face = make_face(region=Region(0.25, 0.25, 0.5, 0.5))
    drawn = annotate(GREEN, frame(face), {'face_1': Label('happy', '', 0.5)})
    assert tuple(drawn[235, 200]) == COLOURS['happy']
    assert tuple(drawn[235, 280]) == (0, 120, 0)


def test_the_image_itself_is_left_alone_and_without_faces_nothing_is_drawn(make_face: MakeFace) -> None:
    before = GREEN.copy()
    assert not np.array_equal(annotate(GREEN, frame(make_face()), {}), before)
    np.testing.assert_array_equal(GREEN, before)
    np.testing.assert_array_equal(annotate(GREEN, frame(), {}), before)


@pytest.mark.parametrize(
    'region', [Region(-0.5, -0.5, 0.2, 0.2), Region(0.9, 0.9, 1.5, 2.0), Region(0.5, 0.5, 0.5, 0.5)]
)
@pytest.mark.parametrize('size', [(480, 640), (8, 8), (1, 1)])
def test_faces_at_the_edge_and_tiny_images_are_survived(
    make_face: MakeFace, region: Region, size: tuple[int, int]
) -> None:
    image = np.zeros((*size, 3), np.uint8)
    assert annotate(image, frame(make_face(region=region)), {}).shape == image.shape
