"""MediaPipe reports its use to Google, with no option against it; a process that sees people does not let it."""

from __future__ import annotations

import ctypes
from typing import Final

# Where nobody listens: the discard port of this machine (RFC 863).
NOWHERE: Final = 'http://127.0.0.1:9'


def hold_back_telemetry(proxy: str = NOWHERE) -> None:
    """Have MediaPipe's reports go to `proxy`, and so nowhere.

    Since some release after 0.10.21 its wheels post to https://play.googleapis.com/log for each task
    (google-ai-edge/mediapipe#6291), by a libcurl of their own, which goes by the variable `https_proxy`. It is set for
    native code only: `os.environ`, and with it every download by Python, stays as it is.
    """
    ctypes.CDLL(None).setenv(b'https_proxy', proxy.encode(), 1)
