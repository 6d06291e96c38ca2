"""Drop from a lock file what another lock file pins in the same words: drop_locked.py LOCK OTHER.

Both are installed together, so nothing needs to be pinned twice.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

# A requirement begins at the start of a line, its hashes are indented below it.
ENTRY = re.compile(r'^[^\s#].*\n(?:[ \t]+.*\n)*', re.MULTILINE)


def main() -> None:
    """Rewrite the first file of the command line without the entries of the second."""
    lock, other = map(Path, sys.argv[1:])
    pinned = set(ENTRY.findall(other.read_text()))
    lock.write_text(ENTRY.sub(lambda entry: '' if entry[0] in pinned else entry[0], lock.read_text()))


if __name__ == '__main__':
    main()
