"""A reading as an image: what the node draws on `annotated`, and below it the last seconds."""

from __future__ import annotations

import numpy as np

from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.pages.annotated_image import Label, annotate
from blendfer_ros.pages.drawn_face import FaceDrawing
from blendfer_ros.pages.strip import ProbabilityStrip
from blendfer_ros.reading.reading import Reading


class ReadingView:
    """Draws the readings of one source in order; stills without the strip of the seconds before."""

    def __init__(self, *, are_stills: bool = False) -> None:
        self._strip = None if are_stills else ProbabilityStrip()
        self._drawing = FaceDrawing()

    def draw(self, reading: Reading) -> RgbImage:
        """The next reading.

        Returns:
            (height, width, 3) uint8: the image, or for a recording of numbers what they look like, and the strip.
        """
        rgb = self._drawing.draw(reading.frame) if reading.rgb is None else reading.rgb
        labels = {face.face_id: Label.of(face.emotion, face.quality, face.confidence) for face in reading.faces}
        image = annotate(rgb, reading.frame, labels)
        if self._strip is None:
            return image
        self._strip.add(reading.stamp_s, reading.primary)
        height_px, width_px = image.shape[:2]
        return np.vstack([image, self._strip.draw(width_px, height_px)])
