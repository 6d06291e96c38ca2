"""Whatever can be shown is opened by its path, in order, and what cannot is refused in one sentence."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.videos import black_video

from blendfer_ros.core.assets import find_recording
from blendfer_ros.core.errors import DatasetError, FrameError, SourceError
from blendfer_ros.core.shot import Shot
from blendfer_ros.reading.sources import open_any


def shots(source: Path | str, topic: str = '') -> list[Shot]:
    found = list(open_any(str(source), topic).shots())
    assert all(isinstance(shot, Shot) for shot in found)
    return found


def picture(path: Path, grey: int = 0) -> Path:
    cv2.imwrite(str(path), np.full((30, 40, 3), grey, np.uint8))
    return path


def test_a_picture_is_one_still(tmp_path: Path) -> None:
    source = open_any(str(picture(tmp_path / 'one.PNG', 7)))
    assert (source.are_stills, source.n_images, source.is_live) == (True, 1, False)
    (shot,) = source.shots()
    assert shot.rgb.shape == (30, 40, 3)
    assert shot.rgb.max() == 7


def test_the_pictures_of_a_folder_come_in_order_of_name_two_a_second(tmp_path: Path) -> None:
    for name, grey in (('b.png', 2), ('a.png', 1), ('c.png', 3)):
        picture(tmp_path / name, grey)
    (tmp_path / 'notes.txt').write_text('no picture')
    found = shots(tmp_path)
    assert [int(shot.rgb.max()) for shot in found] == [1, 2, 3]
    assert [shot.stamp_ns for shot in found] == [0, 500_000_000, 1_000_000_000]


def test_an_unreadable_picture_is_told_of_and_the_next_keeps_its_stamp(tmp_path: Path) -> None:
    (tmp_path / 'a.png').write_bytes(b'no picture')
    picture(tmp_path / 'b.png')
    error, shot = open_any(str(tmp_path)).shots()
    assert isinstance(error, FrameError)
    assert 'a.png is not a picture' in str(error)
    assert shot.stamp_ns == 500_000_000


def test_a_video_is_stamped_from_its_beginning(tmp_path: Path) -> None:
    source = open_any(str(black_video(tmp_path / 'v.avi', 5)))
    assert (source.are_stills, source.n_images, source.rate_hz) == (False, 5, 10.0)
    assert [shot.stamp_ns for shot in source.shots()] == [i * 100_000_000 for i in range(5)]
    assert not source.damage


def test_a_video_cut_short_is_shown_up_to_there_and_says_so(clips: Path, tmp_path: Path) -> None:
    cut = tmp_path / 'cut.mp4'
    cut.write_bytes((clips / 'woman_sad_to_happy.mp4').read_bytes()[:300_000])
    source = open_any(str(cut))
    n = len(list(source.shots()))
    assert 0 < n < 472
    assert source.damage == f'{cut} is damaged: it ends after {n} of 472 images'


def test_a_file_called_0_is_not_the_first_camera(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.move(black_video(tmp_path / 'v.avi', 2), tmp_path / '0.avi')
    monkeypatch.chdir(tmp_path)
    assert len(shots('0.avi')) == 2


def test_a_bag_of_images_gives_them_with_their_stamps(image_bag: Path) -> None:
    source = open_any(str(image_bag))
    assert source.n_images == 72
    found = list(source.shots())
    assert {shot.rgb.shape for shot in found} == {(180, 320, 3)}
    assert [shot.stamp_ns for shot in found] == sorted(shot.stamp_ns for shot in found)


def test_a_recording_gives_faces_by_path_and_by_name() -> None:
    by_name, by_path = shots('sad_to_happy'), shots(find_recording('sad_to_happy'))
    assert len(by_name) == len(by_path) == 236
    assert all(shot.rgb is None and len(shot.frame.faces) == 1 for shot in by_name)
    assert by_name[0].stamp_ns == by_path[0].frame.stamp_ns == 1_000_000_000


@pytest.mark.parametrize(
    ('make', 'sentence'),
    [
        (lambda folder: folder / 'nothing', 'there is no picture, folder, video, camera or bag '),
        (lambda folder: 'no_such_recording', "there is no picture, folder, video, camera or bag 'no_such_recording'"),
        (lambda folder: folder, 'no pictures in '),
    ],
)
def test_what_is_not_there_is_refused(make: Callable[[Path], Path | str], sentence: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=sentence):
        open_any(str(make(tmp_path)))


def test_a_file_that_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'notes.mp4').write_text('no video')
    with pytest.raises(SourceError, match='OpenCV cannot open video file'):
        open_any(str(tmp_path / 'notes.mp4'))


def test_a_topic_is_for_bags(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match='--topic is for bags'):
        open_any(str(picture(tmp_path / 'a.png')), '/image')
