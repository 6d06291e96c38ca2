"""Lines of native code that say nothing are left out; all others arrive."""

from __future__ import annotations

import contextlib
import os
import re

import pytest

from blendfer_ros.core.native_log import without_known_lines

NOISE = (
    'WARNING: Logging before InitGoogle() is written to STDERR\n'
    'WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n'
    'W0000 00:00:1795257310.795520   24091 face_landmarker_graph.cc:181] Sets FaceBlendshapesGraph acceleration to '
    'xnnpack by default.\n'
    'INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n'
)


def test_known_lines_are_left_out_and_the_others_keep_their_order(capfd: pytest.CaptureFixture[str]) -> None:
    with without_known_lines():
        for line in (NOISE, 'E0000 calculator_graph.cc:5] a graph has failed\n', NOISE, 'and so has this\n'):
            os.write(2, line.encode())
    os.write(2, b'INFO: Created TensorFlow Lite XNNPACK delegate for CPU, later\n')
    said = capfd.readouterr().err.splitlines()
    assert said[:2] == ['E0000 calculator_graph.cc:5] a graph has failed', 'and so has this']
    assert re.search('XNNPACK delegate for CPU, later', said[2])


def test_stderr_is_there_again_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    os.write(2, b'half')
    with contextlib.suppress(ValueError), without_known_lines():
        os.write(2, b' a line')
        raise ValueError
    os.write(2, b' and the rest\n')
    assert capfd.readouterr().err == 'half a line and the rest\n'
