"""Rooms import one way: the contracts in setup.cfg hold, and would be seen to be broken."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip('importlinter', reason='needs import-linter: pip install import-linter')

ROOT = Path(__file__).parent.parent


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Checks the package in `folder` by the contracts of ours."""
    command = [Path(sys.executable).with_name('lint-imports'), '--no-cache', '--config', ROOT / 'setup.cfg']
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


def test_every_import_points_down() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ('room', 'line', 'contract'),
    [
        ('core', 'from blendfer_ros.perception import geometry', 'Rooms import only what is below them'),
        ('metrics', 'from blendfer_ros.classification import estimator', 'Rooms import only what is below them'),
        ('new', 'import math', 'Rooms import only what is below them'),
        ('evaluation', 'import rclpy', 'Only nodes import ROS'),
        ('nodes', 'from blendfer_ros.training import train', 'What runs on a robot imports nothing of training'),
    ],
)
def test_an_import_that_does_not_is_found(room: str, line: str, contract: str, tmp_path: Path) -> None:
    package = tmp_path / 'blendfer_ros'
    shutil.copytree(ROOT / 'blendfer_ros', package, ignore=shutil.ignore_patterns('__pycache__'))
    (package / room).mkdir(exist_ok=True)
    (package / room / '__init__.py').touch()
    # Inside a function, where importing the module would not show it.
    (package / room / 'misled.py').write_text(f'def f():\n    {line}\n')
    result = lint_imports(tmp_path)
    assert result.returncode == 1, result.stderr
    assert f'{contract} BROKEN' in result.stdout
    assert 'misled' in result.stdout or 'not listed as layers' in result.stdout
