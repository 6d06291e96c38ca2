"""What people call the three emotions in the names of their folders and the labels of their tables."""

from __future__ import annotations

from typing import Final

from blendfer_ros.contract import HAPPY, SAD, UNKNOWN

_HAPPY_NAMES: Final = frozenset({'happy', 'happiness', 'joy'})
_SAD_NAMES: Final = frozenset({'sad', 'sadness'})
_UNKNOWN_NAMES: Final = frozenset(
    {
        'unknown',
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
)
LABEL_NAMES: Final = tuple(sorted(_HAPPY_NAMES | _SAD_NAMES | _UNKNOWN_NAMES))


def emotion_of_folder(name: str) -> str:
    """The emotion a folder's pictures count as: happy, sad, and unknown for every name that means neither."""
    folded = name.strip().casefold()
    if folded in _HAPPY_NAMES:
        return HAPPY
    return SAD if folded in _SAD_NAMES else UNKNOWN


def emotion_of_label(name: str) -> str | None:
    """The emotion a label means; None for one that is not in LABEL_NAMES, which may be a slip."""
    return emotion_of_folder(name) if name.strip().casefold() in LABEL_NAMES else None
