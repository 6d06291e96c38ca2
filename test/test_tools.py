"""The scripts in tools/, run as the Makefile runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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


def test_the_sizes_of_messages_are_those_of_the_wire(clips: Path, bundle: Path) -> None:
    result = run_tool('message_sizes.py', Path('--clip'), clips / 'neutral_to_happy.mp4', Path('--frames'), Path('6'))
    assert result.returncode == 0, result.stderr
    # Pixels, header, sizes and encoding, as `ros2 topic bw` counts them.
    assert '| `Image`, 640x480 rgb8 | 921,652 | 30 | 27.65 | 99.54 |' in result.stdout
    sizes = {
        row.split(' | ')[0]: float(row.split(' | ')[1].replace(',', '')) for row in result.stdout.splitlines()[2:20]
    }
    one, four = (sizes[f'| `BlendshapesArray`, {faces}'] for faces in ('one face', 'four faces'))
    assert 3 * one < four < 4 * one < 10_000


@pytest.fixture
def network_namespaces() -> None:
    """What `ip netns` needs."""
    name = f'blendfer_test_{os.getpid()}'
    try:
        subprocess.run(['ip', 'netns', 'add', name], check=True, capture_output=True)
        subprocess.run(['ip', 'netns', 'del', name], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip('needs root and iproute2, for network namespaces')


@pytest.mark.usefixtures('network_namespaces')
def test_robots_in_one_network_hear_themselves_alone_and_leave_no_network_behind(tmp_path: Path) -> None:
    out = tmp_path / 'out.json'
    words = ['--robots', '2', '--by', 'simple', '--settle', '1', '--steady', '1', '--json', str(out)]
    result = run_tool('fleet_network.py', *map(Path, words))
    assert result.returncode == 0, result.stderr
    (found,) = json.loads(out.read_text())
    assert (found['robots'], found['processes'], found['emotions_of_other_robots']) == (2, 4, 0)
    assert found['start_sent_packets'] > 20
    assert 'blendfer' not in subprocess.run(['ip', 'netns'], check=True, capture_output=True, text=True).stdout
