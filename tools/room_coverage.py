"""Print the branch coverage of each room: room_coverage.py COVERAGE_JSON.

Fails where a room is below its floor, and names the files of that room which lack most.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

PACKAGE: Final = 'blendfer_ros'
FLOOR_PERCENT: Final = 90.0
# Much of a node is what it does when others fail, and a process that is killed writes nothing down.
FLOORS_PERCENT: Final = {'nodes': 80.0}
FILES_NAMED: Final = 5


@dataclass(frozen=True)
class FileCoverage:
    """What was run of one file, as coverage counts it: statements, and branches that leave one."""

    path: str
    possible: int
    run: int

    @property
    def missing(self) -> int:
        """How many of `possible` were not run."""
        return self.possible - self.run

    @property
    def room(self) -> str:
        """The folder below the package; the package's own name for files that are in none."""
        parts = Path(self.path).parts
        below = parts[parts.index(PACKAGE) + 1 :]
        return below[0] if len(below) > 1 else PACKAGE


def main() -> int:
    """Print the table; 1 where a room is below its floor."""
    report = json.loads(Path(sys.argv[1]).read_text(encoding='utf-8'))
    rooms: dict[str, list[FileCoverage]] = defaultdict(list)
    for path, content in report['files'].items():
        file = _file_coverage(path, content['summary'])
        if file.possible:
            rooms[file.room].append(file)
    print(f'{"room":<16} {"lines and branches":>18} {"missing":>8} {"run":>7} {"floor":>7}')
    failed = [room for room, files in sorted(rooms.items()) if not _print_room(room, files)]
    for room in failed:
        print(f'\n{room} is below its floor; most is missing in')
        for file in sorted(rooms[room], key=lambda file: -file.missing)[:FILES_NAMED]:
            print(f'  {file.path}: {file.missing} of {file.possible}')
    return bool(failed)


def _file_coverage(path: str, summary: dict[str, Any]) -> FileCoverage:
    possible = summary['num_statements'] + summary['num_branches']
    return FileCoverage(path, possible, summary['covered_lines'] + summary['covered_branches'])


def _print_room(room: str, files: list[FileCoverage]) -> bool:
    """One line; whether the room reaches its floor."""
    possible = sum(file.possible for file in files)
    run_percent = 100.0 * sum(file.run for file in files) / possible
    floor_percent = FLOORS_PERCENT.get(room, FLOOR_PERCENT)
    missing = sum(file.missing for file in files)
    print(f'{room:<16} {possible:>18} {missing:>8} {run_percent:>6.1f}% {floor_percent:>6.0f}%')
    return run_percent >= floor_percent


if __name__ == '__main__':
    sys.exit(main())
