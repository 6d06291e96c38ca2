"""The clip that cameras show, decoded once."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from faults.fault import CannotTry

from blendfer_ros.core.assets import find_asset
from blendfer_ros.perception.video import open_source

CLIP: Final = 'data/clips/woman_sad_to_happy.mp4'
SIZE_PX: Final = (640, 480)
# Of 20 s at 24 images a second: sad at first, happy from the middle on, in 6 s at 20 images a second.
EVERY: Final = 4


def decode_clip(folder: Path) -> Path:
    """An array (n, 480, 640, 3) of BGR frames as a file; raises CannotTry where there is no clip."""
    clip = find_asset(CLIP)
    if clip is None:
        raise CannotTry(f'there is no {CLIP} below $BLENDFER_ASSETS')
    video = open_source(str(clip))
    frames = []
    while (bgr := video.read()) is not None:
        frames.append(cv2.resize(bgr, SIZE_PX))
    video.close()
    path = folder / 'frames.npy'
    np.save(path, np.stack(frames[::EVERY]))
    return path
