"""Importing MediaPipe without what it takes along."""

from __future__ import annotations

import subprocess
import sys

LOADED = """
import sys
from pathlib import Path
from blendfer_ros.perception.face_landmarker import FaceLandmarker
FaceLandmarker(Path(sys.argv[1])).close()
print(*[name for name in ('tensorflow', 'sounddevice', 'matplotlib', 'matplotlib.pyplot') if name in sys.modules])
from mediapipe.tasks.python.vision import drawing_utils
print(drawing_utils.plt.figure.__name__)
"""


def test_a_landmarker_is_loaded_without_them_and_who_draws_has_matplotlib(bundle: object) -> None:
    process = subprocess.run(
        [sys.executable, '-c', LOADED, str(bundle)], capture_output=True, text=True, timeout=120.0, check=True
    )
    loaded, figure = process.stdout.splitlines()
    assert loaded == ''
    assert figure == 'figure'
