"""What is seen, drawn into the image it was seen in: for people who look for a mistake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from blendfer_ros.classification.quality import GOOD
from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.emotions import EMOTION_CLASSES
from blendfer_ros.core.face import Face, FaceFrame
from blendfer_ros.core.image_types import RgbImage

# Red, green, blue of each emotion, whose name is written as well.
COLOURS: Final = {emotion.name: emotion.rgb for emotion in EMOTION_CLASSES}
NO_EMOTION_COLOUR: Final = (170, 170, 170)
SHADOW: Final = (0, 0, 0)

N_BLENDSHAPES: Final = 3
# Of the image's height.
TEXT_SHARE: Final = 0.04
# Of the height of OpenCV's simplex letters at scale 1 [px].
LETTER_PX: Final = 30.0


@dataclass(frozen=True)
class Label:
    """What is written at one face.

    emotion: decides the colour. text: it with its confidence, or why there is none. confidence: 0..1.
    """

    emotion: str
    text: str
    confidence: float

    @classmethod
    def of(cls, emotion: str, quality: str, confidence: float) -> Label:
        """What is written of an estimate; its fields as in `Emotion.msg`."""
        if quality != GOOD:
            return cls(emotion, quality.replace('_', ' '), 0.0)
        return cls(emotion, f'{emotion} {100 * confidence:.0f} %', confidence)


def annotate(rgb: RgbImage, frame: FaceFrame, labels: Mapping[str, Label]) -> RgbImage:
    """A copy of an image with box, id, emotion, a bar of its confidence and the highest blendshapes of each face.

    Args:
        rgb: (height, width, 3) uint8.
        frame: the faces in it.
        labels: by face id; a face without one is drawn without emotion.
    """
    image = rgb.copy()
    for face in frame.faces:
        _draw(image, face, labels.get(face.face_id, Label('', '', 0.0)))
    return image


def _draw(image: RgbImage, face: Face, label: Label) -> None:
    height_px, width_px = image.shape[:2]
    line_px = max(10, round(TEXT_SHARE * height_px))
    thickness = max(1, round(line_px / 12))
    colour = COLOURS.get(label.emotion, NO_EMOTION_COLOUR)
    left, right = round(face.region.x_min * width_px), round(face.region.x_max * width_px)
    top, bottom = round(face.region.y_min * height_px), round(face.region.y_max * height_px)
    cv2.rectangle(image, (left, top), (right, bottom), colour, thickness)
    write(image, f'{face.face_id} {label.text}', (left, max(line_px, top - line_px // 3)), line_px, colour)
    bar_right = left + round((right - left) * label.confidence)
    cv2.rectangle(image, (left, bottom - line_px // 2), (bar_right, bottom), colour, -1)
    for i, score in enumerate(np.argsort(-face.blendshapes)[:N_BLENDSHAPES]):
        text = f'{face.blendshapes[score]:.2f} {BLENDSHAPE_NAMES[score]}'
        # Inside the box, for below it the image may end.
        write(image, text, (left + line_px // 3, top + (i + 1) * line_px), line_px * 3 // 4, colour)


def write(image: RgbImage, text: str, at: tuple[int, int], line_px: int, colour: tuple[int, int, int]) -> None:
    """Write a line of text, readable on any ground, into an image.

    Args:
        image: (height, width, 3) uint8, is written into.
        text: ASCII.
        at: where it begins, left and bottom [px].
        line_px: height of a line [px].
        colour: red, green, blue.
    """
    scale = line_px / LETTER_PX
    for ink, thickness in ((SHADOW, 3), (colour, 1)):
        cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, ink, thickness, cv2.LINE_AA)
