"""What is imported is asked for: from pip in setup.cfg, from rosdep in package.xml."""

from __future__ import annotations

import ast
import configparser
import re
import sys
from pathlib import Path

import pytest
from catkin_pkg.package import Package, parse_package

import blendfer_ros

ROOT = Path(__file__).parent.parent

# By the name of the module; elsewhere it is that with dashes.
PIP_NAMES = {'cv2': 'opencv-contrib-python', 'ruamel': 'ruamel.yaml'}
ROSDEP_KEYS = {
    'cv2': 'python3-opencv',
    'mediapipe': 'python3-mediapipe-pip',
    'rosbags': 'python3-rosbags-pip',
    'ruamel': 'python3-ruamel.yaml',
}
# Tried, and done without where they are not installed.
OPTIONAL = {'cv_bridge', 'dask', 'distributed', 'hri_msgs', 'py_trees', 'py_trees_ros', 'ray', 'tflite_runtime'}
ROS_FOLDERS = (Path('blendfer_ros/nodes'), Path('launch'))


def test_every_distribution_that_pure_rooms_import_is_in_setup_cfg() -> None:
    pure = [path for path in (ROOT / 'blendfer_ros').glob('*/**/*.py') if not is_ros(path)]
    imported = third_party_modules(pure) - OPTIONAL
    assert {'numpy', 'mediapipe'} <= imported
    asked = installed_by_default() | installed_for_training()
    assert {PIP_NAMES.get(name, name.replace('_', '-')) for name in imported} <= asked


def test_every_package_that_installed_code_imports_has_a_rosdep_key_or_is_in_robot_txt(package: Package) -> None:
    keys = {depend.name for depend in package.exec_depends}
    from_pip = requirement_names((ROOT / 'requirements' / 'robot.txt').read_text()) | installed_for_training()
    installed = [path for folder in ('blendfer_ros', 'launch', 'examples') for path in (ROOT / folder).rglob('*.py')]
    missing = {
        name
        for name in third_party_modules(installed) - OPTIONAL
        if not keys & {name, ROSDEP_KEYS.get(name, f'python3-{name}')} and name.replace('_', '-') not in from_pip
    }
    assert not missing


def test_package_xml_is_valid_and_agrees_with_setup_cfg(package: Package) -> None:
    warnings: list[str] = []
    package.validate(warnings)
    metadata = setup_cfg()['metadata']
    assert not warnings
    assert (package.name, package.version) == (metadata['name'], blendfer_ros.__version__)
    assert metadata['version'] == 'attr: blendfer_ros.__version__'
    assert package.licenses == [metadata['license']]
    assert package.authors[0].name == metadata['author']


@pytest.fixture(scope='module')
def package() -> Package:
    return parse_package(str(ROOT / 'package.xml'))


def setup_cfg() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / 'setup.cfg')
    return parser


def installed_by_default() -> set[str]:
    return requirement_names(setup_cfg()['options']['install_requires'])


def installed_for_training() -> set[str]:
    return requirement_names(setup_cfg()['options.extras_require']['train'])


def requirement_names(text: str) -> set[str]:
    """The distributions of a requirements file, without versions."""
    return set(re.findall(r'^[A-Za-z][\w.-]*', text, re.MULTILINE))


def is_ros(path: Path) -> bool:
    return any(folder in path.relative_to(ROOT).parents for folder in ROS_FOLDERS)


def third_party_modules(paths: list[Path]) -> set[str]:
    """The first part of each imported name that is neither ours nor Python's."""
    modules: set[str] = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                modules.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules.add(node.module)
    return {name.split('.')[0] for name in modules} - set(sys.stdlib_module_names) - {'blendfer_ros', '__future__'}
