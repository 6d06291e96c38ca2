"""Point the CMake files of the ROS 2 wheels at this Python.

They name the headers of the Python and NumPy they were built with, at paths that exist only on
the wheels' build machine, and CMake refuses include folders that do not exist.
"""

from __future__ import annotations

import re
import sys
import sysconfig
from pathlib import Path

import numpy

REPLACEMENTS = (
    (re.compile(r'/opt/python/[^;"]*/numpy/_core/include'), numpy.get_include()),
    (re.compile(r'/opt/python/[^;"]*/include/python3\.\d+'), sysconfig.get_paths()['include']),
)


def main() -> None:
    """Rewrite every CMake file below this environment's `share/` that needs it."""
    for path in Path(sys.prefix, 'share').glob('*/cmake/*.cmake'):
        before = after = path.read_text()
        for pattern, replacement in REPLACEMENTS:
            after = pattern.sub(replacement, after)
        if after != before:
            path.write_text(after)


if __name__ == '__main__':
    main()
