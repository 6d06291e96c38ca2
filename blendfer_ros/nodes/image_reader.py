"""An image message → the faces in it, within a time limit."""

from __future__ import annotations

from dataclasses import replace

from sensor_msgs.msg import CompressedImage, Image

from blendfer_ros.core.errors import FrameError, SkipReason
from blendfer_ros.core.face import FaceFrame
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.stamps import time_to_ns
from blendfer_ros.core.stopwatch import Stopwatch
from blendfer_ros.core.worker import Worker
from blendfer_ros.nodes.image_topic import Decode
from blendfer_ros.perception.decoding import size_of
from blendfer_ros.perception.idle import IdleOptions, IdleWatch
from blendfer_ros.perception.perceiver import Perceiver

Seen = tuple[FaceFrame, RgbImage | None]


class ImageReader:
    """Decodes and perceives in a thread of its own; when that hangs, everything it uses is made anew."""

    def __init__(self, perceiver: Perceiver, time_limit_s: float, idle_options: IdleOptions) -> None:
        """Take over a perceiver, which `close` closes; `time_limit_s` is for one image."""
        self._idle = IdleWatch(idle_options)
        self._perceiver = perceiver
        self._time_limit_s = time_limit_s
        self._worker: Worker[Seen] = Worker('FaceLandmarker')

    def read(
        self, decode: Decode, message: Image | CompressedImage, watch: Stopwatch, *, pixels_wanted: bool = False
    ) -> Seen:
        """The faces in a message, and its pixels; without these where it need not be looked at and they are not wanted.

        Raises:
            FrameError: it cannot be used, or nothing has come of it for `time_limit_s`.
        """
        stamp_ns = time_to_ns(message.header.stamp)
        if not pixels_wanted and (nobody := self._idle.instead_of(stamp_ns)):
            return nobody, None

        def see() -> Seen:
            rgb = decode(message)
            watch.lap('decoded')
            return _in_full_size(self._perceiver.perceive(rgb, stamp_ns, watch), message), rgb

        try:
            seen = self._worker.call(see, self._time_limit_s)
        except FrameError as error:
            if error.reason is SkipReason.HUNG:
                self._perceiver.start_over()
            raise
        self._idle.note(seen[0])
        return seen

    def close(self) -> None:
        """Release everything."""
        self._worker.close()
        self._perceiver.close()


def _in_full_size(frame: FaceFrame, message: Image | CompressedImage) -> FaceFrame:
    """The same of the image as it was before it was reduced; faces are where they are as fractions of it."""
    width_px, height_px = size_of(message) or (frame.width_px, frame.height_px)
    return replace(frame, width_px=width_px, height_px=height_px)
