"""Faults of the files that nodes load: models, cards, the bundle of FaceLandmarker."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from faults.fault import RECOVER_S, RESTART_S, Broken, SceneFault
from faults.scene import Scene

from blendfer_ros.core.assets import find_bundle, find_model

CLASSIFIER: Final = 'emotion_classifier_node'
LANDMARKER: Final = 'face_landmarker_node'

Spoil = Callable[[Path], None]


def truncate(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def truncate_card(path: Path) -> None:
    truncate(path.with_suffix('.json'))


def remove_card(path: Path) -> None:
    path.with_suffix('.json').unlink()


def exchange(path: Path) -> None:
    """Another model in the place of this one, with the card of this one."""
    shutil.copy(find_model('blendfer_paper'), path)


def other_shape(path: Path) -> None:
    """A card that was made for other shapes than its model, and has its hash."""
    card_path = path.with_suffix('.json')
    card = json.loads(card_path.read_text())
    card['input_shape'] = [1, 7, 1]
    card['chosen_features'] = card['chosen_features'][:7]
    card['mean'], card['std'] = card['mean'][:7], card['std'][:7]
    card_path.write_text(json.dumps(card))


def make_a_folder_of(path: Path) -> None:
    """Not even root can read that."""
    path.unlink()
    path.mkdir()


def bad_model(spoil: Spoil, cause: str) -> Callable[[Scene], float]:
    """A node that starts with a spoilt model refuses to be configured; with a good one it can be, and answers."""

    def act(scene: Scene) -> float:
        path = copy_model(scene)
        spoil(path)
        scene.start(CLASSIFIER, model=path)
        scene.wait_for_told(cause)
        if path.is_dir():
            path.rmdir()
        copy_model(scene)
        began_s = time.monotonic()
        if not (scene.change(CLASSIFIER, 'configure') and scene.change(CLASSIFIER, 'activate')):
            raise Broken('with a good model in place it could not be configured')
        scene.wait_for(lambda: scene.watch.heard, '/emotion')
        return time.monotonic() - began_s

    return act


def replaced_while_running(scene: Scene) -> float:
    """What runs goes on with what it has read; configured anew, it refuses what is there now."""
    path = copy_model(scene)
    scene.start(CLASSIFIER, model=path)
    scene.wait_for(lambda: len(scene.watch.heard) > 5, '/emotion')
    truncate(path)
    before = len(scene.watch.heard)
    scene.wait_for(lambda: len(scene.watch.heard) > before + 10, '/emotion with a replaced model', 3.0)
    scene.change(CLASSIFIER, 'deactivate')
    scene.change(CLASSIFIER, 'cleanup')
    if scene.change(CLASSIFIER, 'configure'):
        raise Broken('it was configured with a model that is not what its card says')
    scene.wait_for_told('sha256')
    copy_model(scene)
    began_s = time.monotonic()
    scene.watch.clear()
    if not (scene.change(CLASSIFIER, 'configure') and scene.change(CLASSIFIER, 'activate')):
        raise Broken('with a good model in place it could not be configured')
    scene.wait_for(lambda: scene.watch.heard, '/emotion')
    return time.monotonic() - began_s


def bad_bundle(spoil: Spoil, cause: str) -> Callable[[Scene], float]:
    def act(scene: Scene) -> float:
        path = scene.folder / 'face_landmarker.task'
        shutil.copyfile(find_bundle(), path)
        spoil(path)
        scene.start(LANDMARKER, bundle=path)
        scene.wait_for_told(cause)
        if path.is_dir():
            path.rmdir()
        shutil.copyfile(find_bundle(), path)
        began_s = time.monotonic()
        if not (scene.change(LANDMARKER, 'configure') and scene.change(LANDMARKER, 'activate')):
            raise Broken('with a good bundle in place it could not be configured')
        return time.monotonic() - began_s

    return act


def copy_model(scene: Scene) -> Path:
    for suffix in ('.tflite', '.json'):
        shutil.copyfile(find_model().with_suffix(suffix), scene.folder / f'mine{suffix}')
    return scene.folder / 'mine.tflite'


def row(
    name: str, what: str, nodes: str, act: Callable[[Scene], float], said: str, *, quick: bool = False
) -> SceneFault:
    limit_s = RESTART_S if nodes == LANDMARKER else RECOVER_S
    return SceneFault(
        name=name,
        what=what,
        nodes=nodes,
        act=act,
        said=said,
        meanwhile='nothing: it is not configured',
        quick=quick,
        limit_s=limit_s,
    )


MODELS: Final = (
    ('model-truncated', 'the model has lost its second half', truncate, 'has sha256 .* its card says', True),
    ('card-truncated', 'its card has lost its second half', truncate_card, 'model card .* cannot be read', False),
    ('card-missing', 'its card is gone', remove_card, 'model card .* is missing', False),
    ('model-exchanged', 'another model has its name', exchange, 'has sha256 .* its card says', False),
    ('model-of-other-shape', 'its card is for 7 inputs', other_shape, 'has input shape .* its card says', False),
    ('model-unreadable', 'the model is a folder', make_a_folder_of, 'no model at', False),
)
FILE_FAULTS: Final = (
    *(
        row(
            name, f'{what}, and then is as it should be', CLASSIFIER, bad_model(spoil, cause), f'`{cause}`', quick=quick
        )
        for name, what, spoil, cause, quick in MODELS
    ),
    row(
        'model-replaced',
        'half of a model is written over the one in use; it is configured anew, and anew with a good one',
        CLASSIFIER,
        replaced_while_running,
        '`sha256`',
    ),
    row(
        'bundle-truncated',
        'the bundle has lost its second half, and then is as it should be',
        LANDMARKER,
        bad_bundle(truncate, 'has sha256 .* expected .* get the float16/1 bundle'),
        '`has sha256 .* expected`',
    ),
    row(
        'bundle-unreadable',
        'the bundle is a folder, and then is as it should be',
        LANDMARKER,
        bad_bundle(make_a_folder_of, 'no FaceLandmarker bundle at'),
        '`no FaceLandmarker bundle at`',
    ),
)
