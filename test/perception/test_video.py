"""Video files and folders of pictures, made here."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from blendfer_ros.core.errors import SourceError
from blendfer_ros.perception.video import FOLDER_RATE_HZ, open_source

LEVELS = (10, 120, 240)


def grey(level: int) -> np.ndarray:
    return np.full((32, 48, 3), level, np.uint8)


@pytest.fixture(params=['folder', 'file'])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == 'folder':
        for i, level in enumerate(LEVELS):
            cv2.imwrite(str(tmp_path / f'{i}.png'), grey(level))
        (tmp_path / 'notes.txt').write_text('not a picture')
        return str(tmp_path)
    path = str(tmp_path / 'video.avi')
    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*'MJPG'), 10.0, (48, 32))
    for level in LEVELS:
        writer.write(grey(level))
    writer.release()
    return path


def test_pictures_come_in_order_and_then_none(source: str) -> None:
    video = open_source(source)
    levels = []
    while (bgr := video.read()) is not None:
        levels.append(int(bgr.mean()))
    np.testing.assert_allclose(levels, LEVELS, atol=3)
    assert video.read() is None
    assert not video.is_live
    video.close()


def test_skip_passes_one_over_and_rewind_starts_over(source: str) -> None:
    video = open_source(source)
    assert video.skip()
    second = video.read()
    assert second is not None
    assert second.mean() == pytest.approx(LEVELS[1], abs=3)
    assert video.skip()
    assert not video.skip()
    video.rewind()
    first = video.read()
    assert first is not None
    assert first.mean() == pytest.approx(LEVELS[0], abs=3)
    video.close()


def test_the_rate_is_the_files_own_and_slow_for_folders(source: str) -> None:
    expected = 10.0 if source.endswith('.avi') else FOLDER_RATE_HZ
    assert open_source(source).rate_hz == pytest.approx(expected)


def test_a_missing_source_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no camera, video file or picture folder at '.*/gone.mp4'"):
        open_source(str(tmp_path / 'gone.mp4'))


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match='no pictures in'):
        open_source(str(tmp_path))


def test_a_file_that_is_no_video_is_refused(tmp_path: Path) -> None:
    path = tmp_path / 'notes.mp4'
    path.write_text('not a video')
    with pytest.raises(SourceError, match='cannot open video file'):
        open_source(str(path))


def test_a_broken_picture_is_refused_and_the_next_one_still_comes(tmp_path: Path) -> None:
    (tmp_path / 'a.png').write_bytes(b'broken')
    cv2.imwrite(str(tmp_path / 'b.png'), grey(50))
    video = open_source(str(tmp_path))
    with pytest.raises(SourceError, match=r'cannot read picture .*a\.png'):
        video.read()
    assert video.read() is not None


def test_a_camera_that_is_not_there_is_refused() -> None:
    with pytest.raises(SourceError, match="cannot open camera '97'"):
        open_source('97')
