"""Videos made on the spot."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np


def black_video(path: Path, n_frames: int) -> Path:
    """Ten frames a second, 64x48."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'MJPG'), 10.0, (64, 48))
    for _ in range(n_frames):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    return path
