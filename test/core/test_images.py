"""Picture files become pixels, or are named."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from blendfer_ros.core.errors import FrameError
from blendfer_ros.core.images import grey_to_rgb, read_picture


def test_pixels_are_read_in_the_order_red_green_blue(tmp_path: Path) -> None:
    path = tmp_path / 'red.png'
    cv2.imwrite(str(path), np.full((4, 4, 3), (0, 0, 255), np.uint8))
    np.testing.assert_array_equal(read_picture(path)[0, 0], [255, 0, 0])


def test_a_grey_picture_is_as_grey_in_every_colour() -> None:
    grey = np.arange(6, dtype=np.uint8).reshape(2, 3)
    rgb = grey_to_rgb(grey)
    assert rgb.shape == (2, 3, 3)
    assert all((rgb[..., i] == grey).all() for i in range(3))


@pytest.mark.parametrize('content', [b'', b'broken', b'\xff\xd8\xff\xe0'])
def test_a_file_that_is_no_picture_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / 'broken.jpg'
    path.write_bytes(content)
    with pytest.raises(FrameError, match=f'{path} is not a picture'):
        read_picture(path)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(FrameError, match=r'nobody\.jpg cannot be read: No such file'):
        read_picture(tmp_path / 'nobody.jpg')
