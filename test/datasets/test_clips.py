"""Clips become the faces of their frames, each clip as if it were the only one, and none a second time."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from support.videos import black_video

from blendfer_ros.core.errors import BlendferError, SourceError
from blendfer_ros.core.face import FaceFrame
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.datasets import clips as clips_module
from blendfer_ros.datasets.clips import ClipFrames, due_frames, load_clips, perceive_clip
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
    frames = list(due_frames(Counted(rate_hz), fps))
    assert len(frames) == round(1.5 * rate_hz)
    kept = [i for i, rgb in enumerate(frames) if rgb is not None]
    assert kept == [int(rgb[0, 0, 0]) for rgb in frames if rgb is not None]
    return kept


@pytest.fixture
def smile(clips: Path) -> Path:
    """2.4 s of a woman who begins to smile."""
    return clips / 'neutral_to_happy.mp4'


def same(first: ClipFrames, second: ClipFrames) -> bool:
    def numbers(frame: FaceFrame) -> list[object]:
        return [(f.face_id, f.pose, f.region, f.blendshapes.tobytes(), f.geometry.tobytes()) for f in frame.faces]

    return first.duration_s == second.duration_s and [
        (frame.stamp_ns, frame.width_px, frame.height_px, numbers(frame)) for frame in first.frames
    ] == [(frame.stamp_ns, frame.width_px, frame.height_px, numbers(frame)) for frame in second.frames]


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


def test_every_frame_of_a_clip_has_its_time_its_size_and_its_face(smile: Path, bundle: Path) -> None:
    clip = perceive_clip(smile, bundle)
    assert clip.duration_s == N_FRAMES / RATE_HZ
    assert [frame.stamp_ns / 1e9 for frame in clip.frames] == pytest.approx(np.arange(N_FRAMES) / RATE_HZ, abs=1e-9)
    assert {(frame.width_px, frame.height_px, len(frame.faces)) for frame in clip.frames} == {(640, 360, 1)}


def test_with_fewer_frames_a_second_those_that_are_left_keep_their_times(smile: Path, bundle: Path) -> None:
    clip = perceive_clip(smile, bundle, fps=10.0)
    assert clip.duration_s == N_FRAMES / RATE_HZ
    assert [frame.stamp_ns / 1e9 for frame in clip.frames] == pytest.approx(np.arange(N_FRAMES / 3) / 10.0, abs=1e-9)


def test_a_clip_is_seen_alike_alone_after_another_beside_another_and_from_the_cache(
    smile: Path, bundle: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    again = shutil.copy(smile, tmp_path / 'again.mp4')
    alone = perceive_clip(smile, bundle, fps=10.0)
    for workers in (1, 2):
        loaded = load_clips([smile, again], bundle, 10.0, workers, cache=tmp_path / f'cache{workers}')
        assert all(same(clip, alone) for clip in loaded)
    assert 'FaceLandmarker' in capfd.readouterr().err
    assert all(same(clip, alone) for clip in load_clips([smile, again], bundle, 10.0, cache=tmp_path / 'cache2'))
    assert 'FaceLandmarker' not in capfd.readouterr().err


def test_a_changed_clip_and_another_rate_are_looked_at_again(bundle: Path, tmp_path: Path) -> None:
    path = black_video(tmp_path / 'black.avi', n_frames=4)
    cache = tmp_path / 'cache'

    def n_frames(fps: float | None = None) -> int:
        (clip,) = load_clips([path], bundle, fps, 1, cache)
        return len(clip.frames)

    assert (n_frames(), n_frames(5.0)) == (4, 2)
    assert len(list(cache.iterdir())) == 2
    os.utime(path, ns=(1, 1))
    assert n_frames() == 4
    assert len(list(cache.iterdir())) == 3
    black_video(path, n_frames=6)
    assert n_frames() == 6


def test_clips_seen_before_an_interruption_are_kept(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [black_video(tmp_path / f'{name}.avi', n_frames=2) for name in 'ab']
    cache = tmp_path / 'cache'
    written = clips_module.write_arrays

    def interrupted(path: Path, arrays: object) -> None:
        if list(cache.glob('*.npz')):
            raise KeyboardInterrupt
        written(path, arrays)

    with monkeypatch.context() as patch:
        patch.setattr(clips_module, 'write_arrays', interrupted)
        with pytest.raises(KeyboardInterrupt):
            load_clips(paths, bundle, workers=1, cache=cache)
    (kept,) = cache.iterdir()
    kept_at_ns = kept.stat().st_mtime_ns
    assert [len(clip.frames) for clip in load_clips(paths, bundle, workers=1, cache=cache)] == [2, 2]
    assert kept.stat().st_mtime_ns == kept_at_ns


def test_a_full_disk_is_named_and_leaves_nothing(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, **arrays: np.ndarray) -> None:
        path.write_bytes(b'half')
        raise OSError(28, 'No space left on device')

    path = black_video(tmp_path / 'black.avi', n_frames=2)
    monkeypatch.setattr(np, 'savez', full)
    with pytest.raises(BlendferError, match=r'cannot write .*\.npz: No space left on device'):
        load_clips([path], bundle, workers=1, cache=tmp_path / 'cache')
    assert not list((tmp_path / 'cache').iterdir())


def test_a_file_called_0_is_not_the_first_camera(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    black_video(tmp_path / 'black.avi', n_frames=3).rename(tmp_path / '0')
    monkeypatch.chdir(tmp_path)
    clip = perceive_clip(Path('0'), bundle)
    assert [frame.faces for frame in clip.frames] == [(), (), ()]


def test_an_unreadable_video_is_named(smile: Path, bundle: Path, tmp_path: Path) -> None:
    broken = tmp_path / 'broken.mp4'
    broken.write_bytes(smile.read_bytes()[:1000])
    with pytest.raises(SourceError, match=f"OpenCV cannot open video file '{broken}'"):
        load_clips([smile, broken], bundle, cache=tmp_path / 'cache')


def test_a_video_that_is_not_there_is_named(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=f'there is no video file {tmp_path}/gone.mp4'):
        load_clips([tmp_path / 'gone.mp4'], bundle, cache=tmp_path)


def test_a_video_without_pictures_is_named(bundle: Path, tmp_path: Path) -> None:
    path = black_video(tmp_path / 'empty.avi', n_frames=0)
    with pytest.raises(SourceError, match=f'OpenCV finds no picture in {path}'):
        perceive_clip(path, bundle)
