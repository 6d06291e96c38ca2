"""Many pictures at once give what each gives alone, and trouble in a worker comes out in one sentence."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from support.processes import Pixels

from blendfer_ros.core.errors import AssetError, FrameError, SkipReason
from blendfer_ros.core.face import Face
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.perception.parallel import detect_all
from blendfer_ros.perception.stills import StillLandmarker, still_attempts

BLACK = np.zeros((200, 200, 3), np.uint8)


def test_each_picture_gets_its_own_answer_in_order(bundle: Path, face_frames: list[RgbImage]) -> None:
    pictures = [Pixels(face_frames[0]), Pixels(BLACK), Pixels(None), Pixels(face_frames[-1])]
    first, nobody, unreadable, last = detect_all(pictures, bundle, 'faces', workers=2)
    assert nobody is None
    assert isinstance(unreadable, FrameError)
    assert unreadable.reason is SkipReason.UNREADABLE_FILE
    assert str(unreadable) == 'third.jpg is not a picture'
    with closing(StillLandmarker(bundle)) as stills:
        for found, rgb in ((first, face_frames[0]), (last, face_frames[-1])):
            alone = stills.detect(still_attempts(rgb))
            assert isinstance(found, Face)
            assert alone is not None
            np.testing.assert_array_equal(found.blendshapes, alone.blendshapes)


@pytest.mark.timeout(60)
def test_a_bundle_that_mediapipe_refuses_ends_the_work_instead_of_hanging(tmp_path: Path, bundle: Path) -> None:
    broken = tmp_path / 'face_landmarker.task'
    broken.write_bytes(bundle.read_bytes()[:1000])
    with pytest.raises(AssetError, match='MediaPipe cannot load the FaceLandmarker bundle'):
        list(detect_all([Pixels(BLACK)] * 3, broken, 'faces', workers=2))
