"""What MediaPipe would report of its use to its maker does not leave the machine."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
from pathlib import Path
import numpy as np
from blendfer_ros.perception import face_landmarker, telemetry
if sys.argv[2]:
    face_landmarker.hold_back_telemetry = lambda: telemetry.hold_back_telemetry(sys.argv[2])
landmarker = face_landmarker.FaceLandmarker(Path(sys.argv[1]))
landmarker.detect(np.zeros((64, 64, 3), np.uint8), 40_000_000)
landmarker.close()
# Until whoever waits for the report closes the input.
sys.stdin.read()
"""
TIMEOUT_S = 60.0


def test_reports_go_where_they_are_led_and_nowhere_else(bundle: Path) -> None:
    with socket.create_server(('127.0.0.1', 0)) as listener:
        listener.settimeout(TIMEOUT_S)
        proxy = f'http://127.0.0.1:{listener.getsockname()[1]}'
        command = [sys.executable, '-c', PROGRAM, str(bundle), proxy]
        with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=Path(__file__).parent) as process:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(TIMEOUT_S)
                asked = connection.recv(4096)
            process.stdin.close()
            assert process.wait(TIMEOUT_S) == 0
    assert asked.startswith(b'CONNECT play.googleapis.com:443')


def test_python_and_its_downloads_see_nothing_of_it(bundle: Path) -> None:
    program = PROGRAM + "import os; print(os.environ.get('https_proxy'))"
    environment = {name: value for name, value in os.environ.items() if name.lower() != 'https_proxy'}
    command = [sys.executable, '-c', program, str(bundle), '']
    done = subprocess.run(
        command, input='', capture_output=True, text=True, check=True, cwd=Path(__file__).parent, env=environment
    )
    assert done.stdout.split() == ['None']
