"""The documentation keeps its word: links lead somewhere, and what it says to type can be typed.

Every `blendfer` command of every page is parsed, and run where its need is met here; NOT_RUN says why others are not.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from blendfer_ros.commands import cli
from blendfer_ros.core.assets import find_recording
from blendfer_ros.parameters.table import NODES

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / 'README.md', *sorted((ROOT / 'docs').glob('*.md')))

# By what a command begins with.
NOT_RUN = {
    'blendfer show 0': 'needs a camera',
    'blendfer train': 'needs FER2013 and takes long; test/training runs it small',
    'blendfer search': 'needs FER2013 and takes long; test/training runs it small',
    'blendfer report': 'needs FER2013 and takes long; test/commands runs it small',
    'blendfer evaluate fer2013': 'needs FER2013 and takes long; test/commands runs it small',
    'blendfer evaluate domains config/domains.yaml': 'needs the data sets it lists; test/commands runs it small',
    'blendfer calibrate mine.tflite config/domains.yaml': 'needs the data sets it lists; test/commands runs it small',
    'blendfer evaluate fleet bags --workers': 'starts eight processes; test/evaluation/streams runs it small',
    'blendfer evaluate fleet bags --scheduler': 'needs a cluster; test/evaluation/streams runs one here',
    'blendfer evaluate bag other_days': 'needs a model trained before',
    'blendfer evaluate bag recordings': 'needs recordings labelled before',
}
CODE = re.compile(r'^ *```(\w*)\n(.*?)^ *```$', re.MULTILINE | re.DOTALL)
LINK = re.compile(r'\]\(([^)\s]+)\)')


def code_in(page: Path, language: str) -> Iterator[str]:
    for found in CODE.finditer(page.read_text()):
        if found[1] == language:
            yield found[2]


def lines_in(page: Path) -> Iterator[str]:
    """What is to be typed into a shell, without comments; continued lines are one."""
    for block in code_in(page, 'sh'):
        for line in re.sub(r'\\\n\s*', '', block).splitlines():
            if words := shlex.split(line, comments=True):
                yield shlex.join(words)


def typed(program: str) -> list[str]:
    return list(dict.fromkeys(line for page in PAGES for line in lines_in(page) if line.startswith(program)))


def anchors(page: Path) -> set[str]:
    """Those that GitHub gives the headings of a page."""
    headings = re.findall(r'^#+ (.+)$', page.read_text(), re.MULTILINE)
    return {re.sub(r'[^\w\- ]', '', heading.lower()).replace(' ', '-') for heading in headings}


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text()):
        if link.startswith(('http:', 'https:')):
            continue
        path, _, anchor = link.partition('#')
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_page_is_in_the_table_of_contents() -> None:
    contents = (ROOT / 'docs' / 'README.md').read_text()
    assert {page.name for page in (ROOT / 'docs').glob('*.md')} - {'README.md'} <= set(LINK.findall(contents))


def test_the_readme_is_short() -> None:
    assert len((ROOT / 'README.md').read_text().splitlines()) <= 160


@pytest.fixture
def place(
    clips: Path, bundle: Path, image_bag: Path, labelled_pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A working directory with everything that the commands name."""
    shutil.copy(clips / 'neutral_to_happy.mp4', tmp_path / 'film.mp4')
    shutil.copytree(labelled_pictures / 'sad', tmp_path / 'pictures')
    shutil.copytree(labelled_pictures, tmp_path / 'my_pictures')
    shutil.copytree(image_bag, tmp_path / 'camera_bag')
    bag = find_recording('sad_to_happy')
    shutil.copytree(bag, tmp_path / 'rosbag2_2026_05_04-10_00_00')
    shutil.copytree(bag, tmp_path / 'bags' / 'one')
    (tmp_path / 'calm.yaml').write_text('emotion_classifier_node: {ros__parameters: {min_dwell_s: 1.0}}\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize('command', typed('blendfer '))
def test_a_command_can_be_typed(command: str, request: pytest.FixtureRequest) -> None:
    words = shlex.split(command)[1:]
    assert cli._parser().parse_args(words)
    for beginning, reason in NOT_RUN.items():
        if command.startswith(beginning):
            pytest.skip(reason)
    place = request.getfixturevalue('place')
    labelled = 'film.mp4,1,2,happy' if 'clips' in words else 'one,0,5,sad\none,13,19,happy'
    (place / 'labels.csv').write_text(f'file,start_s,end_s,label\n{labelled}\n')
    if 'flips_per_min=6' in words:
        # Whether the bounds hold is not the question.
        assert cli.main(words) in (0, 1)
    else:
        assert cli.main(words) == 0


@pytest.mark.parametrize('page', [page for page in PAGES if list(code_in(page, 'python'))], ids=lambda page: page.name)
def test_python_runs_as_it_stands(page: Path, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(next((place / 'pictures').iterdir()), place / 'face.jpg')
    for block in code_in(page, 'python'):
        exec(block, {})
        assert len(capsys.readouterr().out.splitlines()) == 1 + 72


@pytest.mark.parametrize('command', typed('make '))
def test_make_has_this_target(command: str) -> None:
    target = shlex.split(command)[1]
    assert re.search(rf'^{target}:', (ROOT / 'Makefile').read_text(), re.MULTILINE)


@pytest.mark.parametrize('command', typed('ros2 run blendfer_ros') + typed('ros2 launch blendfer_ros'))
def test_ros_has_this_executable_or_launch_file_with_these_arguments(command: str) -> None:
    _, verb, _, name, *arguments = shlex.split(command.removesuffix(' &').removesuffix("'&'").strip())
    settings = [argument.split(':=')[0] for argument in arguments if ':=' in argument]
    if verb == 'run':
        assert f'"{name}=' in (ROOT / 'CMakeLists.txt').read_text()
        known = {parameter.name for parameter in NODES.get(name, ())}
    else:
        text = (ROOT / 'launch' / name).read_text()
        known = {setting for setting in settings if f"'{setting}'" in text}
    assert set(settings) <= known
