"""The scripts in tools/, run as the Makefile runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

TOOLS = Path(__file__).parent.parent / 'tools'


def run_tool(name: str, *arguments: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TOOLS / name), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def coverage_report(path: Path, run_of_a_hundred: dict[str, int]) -> Path:
    """As `coverage json` writes it: files of 60 statements and 40 branches."""
    summaries = {
        name: {
            'summary': {
                'num_statements': 60,
                'covered_lines': min(run, 60),
                'num_branches': 40,
                'covered_branches': max(run - 60, 0),
            }
        }
        for name, run in run_of_a_hundred.items()
    }
    path.write_text(json.dumps({'files': summaries}))
    return path


def test_a_room_below_its_floor_fails_and_its_worst_file_is_named(tmp_path: Path) -> None:
    files = {'blendfer_ros/core/face.py': 95, 'blendfer_ros/core/files.py': 84, 'blendfer_ros/nodes/demo.py': 80}
    result = run_tool('room_coverage.py', coverage_report(tmp_path / 'coverage.json', files))
    assert result.returncode == 1, result.stderr
    assert 'core is below its floor; most is missing in\n  blendfer_ros/core/files.py: 16 of 100' in result.stdout
    assert 'nodes is below' not in result.stdout


def test_rooms_at_their_floors_pass(tmp_path: Path) -> None:
    files = {'blendfer_ros/core/face.py': 95, 'blendfer_ros/core/files.py': 85, 'blendfer_ros/nodes/demo.py': 80}
    result = run_tool('room_coverage.py', coverage_report(tmp_path / 'coverage.json', files))
    assert result.returncode == 0, result.stdout
    assert result.stdout.splitlines()[1].split() == ['core', '200', '20', '90.0%', '90%']


def test_a_lock_loses_what_the_other_has_in_the_same_words_and_nothing_else(tmp_path: Path) -> None:
    lock, other = tmp_path / 'dev.lock', tmp_path / 'run.lock'
    other.write_text("# run\na==1 \\\n    --hash=sha256:1\nb==1 ; python_version < '3.11' \\\n    --hash=sha256:2\n")
    lock.write_text('# dev\na==1 \\\n    --hash=sha256:1\nb==1 \\\n    --hash=sha256:2\nc==1 \\\n    --hash=sha256:3\n')
    assert run_tool('drop_locked.py', lock, other).returncode == 0
    assert lock.read_text() == '# dev\nb==1 \\\n    --hash=sha256:2\nc==1 \\\n    --hash=sha256:3\n'
