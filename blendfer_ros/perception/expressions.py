"""What pixels say of a face's expression: a small CNN over its crop, as numbers that identify nobody."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from blendfer_ros.core.errors import ModelError, cause, check_name, shown
from blendfer_ros.core.expressions import EXPRESSION_NAMES
from blendfer_ros.core.face import Face, FloatArray
from blendfer_ros.core.files import read_json, write_text
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.core.tflite import TfliteFile
from blendfer_ros.perception.crops import (
    CROP_SIZE_PX,
    Square,
    crop_face,
    square_of_box,
    square_of_landmarks,
    standardised,
)

CARD_FORMAT: Final = 1
# Of the SHA-256 this much says which network it was.
ID_DIGITS: Final = 12


@dataclass(frozen=True, kw_only=True)
class ExpressionCard:
    """The JSON beside the network's file.

    expressions, crop_size_px: what it was made for, held against this version of the package.
    training, metrics: where it comes from and how it did; for people, not for code.
    """

    name: str
    sha256: str
    expressions: tuple[str, ...] = EXPRESSION_NAMES
    crop_size_px: int = CROP_SIZE_PX
    training: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)
    format: int = CARD_FORMAT

    def __post_init__(self) -> None:
        for name, expected in (
            ('format', CARD_FORMAT),
            ('expressions', EXPRESSION_NAMES),
            ('crop_size_px', CROP_SIZE_PX),
        ):
            if getattr(self, name) != expected:
                raise ModelError(f'{name} is {shown(getattr(self, name))}, expected {expected}')
        for name in ('name', 'sha256'):
            check_name(name, getattr(self, name))

    @property
    def model_id(self) -> str:
        """What `Face.expression_model` says of its scores."""
        return f'{self.name}-{self.sha256[:ID_DIGITS]}'

    def write(self, path: Path) -> None:
        """Write the card as JSON, whole or not at all; raises BlendferError when it cannot be written."""
        write_text(path, json.dumps(asdict(self), indent=1) + '\n')


def read_expression_card(path: Path) -> ExpressionCard:
    """Read and check a card; raises ModelError in one sentence that names the file."""
    try:
        content: dict[str, Any] = read_json(path)
        fields: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in content.items()}
        return ExpressionCard(**fields)
    except FileNotFoundError as error:
        raise ModelError(f'model card {path} is missing') from error
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(f'model card {path} cannot be read: {cause(error)}') from error
    except ModelError as error:
        raise ModelError(f'model card {path}: {error}') from error


class ExpressionNetwork:
    """Looks at the crop of each face."""

    def __init__(self, path: Path) -> None:
        """Load `NAME.tflite` by `NAME.json` beside it.

        Raises:
            ModelError: file or card is missing or damaged, or they do not belong together.
        """
        self.card = read_expression_card(path.with_suffix('.json'))
        self._network = TfliteFile(
            path, self.card.sha256, (1, CROP_SIZE_PX, CROP_SIZE_PX, 1), (1, len(EXPRESSION_NAMES))
        )

    def look_at(self, face: Face, rgb: RgbImage) -> Face:
        """The face with its expression scores.

        Args:
            face: its places in the picture; framed by its landmarks, or by its box where it comes without.
            rgb: (height, width, 3) uint8.
        """
        scores = self.scores(rgb, square_of(face, rgb))
        return replace(face, expression_scores=scores, expression_model=self.card.model_id)

    def scores(self, rgb: RgbImage, square: Square) -> FloatArray:
        """(15,) log-probabilities of EXPRESSION_NAMES for what is in the square; each of the two sets sums to 1."""
        return self.of_crop(standardised(crop_face(rgb, square)))

    def of_crop(self, crop: FloatArray) -> FloatArray:
        """The same for a standardised crop (CROP_SIZE_PX, CROP_SIZE_PX)."""
        return np.asarray(self._network.run(crop)[0], np.float32)


def square_of(face: Face, rgb: RgbImage) -> Square:
    """What the network is shown of a face in a picture (height, width, 3)."""
    height_px, width_px = rgb.shape[:2]
    if face.landmarks.size:
        return square_of_landmarks(face.landmarks, width_px, height_px)
    return square_of_box(face.region, width_px, height_px)
