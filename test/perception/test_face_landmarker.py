"""The real FaceLandmarker on real frames, and the road through the perceiver."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest

from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.errors import AssetError, FrameError
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.stamps import TIME_JUMP_NS
from blendfer_ros.perception.face_landmarker import FaceLandmarker
from blendfer_ros.perception.geometry import mirror_geometry
from blendfer_ros.perception.perceiver import FacePerceiver
from blendfer_ros.perception.tracking import FaceTracker

FRAME_NS = 33_333_333
START_NS = 1_700_000_000 * 10**9


@pytest.fixture
def perceiver(bundle: Path) -> Iterator[FacePerceiver]:
    perceiver = FacePerceiver(bundle)
    yield perceiver
    perceiver.close()


def test_a_face_is_found_where_it_is_with_scores_between_0_and_1(bundle: Path, face_frames: list[RgbImage]) -> None:
    with FaceLandmarker(bundle, 'image') as landmarker:
        (face,) = landmarker.detect(face_frames[0], 0)
    assert ((face.blendshapes >= 0.0) & (face.blendshapes <= 1.0)).all()
    assert 0.0 < face.region.x_min < face.region.x_max < 1.0
    assert 0.0 < face.region.y_min < face.region.y_max < 1.0
    assert abs(face.pose.yaw_rad) < 0.5
    assert abs(face.pose.roll_rad) < 0.5


def test_a_tilted_picture_changes_roll_and_leaves_geometry(bundle: Path, face_frames: list[RgbImage]) -> None:
    height, width = face_frames[0].shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 20.0, 1.0)  # counter-clockwise
    tilted = cv2.warpAffine(face_frames[0], turn, (width, height))
    with FaceLandmarker(bundle, 'image') as landmarker:
        (upright,) = landmarker.detect(face_frames[0], 0)
        (turned,) = landmarker.detect(tilted, 0)
    assert turned.pose.roll_rad - upright.pose.roll_rad == pytest.approx(np.deg2rad(20.0), abs=0.05)
    assert np.abs(turned.geometry - upright.geometry).mean() < 0.03


def test_a_mirrored_picture_mirrors_geometry_and_yaw(bundle: Path, face_frames: list[RgbImage]) -> None:
    with FaceLandmarker(bundle, 'image') as landmarker:
        (face,) = landmarker.detect(face_frames[0], 0)
        (mirrored,) = landmarker.detect(np.ascontiguousarray(face_frames[0][:, ::-1]), 0)
    assert np.abs(mirror_geometry(mirrored.geometry) - face.geometry).mean() < 0.03
    assert mirrored.pose.yaw_rad == pytest.approx(-face.pose.yaw_rad, abs=0.05)


def test_nobody_in_view_is_an_empty_answer(perceiver: FacePerceiver) -> None:
    assert perceiver.perceive(np.zeros((480, 640, 3), np.uint8), START_NS).faces == ()


def test_a_face_keeps_its_id_from_frame_to_frame(perceiver: FacePerceiver, face_frames: list[RgbImage]) -> None:
    ids = {
        face.face_id
        for i, rgb in enumerate(face_frames)
        for face in perceiver.perceive(rgb, START_NS + i * FRAME_NS).faces
    }
    assert len(ids) == 1


@pytest.mark.parametrize(
    ('step_ns', 'cause'), [(0, 'repeats the last one'), (-1, 'out of order'), (1 - TIME_JUMP_NS, 'out of order')]
)
def test_a_bad_stamp_is_refused_and_the_next_good_frame_works(
    step_ns: int, cause: str, perceiver: FacePerceiver, face_frames: list[RgbImage]
) -> None:
    perceiver.perceive(face_frames[0], START_NS)
    with pytest.raises(FrameError, match=cause):
        perceiver.perceive(face_frames[1], START_NS + step_ns)
    assert len(perceiver.perceive(face_frames[2], START_NS + FRAME_NS).faces) == 1


def test_a_jump_back_in_time_starts_anew_with_a_new_id(perceiver: FacePerceiver, face_frames: list[RgbImage]) -> None:
    (before,) = perceiver.perceive(face_frames[0], START_NS).faces
    (after,) = perceiver.perceive(face_frames[1], START_NS - TIME_JUMP_NS).faces
    assert after.face_id != before.face_id


def test_ids_are_not_given_again_by_the_next_perceiver(bundle: Path, face_frames: list[RgbImage]) -> None:
    tracker = FaceTracker()
    ids = []
    for _ in range(2):
        with closing(FacePerceiver(bundle, tracker=tracker)) as perceiver:
            ids += [face.face_id for face in perceiver.perceive(face_frames[0], START_NS).faces]
    assert len(set(ids)) == 2


def test_frames_less_than_a_millisecond_apart_all_work(perceiver: FacePerceiver, face_frames: list[RgbImage]) -> None:
    for i, rgb in enumerate(face_frames[:5]):
        assert len(perceiver.perceive(rgb, START_NS + 1000 * i).faces) == 1


def test_a_file_that_is_no_bundle_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / 'face_landmarker.task'
    path.write_bytes(b'not a bundle')
    with pytest.raises(AssetError, match=f'cannot load the FaceLandmarker bundle {path}'):
        FaceLandmarker(path)


def test_names_are_the_bundles_own(bundle: Path, face_frames: list[RgbImage], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('blendfer_ros.perception.face_landmarker.BLENDSHAPE_NAMES', BLENDSHAPE_NAMES[::-1])
    with FaceLandmarker(bundle, 'image') as landmarker, pytest.raises(AssetError, match='52 blendshapes'):
        landmarker.detect(face_frames[0], 0)


def test_tensorflow_is_not_taken_along_and_can_still_be_imported(bundle: Path) -> None:
    program = """
import importlib.util, sys
from pathlib import Path
from blendfer_ros.perception.face_landmarker import FaceLandmarker
FaceLandmarker(Path(sys.argv[1])).close()
assert 'tensorflow' not in sys.modules
importlib.util.find_spec('tensorflow')
"""
    done = subprocess.run([sys.executable, '-c', program, str(bundle)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
