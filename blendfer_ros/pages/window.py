"""A window for images. By Tk, as the OpenCV that robots and servers have is one without windows."""

from __future__ import annotations

import math
import time
from typing import Final

from blendfer_ros.core.errors import DependencyError
from blendfer_ros.core.image_types import RgbImage

CLOSING_KEYS: Final = ('<Escape>', 'q')
# How often it listens to keys and mouse while an image stands still [s].
POLL_S: Final = 0.01
INSTEAD: Final = 'use --out FILE.mp4 (or .gif, .png, a folder) or --json -'


class Window:
    """Shows one image at a time, until it is closed by its frame, Escape or q."""

    def __init__(self, title: str) -> None:
        """Open it.

        Raises:
            DependencyError: there is no display, or no Tk; says what to do instead.
        """
        try:
            import tkinter
        except ImportError as error:
            raise DependencyError(f'a window needs Tk: apt install python3-tk, or {INSTEAD}') from error
        try:
            self._root = tkinter.Tk()
        except tkinter.TclError as error:
            raise DependencyError(f'there is no display for a window: {INSTEAD}') from error
        self._root.title(title)
        self._new_picture = tkinter.PhotoImage
        self._label = tkinter.Label(self._root, borderwidth=0)
        self._label.pack()
        self.is_open = True
        self._root.protocol('WM_DELETE_WINDOW', self._on_close)
        for key in CLOSING_KEYS:
            self._root.bind(key, lambda _event: self._on_close())

    def show(self, rgb: RgbImage, for_s: float = 0.0) -> None:
        """Show an image, and answer to the mouse and keys for so long [s].

        Args:
            rgb: (height, width, 3) uint8.
            for_s: until when it returns, unless the window is closed before.
        """
        height_px, width_px = rgb.shape[:2]
        ppm = b'P6 %d %d 255 ' % (width_px, height_px) + rgb.tobytes()
        # Kept, for Tk does not.
        self._picture = self._new_picture(data=ppm, format='PPM')
        self._label.configure(image=self._picture)
        self._wait(for_s)

    def wait(self) -> None:
        """Go on showing the last image until the window is closed."""
        self._wait(math.inf)

    def close(self) -> None:
        """Take it away."""
        self._root.destroy()

    def _wait(self, for_s: float) -> None:
        end_s = time.monotonic() + for_s
        self._root.update()
        while self.is_open and (left_s := end_s - time.monotonic()) > 0.0:
            # In Python and not in Tk, whose own loop keeps Ctrl-C to itself.
            time.sleep(min(left_s, POLL_S))
            self._root.update()

    def _on_close(self) -> None:
        self.is_open = False
