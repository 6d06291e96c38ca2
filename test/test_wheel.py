"""`pip install .` gives every command, without ROS and wherever pip puts it.

The wheel is built from what is here and installed into an environment of its own. What it depends on is not downloaded
again but lent by the environment the tests run in, through a .pth file, so that the test needs no network; ROS, which
that environment has as well, is made unimportable. test_dependencies.py holds that setup.cfg names every dependency.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from blendfer_ros.core.assets import model_names
from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES

ROOT = Path(__file__).parent.parent
BUILT_FROM = ('blendfer_ros', 'config', 'models', 'msg', 'resource')
BUILT_BY = ('LICENSE', 'MANIFEST.in', 'README.md', 'setup.cfg', 'setup.py')
WITHOUT_ROS = """\
import sys
for name in ('rclpy', 'ament_index_python', 'sensor_msgs', 'std_msgs', 'rcl_interfaces'):
    sys.modules[name] = None
"""
TIMEOUT_S = 240


@pytest.fixture(scope='module')
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that nothing is left in the checkout."""
    source, wheels = tmp_path_factory.mktemp('source'), tmp_path_factory.mktemp('wheels')
    for name in BUILT_FROM:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns('__pycache__'))
    for name in BUILT_BY:
        shutil.copy(ROOT / name, source)
    pip(sys.executable, 'wheel', '--no-deps', '--no-build-isolation', '--wheel-dir', str(wheels), str(source))
    (built,) = wheels.iterdir()
    return built


