"""A window shows images for as long as they last, and is closed by a key; where there is no display it says so."""

from __future__ import annotations

import os
import time

import numpy as np
import pytest

from blendfer_ros.core.errors import DependencyError
from blendfer_ros.pages.window import Window

IMAGE = np.full((48, 64, 3), 90, np.uint8)
needs_display = pytest.mark.skipif(not os.environ.get('DISPLAY'), reason='needs a display')


@needs_display
def test_an_image_is_shown_for_as_long_as_it_lasts() -> None:
    window = Window('test')
    began_s = time.monotonic()
    window.show(IMAGE, for_s=0.3)
    assert 0.3 <= time.monotonic() - began_s < 5.0
    assert window.is_open
    window.close()


@needs_display
def test_escape_closes_it_and_nothing_waits_any_longer() -> None:
    window = Window('test')
    window.show(IMAGE)
    window._root.focus_force()
    window._root.after(50, lambda: window._root.event_generate('<Escape>'))
    window.wait()
    assert not window.is_open
    window.show(IMAGE, for_s=60.0)
    window.close()


def test_without_a_display_it_says_what_to_use(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip('tkinter', reason='needs Tk: apt install python3-tk')
    monkeypatch.delenv('DISPLAY', raising=False)
    with pytest.raises(DependencyError, match='there is no display for a window: use --out'):
        Window('test')
