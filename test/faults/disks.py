"""Faults of the disk: it is full while something is written to it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ament_index_python.packages import get_package_prefix
from faults.fault import Broken, CannotTry, SceneFault
from faults.frames import CLIP
from faults.scene import Scene

from blendfer_ros.core.assets import find_asset

SIZE_KB: Final = 16
NO_SPACE: Final = 'No space left on device'
# OpenCV does not say why a film could not be written.
MAYBE: Final = 'is the disk full?'


@contextmanager
def small_disk(folder: Path, size_kb: int = SIZE_KB) -> Iterator[Path]:
    """A file system of its own that is full after a few kilobytes."""
    folder.mkdir()
    mount = ['mount', '-t', 'tmpfs', '-o', f'size={size_kb}k', 'tmpfs', str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotTry(f'a small disk cannot be mounted here: {done.stderr.strip()}')
    try:
        yield folder
    finally:
        # Lazily, for a process that is still to end may have its log there.
        subprocess.run(['umount', '--lazy', str(folder)], check=True)


def must_refuse(command: list[str], disk: Path, cause: str = NO_SPACE) -> None:
    """It must end with an exit code and one sentence that says the disk is full, and leave nothing on it."""
    before = set(disk.rglob('*'))
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300.0)
    said = done.stderr + done.stdout
    if not done.returncode:
        raise Broken(f'it ended as if all was well: {said[-500:]}')
    if 'Traceback' in said or cause not in said:
        raise Broken(f'it did not say in a sentence that the disk is full: {said[-1500:]}')
    left = sorted(str(path.relative_to(disk)) for path in set(disk.rglob('*')) - before)
    if left:
        raise Broken(f'it left {", ".join(left)}')


def blendfer(*words: object) -> list[str]:
    return [str(Path(get_package_prefix('blendfer_ros'), 'lib', 'blendfer_ros', 'blendfer')), *map(str, words)]


def a_clip() -> Path:
    clip = find_asset(CLIP)
    if clip is None:
        raise CannotTry(f'there is no {CLIP} below $BLENDFER_ASSETS')
    return clip.with_name('neutral_to_happy.mp4')


def recording(scene: Scene) -> None:
    with small_disk(scene.folder / 'disk') as disk:
        must_refuse(blendfer('record', a_clip(), disk / 'faces'), disk)


def page(scene: Scene) -> None:
    with small_disk(scene.folder / 'disk') as disk:
        must_refuse(blendfer('show', 'sad_to_happy', '--html', disk / 'page.html'), disk)


def lines(scene: Scene) -> None:
    with small_disk(scene.folder / 'disk') as disk:
        must_refuse(blendfer('show', 'sad_to_happy', '--json', disk / 'answers.jsonl'), disk)


def film(scene: Scene) -> None:
    with small_disk(scene.folder / 'disk') as disk:
        must_refuse(blendfer('show', a_clip(), '--out', disk / 'film.mp4'), disk, MAYBE)


WRITE: Final = """
import sys
from pathlib import Path
import numpy as np
from blendfer_ros.core.errors import BlendferError
from blendfer_ros.core.files import write_arrays
try:
    write_arrays(Path(sys.argv[1], 'faces', 'cache.npz'), {'faces': np.zeros(1_000_000)})
except BlendferError as error:
    sys.exit(str(error))
"""
EXPORT: Final = """
import sys
from pathlib import Path
from blendfer_ros.classification.backends import read_card
from blendfer_ros.core.assets import find_model
from blendfer_ros.core.errors import BlendferError
try:
    read_card(find_model('blendfer').with_suffix('.json')).write(Path(sys.argv[1], 'mine.json'))
except BlendferError as error:
    sys.exit(str(error))
"""


def cache(scene: Scene) -> None:
    with small_disk(scene.folder / 'disk') as disk:
        (disk / 'faces').mkdir()
        must_refuse([sys.executable, '-c', WRITE, str(disk)], disk)


def model(scene: Scene) -> None:
    with small_disk(scene.folder / 'disk') as disk:
        must_refuse([sys.executable, '-c', EXPORT, str(disk)], disk)


def log(scene: Scene) -> None:
    """Nodes write a log; a full disk is no reason to end."""
    with small_disk(scene.folder / 'disk', 4) as disk:
        scene.environment['ROS_LOG_DIR'] = str(disk)
        node = scene.start('emotion_pipeline')
        scene.start_camera()
        scene.wait_for(lambda: any(heard.state == 2 for heard in scene.watch.heard), 'TRACKING on /emotion')
        if node.end():
            raise Broken(f'it ended with {node.process.returncode}')


SAID: Final = f'the command: `{NO_SPACE}`'


def row(name: str, what: str, act: object, nodes: str, said: str = SAID) -> SceneFault:
    return SceneFault(name=name, what=what, act=act, nodes=nodes, said=said)  # type: ignore[arg-type]


DISK_FAULTS: Final = (
    row('disk-full-recording', 'the disk fills while a bag is recorded', recording, '`blendfer record`'),
    row('disk-full-page', 'the disk fills while a page is written', page, '`blendfer show --html`'),
    row('disk-full-json', 'the disk fills while answers are written', lines, '`blendfer show --json`'),
    row(
        'disk-full-film',
        'the disk fills while a film is written',
        film,
        '`blendfer show --out`',
        f'the command: `{MAYBE}`',
    ),
    row('disk-full-cache', 'the disk fills while faces are cached', cache, '`core.files.write_arrays`'),
    row('disk-full-model', 'the disk fills while a card is written', model, '`ModelCard.write`'),
    row('disk-full-log', 'the disk of the log is full', log, '`emotion_pipeline`', 'nothing; it goes on'),
)