@pytest.fixture(scope='module')
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment with the wheel in it."""
    folder = tmp_path_factory.mktemp('environment')
    venv.create(folder, with_pip=False)
    python = folder / 'bin' / 'python'
    pip(str(python), 'install', '--no-deps', str(wheel))
    packages = Path(sysconfig.get_path('purelib', vars={'base': str(folder), 'platbase': str(folder)}))
    # Behind its own packages, and without what the .pth files there would do.
    (packages / 'lent.pth').write_text(f'{sysconfig.get_path("purelib")}\n')
    (packages / 'sitecustomize.py').write_text(WITHOUT_ROS)
    return folder


def pip(python: str, *arguments: str) -> None:
    command = [sys.executable, '-m', 'pip', '--python', python, '--disable-pip-version-check', '--quiet', *arguments]
    subprocess.run(command, check=True, env=environment(), timeout=TIMEOUT_S)


def environment(**more: str) -> dict[str, str]:
    """Ours without what points at the checkout or at ROS."""
    ours = {name: value for name, value in os.environ.items() if name not in ('PYTHONPATH', 'AMENT_PREFIX_PATH')}
    return {**ours, **more}


def run(installed: Path, arguments: list[object], folder: Path) -> subprocess.CompletedProcess[str]:
    command = [installed / 'bin' / 'blendfer', *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder, env=environment(), timeout=TIMEOUT_S
    )


def succeed(installed: Path, arguments: list[object], folder: Path) -> str:
    ended = run(installed, arguments, folder)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_wheel_has_what_the_package_reads(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder in ('config', 'models', 'msg', 'resource/recordings'):
        for path in (ROOT / folder).rglob('*'):
            if path.is_file():
                assert f'blendfer_ros/share/{path.relative_to(ROOT)}' in names
    assert {'blendfer_ros/py.typed', 'blendfer_ros/pages/templates/base.html'} <= names
    assert not any(name.startswith('blendfer_ros/share/share') or '/test' in name for name in names)


def test_the_package_that_runs_is_the_installed_one_and_finds_its_models(installed: Path, tmp_path: Path) -> None:
    program = (
        'import blendfer_ros.core.assets as a; print(a.__file__, *a.model_names(), *map(a.find_model, a.model_names()))'
    )
    command = [installed / 'bin' / 'python', '-c', program]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env=environment())
    file, *rest = ended.stdout.split()
    assert file.startswith(str(installed))
    assert rest[: len(rest) // 2] == model_names()
    assert all(path.startswith(str(installed)) for path in rest[len(rest) // 2 :])


def test_models_and_recordings_are_found_wherever_pip_puts_them(wheel: Path, tmp_path: Path) -> None:
    pip(sys.executable, 'install', '--no-deps', '--target', str(tmp_path / 'place'), str(wheel))
    program = 'import blendfer_ros as b; print(b.__file__, len(list(b.Blendfer().stream("sad_to_happy"))))'
    command = [sys.executable, '-c', program]
    where = environment(PYTHONPATH=str(tmp_path / 'place'))
    ended = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env=where)
    file, n = ended.stdout.split()
    assert file.startswith(str(tmp_path))
    assert n == '236'


def test_what_needs_no_pictures_runs(installed: Path, tmp_path: Path) -> None:
    assert succeed(installed, ['--version'], tmp_path).startswith('blendfer ')
    assert len(succeed(installed, ['show', 'sad_to_happy', '--json', '-'], tmp_path).splitlines()) == 236
    succeed(installed, ['show', 'sad_to_happy', '--out', 'show.mp4'], tmp_path)
    with (tmp_path / 'faces.csv').open('w', newline='') as file:
        csv.writer(file).writerows([*[0.1 * (i == j) for j in range(len(BLENDSHAPE_NAMES))], i % 3] for i in range(9))
    assert 'accuracy' in succeed(installed, ['evaluate', 'blendshapes', 'faces.csv'], tmp_path)


def test_recording_and_evaluation_run(installed: Path, clips: Path, bundle: Path, tmp_path: Path) -> None:
    clip = clips / 'neutral_to_happy.mp4'
    succeed(installed, ['record', clip, 'bag', '--bundle', bundle], tmp_path)
    (tmp_path / 'labels.csv').write_text('file,start_s,end_s,label\nbag,0,1,unknown\nbag,2,99,happy\n')
    bag = ['evaluate', 'bag', 'bag', '--labels', 'labels.csv', '--json', 'bag.json', '--html', 'bag.html']
    succeed(installed, bag, tmp_path)
    (tmp_path / 'clips.csv').write_text(f'file,start_s,end_s,label\n{clip},2,99,happy\n')
    succeed(installed, ['evaluate', 'clips', 'clips.csv', '--html', 'clips.html', '--bundle', bundle], tmp_path)


def test_evaluation_of_pictures_runs(
    installed: Path, labelled_pictures: Path, small_fer2013: Path, bundle: Path, tmp_path: Path
) -> None:
    more = ['--bundle', bundle]
    succeed(installed, ['evaluate', 'images', labelled_pictures, '--errors', 'images.html', *more], tmp_path)
    succeed(installed, ['evaluate', 'fer2013', small_fer2013, '--json', 'fer.json', *more], tmp_path)
    (tmp_path / 'domains.yaml').write_text(f'domains:\n  mine: {{stills: {labelled_pictures}}}\n')
    succeed(installed, ['evaluate', 'domains', 'domains.yaml', *more], tmp_path)
    for suffix in ('.tflite', '.json'):
        shutil.copy((ROOT / 'models' / 'blendfer').with_suffix(suffix), tmp_path / f'mine{suffix}')
    succeed(installed, ['calibrate', 'mine.tflite', 'domains.yaml', *more], tmp_path)
    report = ['report', small_fer2013, '--out', 'report.html', '--no-ablations', '--work', 'work', *more]
    succeed(installed, report, tmp_path)


def test_what_trains_runs_or_says_what_it_needs(installed: Path, small_fer2013: Path, tmp_path: Path) -> None:
    for command in ('train', 'search'):
        # Refused for its arguments, once TensorFlow and Optuna have been found.
        ended = run(installed, [command, 'nowhere.zip', '--targets', 'fer2013'], tmp_path)
        assert ended.returncode == 1
        assert 'Traceback' not in ended.stderr
        assert 'nowhere.zip' in ended.stderr or 'pip install' in ended.stderr
