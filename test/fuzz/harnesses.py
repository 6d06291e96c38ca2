"""Every entry by which bytes of others come into this package."""

from __future__ import annotations

from typing import Final

from fuzz import bags, dialogue, files, messages, models, pictures
from fuzz.harness import Harness

HARNESSES: Final[dict[str, Harness]] = {
    harness.name: harness for room in (pictures, messages, models, bags, files, dialogue) for harness in room.HARNESSES
}
