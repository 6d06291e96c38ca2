"""What native libraries write to stderr, with the lines left out that say nothing about what goes on."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# MediaPipe and TensorFlow Lite say these each time they load a model, whatever log level they are given.
KNOWN_LINES: Final = re.compile(
    rb'WARNING: (All log messages before absl::InitializeLog|Logging before InitGoogle)\(\).* written to STDERR'
    rb'|INFO: Created TensorFlow Lite XNNPACK delegate for CPU'
    rb'|face_landmarker_graph\.cc:\d+\] Sets FaceBlendshapesGraph acceleration to xnnpack'
    rb'|inference_feedback_manager\.cc:\d+\] Feedback manager requires a model with a single signature inference'
    rb'|gl_context(_egl)?\.cc:\d+\] (GL version|Successfully initialized EGL)'
)
STDERR: Final = 2
# Longer than passing the last lines on takes; for ever, were a process started meanwhile that inherits stderr.
END_TIMEOUT_S: Final = 1.0

_one_at_a_time = threading.Lock()


@contextmanager
def without_known_lines() -> Iterator[None]:
    """Within it, KNOWN_LINES do not reach stderr; every other line does, whoever writes it."""
    with _one_at_a_time:
        sys.stderr.flush()
        original = os.dup(STDERR)
        outlet, inlet = os.pipe()
        os.dup2(inlet, STDERR)
        os.close(inlet)
        reader = threading.Thread(target=_pass_on, args=(outlet, os.dup(original)), daemon=True)
        reader.start()
        try:
            yield
        finally:
            sys.stderr.flush()
            # Closes the last inlet, which ends the reader.
            os.dup2(original, STDERR)
            os.close(original)
            reader.join(END_TIMEOUT_S)


def _pass_on(outlet: int, target: int) -> None:
    with os.fdopen(outlet, 'rb') as lines, os.fdopen(target, 'wb', buffering=0) as stderr:
        for line in lines:
            if not KNOWN_LINES.search(line):
                stderr.write(line)
