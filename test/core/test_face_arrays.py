"""Faces of many images survive being kept as arrays to the last bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.scored_faces import scored

from blendfer_ros.core.face import Face, FaceFrame, HeadPose, Region
from blendfer_ros.core.face_arrays import arrays_to_frames, frames_to_arrays

MakeFace = Callable[..., Face]
finite = st.floats(-3.0, 3.0)


def same(first: Face, second: Face) -> bool:
    """But for landmarks, which are not kept."""
    return (first.pose, first.region, first.face_id, first.expression_model) == (
        second.pose,
        second.region,
        second.face_id,
        second.expression_model,
    ) and all(
        np.array_equal(getattr(first, name), getattr(second, name))
        for name in ('blendshapes', 'geometry', 'expression_scores')
    )


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.tuples(*[finite] * 7), max_size=3), max_size=5))
def test_every_face_comes_back_in_its_image(make_face: MakeFace, numbers: list[list[tuple[float, ...]]]) -> None:
    frames = tuple(
        FaceFrame(
            i * 33_000_001,
            640 + i,
            480,
            tuple(
                replace(
                    make_face(f'face_{i}_{j}', Region(*row[:4]), jawOpen=abs(row[0]) / 3.0), pose=HeadPose(*row[4:])
                )
                for j, row in enumerate(of_image)
            ),
        )
        for i, of_image in enumerate(numbers)
    )
    back = arrays_to_frames(frames_to_arrays(frames))
    assert [replace(frame, faces=()) for frame in back] == [replace(frame, faces=()) for frame in frames]
    for frame, again in zip(frames, back, strict=True):
        assert len(frame.faces) == len(again.faces)
        assert all(map(same, frame.faces, again.faces))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    networks=st.lists(
        st.sampled_from(['', 'expressions-0123456789ab', 'a much longer name of a network-0']), max_size=5
    )
)
def test_faces_with_and_without_expression_scores_come_back_as_they_were(
    make_face: MakeFace, networks: list[str]
) -> None:
    faces = tuple(
        scored(make_face(f'face_{i}'), happy=i / 8.0, network=network) if network else make_face(f'face_{i}')
        for i, network in enumerate(networks)
    )
    (back,) = arrays_to_frames(frames_to_arrays([FaceFrame(1, 640, 480, faces)]))
    assert len(back.faces) == len(faces)
    assert all(map(same, faces, back.faces))
