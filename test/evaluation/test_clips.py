"""Clips are answered frame by frame, each as if it were the only one."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from blendfer_ros.core.answers import Segment
from blendfer_ros.core.assets import find_model
from blendfer_ros.core.errors import DatasetError, SourceError
from blendfer_ros.core.images import RgbImage
from blendfer_ros.datasets.segments import LabelledClip
from blendfer_ros.evaluation.streams.clip_answers import Asked, _frames, answer_clip, answer_clips
from blendfer_ros.perception.video import VideoSource

N_FRAMES = 72
RATE_HZ = 30.0


class Counted(VideoSource):
    """A second and a half of frames, the i-th of which is i grey."""

    is_live = False

    def __init__(self, rate_hz: float) -> None:
        self.rate_hz = rate_hz
        self._left = list(range(round(1.5 * rate_hz)))

    def read(self) -> RgbImage | None:
        return np.full((1, 1, 3), self._left.pop(0), np.uint8) if self._left else None

    def skip(self) -> bool:
        return self.read() is not None

    def rewind(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


def looked_at(rate_hz: float, fps: float | None) -> list[int]:
    frames = list(_frames(Counted(rate_hz), fps))
    assert len(frames) == round(1.5 * rate_hz)
    kept = [i for i, rgb in enumerate(frames) if rgb is not None]
    assert kept == [int(rgb[0, 0, 0]) for rgb in frames if rgb is not None]
    return kept


@pytest.fixture
def smile(clips: Path) -> LabelledClip:
    """2.4 s of a woman who begins to smile."""
    segments = (Segment(0.0, 0.5, 'unknown'), Segment(1.5, 99.0, 'happy'))
    return LabelledClip('smile.mp4', clips / 'neutral_to_happy.mp4', segments)


@pytest.fixture(scope='module')
def asked(bundle: Path) -> Asked:
    return Asked(find_model(), bundle)


@pytest.mark.parametrize(('rate_hz', 'fps'), [(30.0, None), (30.0, 30.0), (24000 / 1001, 24000 / 1001), (30.0, 1e6)])
def test_every_frame_is_looked_at_unless_fewer_are_asked_for(rate_hz: float, fps: float | None) -> None:
    assert looked_at(rate_hz, fps) == list(range(round(1.5 * rate_hz)))


@pytest.mark.parametrize(
    ('rate_hz', 'fps', 'kept'),
    [
        (30.0, 10.0, list(range(0, 45, 3))),
        # Due at 0, 0.4, 0.8 and 1.2 s.
        (10.0, 2.5, [0, 4, 8, 12]),
        # Due at 0, 0.33, 0.67, 1 and 1.33 s, of frames every 0.1 s.
        (10.0, 3.0, [0, 4, 7, 10, 14]),
        (30.0, 0.1, [0]),
    ],
)
def test_the_first_frame_that_is_due_is_looked_at(rate_hz: float, fps: float, kept: list[int]) -> None:
    assert looked_at(rate_hz, fps) == kept


def test_every_frame_of_a_clip_is_answered_at_its_time(smile: LabelledClip, asked: Asked) -> None:
    answered = answer_clip(smile, asked)
    assert (answered.name, answered.segments) == (smile.name, smile.segments)
    assert answered.duration_s == N_FRAMES / RATE_HZ
    assert [answer.stamp_s for answer in answered.answers] == pytest.approx(np.arange(N_FRAMES) / RATE_HZ, abs=1e-9)
    assert answered.answers[0].said == 'unknown'
    assert answered.answers[60].said == 'happy'
    assert all(sum(answer.probabilities) == pytest.approx(1.0, abs=1e-4) for answer in answered.answers)
    assert answered.raw is None


def test_raw_answers_are_of_the_same_frames_and_sooner(smile: LabelledClip, bundle: Path) -> None:
    answered = answer_clip(smile, Asked(find_model(), bundle, fps=15.0, raw=True))
    assert answered.raw is not None
    stamps_s = [answer.stamp_s for answer in answered.answers]
    assert stamps_s == [answer.stamp_s for answer in answered.raw]
    assert len(stamps_s) == N_FRAMES / 2
    first_smooth, first_raw = (
        next(answer.stamp_s for answer in answers if answer.said == 'happy')
        for answers in (answered.answers, answered.raw)
    )
    assert first_raw < first_smooth


def test_a_clip_is_answered_alike_alone_after_another_and_beside_another(
    smile: LabelledClip, asked: Asked, tmp_path: Path
) -> None:
    again = LabelledClip('again.mp4', shutil.copy(smile.path, tmp_path / 'again.mp4'), smile.segments)
    alone = answer_clip(smile, asked).answers
    for workers in (1, 2):
        first, second = answer_clips([smile, again], asked, workers)
        assert (first.name, second.name) == ('smile.mp4', 'again.mp4')
        assert first.answers == second.answers == alone


def test_what_is_raised_before_a_frame_ends_the_work(smile: LabelledClip, asked: Asked) -> None:
    go_on = iter([None, None])
    with pytest.raises(StopIteration):
        answer_clip(smile, asked, go_on.__next__)


def test_a_clip_in_which_nobody_is_has_no_face(asked: Asked, tmp_path: Path) -> None:
    path = black_video(tmp_path / 'black.avi', n_frames=3)
    answered = answer_clip(LabelledClip('black.avi', path, (Segment(0.0, 1.0, 'no_face'),)), asked)
    assert [(answer.stamp_s, answer.said) for answer in answered.answers] == [
        (0.0, 'no_face'),
        (0.1, 'no_face'),
        (0.2, 'no_face'),
    ]


def test_a_file_called_0_is_not_the_first_camera(asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    black_video(tmp_path / 'black.avi', n_frames=3).rename(tmp_path / '0')
    monkeypatch.chdir(tmp_path)
    answered = answer_clip(LabelledClip('0', Path('0'), (Segment(0.0, 1.0, 'no_face'),)), asked)
    assert len(answered.answers) == 3


def test_an_unreadable_video_is_named(smile: LabelledClip, asked: Asked, tmp_path: Path) -> None:
    broken = tmp_path / 'broken.mp4'
    broken.write_bytes(smile.path.read_bytes()[:1000])
    with pytest.raises(SourceError, match=f"OpenCV cannot open video file '{broken}'"):
        answer_clips([smile, LabelledClip('broken.mp4', broken, smile.segments)], asked)


def test_a_video_without_pictures_is_named(asked: Asked, tmp_path: Path) -> None:
    path = black_video(tmp_path / 'empty.avi', n_frames=0)
    with pytest.raises(SourceError, match=f'OpenCV finds no picture in {path}'):
        answer_clip(LabelledClip('empty.avi', path, (Segment(0.0, 1.0, 'no_face'),)), asked)


def test_a_segment_that_begins_after_the_clip_has_ended_is_named(asked: Asked, tmp_path: Path) -> None:
    path = black_video(tmp_path / 'black.avi', n_frames=3)
    labelled = LabelledClip('black.avi', path, (Segment(0.3, 1.0, 'sad', 'labels.csv line 2'),))
    with pytest.raises(DatasetError) as error:
        answer_clip(labelled, asked)
    assert str(error.value) == f'labels.csv line 2: start_s is 0.3, but {path} ends after 0.30 s'


def black_video(path: Path, n_frames: int) -> Path:
    """Ten frames a second."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'MJPG'), 10.0, (64, 48))
    for _ in range(n_frames):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    return path
