"""Images written to files: how long they play, and what is left when they are not finished."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from blendfer_ros.core.errors import BlendferError
from blendfer_ros.pages.film import open_film


def grey(level: int, size_px: tuple[int, int] = (64, 48)) -> np.ndarray:
    return np.full((size_px[1], size_px[0], 3), level, np.uint8)


def levels(video: Path) -> list[int]:
    capture = cv2.VideoCapture(str(video))
    found = []
    while (read := capture.read())[0]:
        found.append(int(read[1].mean()))
    return found


def write(path: Path, stamps_s: list[float]) -> None:
    film = open_film(path, 10.0, are_stills=False, n_images=None)
    for i, stamp_s in enumerate(stamps_s):
        film.add(grey(40 * i), stamp_s)
    film.close()
    film.drop()


@pytest.mark.parametrize(
    ('stamps_s', 'n'),
    [
        ([5.0, 5.1, 5.2], 3),
        # One in two is left away of twice as many, and each is shown twice of half as many.
        ([0.0, 0.05, 0.1, 0.15, 0.2], 3),
        ([0.0, 0.2, 0.4], 5),
        # A pause is cut to a second, and a jump back is none.
        ([0.0, 100.0], 11),
        ([9.0, 1.0, 1.1], 2),
    ],
)
def test_a_video_plays_as_fast_as_its_images_were_taken(stamps_s: list[float], n: int, tmp_path: Path) -> None:
    write(tmp_path / 'v.mp4', stamps_s)
    assert len(levels(tmp_path / 'v.mp4')) == n
    assert [path.name for path in tmp_path.iterdir()] == ['v.mp4']


def test_images_of_another_size_are_fitted_in(tmp_path: Path) -> None:
    film = open_film(tmp_path / 'v.mp4', 10.0, are_stills=True, n_images=2)
    film.add(grey(200), 0.0)
    film.add(grey(200, (30, 96)), 0.1)
    film.close()
    first, second = levels(tmp_path / 'v.mp4')
    assert first > 190
    assert second < 80


@pytest.mark.parametrize('name', ['v.mp4', 'v.gif'])
def test_a_film_that_is_dropped_leaves_nothing_and_an_older_one_stays(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b'older')
    film = open_film(tmp_path / name, 10.0, are_stills=False, n_images=None)
    film.add(grey(1), 0.0)
    film.drop()
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b'older'


def test_an_animation_has_an_end_and_says_so(tmp_path: Path) -> None:
    film = open_film(tmp_path / 'v.gif', 10.0, are_stills=False, n_images=None)
    for i in range(400):
        film.add(grey(i % 250), 0.2 * i)
    assert film.close() == 'it has the first 60 s; a .mp4 would have all'


@pytest.mark.parametrize('name', ['x.png', 'x.webm'])
def test_what_a_stream_cannot_become_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BlendferError, match='cannot write'):
        open_film(tmp_path / name, 10.0, are_stills=False, n_images=None)
    assert not list(tmp_path.iterdir())


def test_a_video_that_lacks_images_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the disk fills, of which OpenCV says nothing."""
    film = open_film(tmp_path / 'v.mp4', 10.0, are_stills=False, n_images=None)
    film.add(grey(1), 0.0)
    monkeypatch.setattr(film, '_n', 2)
    with pytest.raises(BlendferError, match=r'v\.mp4: it has 1 of 2 images; is the disk full\?'):
        film.close()
    film.drop()
    assert not list(tmp_path.iterdir())
