"""The emotions: one table that models, messages, label readers and drawings all follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HAPPY: Final = 'happy'
UNKNOWN: Final = 'unknown'
SAD: Final = 'sad'


@dataclass(frozen=True)
class EmotionClass:
    """One row of the table.

    name: as in messages, model cards and JSON.
    synonyms: what else people call it in the names of their folders and the labels of their tables.
    colour: hexadecimal RGB, readable on light and on dark ground.
    line_style: of its curve, as matplotlib names it, so that curves differ for those who see few colours.
    """

    name: str
    synonyms: frozenset[str]
    colour: str
    line_style: str

    @property
    def rgb(self) -> tuple[int, int, int]:
        """The colour as red, green, blue, each 0..255."""
        red, green, blue = bytes.fromhex(self.colour.removeprefix('#'))
        return red, green, blue


# In the class order of the BlendFER-Lite paper's confusion matrix: 0 happy, 1 unknown, 2 sad.
EMOTION_CLASSES: Final = (
    EmotionClass(HAPPY, frozenset({'happiness', 'joy'}), '#b7791f', '-'),
    EmotionClass(
        UNKNOWN,
        frozenset(
            {
                'neutral',
                'other',
                'angry',
                'anger',
                'disgust',
                'disgusted',
                'fear',
                'fearful',
                'surprise',
                'surprised',
                'contempt',
            }
        ),
        '#71717a',
        ':',
    ),
    EmotionClass(SAD, frozenset({'sadness'}), '#3b6fb6', '--'),
)

EMOTIONS: Final[tuple[str, ...]] = tuple(each.name for each in EMOTION_CLASSES)
UNKNOWN_INDEX: Final = EMOTIONS.index(UNKNOWN)

_EMOTION_OF: Final = {name: each.name for each in EMOTION_CLASSES for name in (each.name, *each.synonyms)}
LABEL_NAMES: Final = tuple(sorted(_EMOTION_OF))


def emotion_of_label(name: str) -> str | None:
    """The emotion a label means; None for one that is not in LABEL_NAMES, which may be a slip."""
    return _EMOTION_OF.get(name.strip().casefold())


def emotion_of_folder(name: str) -> str:
    """The emotion a folder's pictures count as: unknown for every name that is not in LABEL_NAMES."""
    return emotion_of_label(name) or UNKNOWN
