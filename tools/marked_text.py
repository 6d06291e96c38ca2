"""Places in documents that commands write: what `make NAME` finds stands between two markers."""

from __future__ import annotations

from pathlib import Path
from typing import Final

BEGIN: Final = '<!-- {name}: written by make {name} -->'
END: Final = '<!-- end of {name} -->'


def replace_between(document: Path, name: str, text: str) -> None:
    """Put a text between two markers of a document; raises ValueError where it has none."""
    begin, end = BEGIN.format(name=name), END.format(name=name)
    before, found, rest = document.read_text().partition(begin)
    _, found_end, after = rest.partition(end)
    if not found or not found_end:
        raise ValueError(f'{document} has no place for it between {begin} and {end}')
    document.write_text(f'{before}{begin}\n{text}\n{end}{after}')
