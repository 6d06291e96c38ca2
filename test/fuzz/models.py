"""Entries for models: cards, and the networks themselves."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from fuzz.harness import Harness, Run, Taken, file_run

from blendfer_ros.classification.backends import load_classifier, read_card
from blendfer_ros.core.assets import find_expressions, find_model
from blendfer_ros.core.face import Face, HeadPose, Region
from blendfer_ros.core.landmarks import GEOMETRY_SIZE
from blendfer_ros.perception.expressions import ExpressionNetwork, read_expression_card

MODEL = 'blendfer_paper'
DEEP = b'[' * 20_000
ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1e308,
    float('nan'),
    '',
    '../x',
    '/',
    'model',
    [],
    [[]],
    {},
    ['a'],
    [1] * 300,
)


def card(folder: Path) -> Run:
    return file_run(folder, 'model.json', read_card)


def expression_card(folder: Path) -> Run:
    return file_run(folder, 'expressions.json', read_expression_card)


def card_values(folder: Path) -> Run:
    """Cards that are sound JSON, with some fields that are not what they must be, beside the network they belong to."""
    path = folder / 'model.tflite'
    shutil.copy(find_model(MODEL), path)
    sound = json.loads(find_model(MODEL).with_suffix('.json').read_text())
    # What a model is fed; the rest is for people.
    face = Face(
        np.full(52, 0.5, np.float32),
        np.zeros(GEOMETRY_SIZE, np.float32),
        HeadPose(0, 0, 0),
        Region(0, 0, 1, 1),
        'face_1',
    )

    def run(data: bytes) -> None:
        taken = Taken(data)
        content = dict(sound)
        for _ in range(1 + taken.number() % 3):
            name = taken.choice((*sound, 'fallback', 'surplus'))
            content[name] = taken.choice(ODD)
            if isinstance(sound.get(name), list) and taken.chance():
                changed = list(sound[name])
                changed[taken.number(2) % len(changed)] = taken.choice(ODD)
                content[name] = changed
        path.with_suffix('.json').write_text(json.dumps(content))
        classifier = load_classifier(path)
        classifier.check(face)
        assert np.isfinite(classifier.predict(face)).all()

    return run


def unknown_network(folder: Path) -> Run:
    """Files that are not what their card says; the interpreter must not get to see them."""
    path = folder / 'model.tflite'
    shutil.copy(find_model(MODEL).with_suffix('.json'), path.with_suffix('.json'))
    return file_run(folder, path.name, load_classifier)


def known_network(folder: Path) -> Run:
    """Files whose card has been made to match."""
    path = folder / 'model.tflite'
    content = json.loads(find_model(MODEL).with_suffix('.json').read_text())

    def run(data: bytes) -> None:
        path.write_bytes(data)
        path.with_suffix('.json').write_text(json.dumps({**content, 'sha256': hashlib.sha256(data).hexdigest()}))
        load_classifier(path)

    return run


def expression_network(folder: Path) -> Run:
    path = folder / 'expressions.tflite'
    shutil.copy(find_expressions(), path)
    return file_run(folder, 'expressions.json', lambda _: ExpressionNetwork(path))


def cards() -> Sequence[bytes]:
    sound = json.loads(find_model(MODEL).with_suffix('.json').read_text())
    small = {name: value for name, value in sound.items() if name not in ('training', 'metrics')}
    return [
        json.dumps(small).encode(),
        b'{"backend": "recurrent"}',
        DEEP,
        b'[1]',
        b'{"backend": []}',
        b'\xff',
        b'1' * 5000,
    ]


def expression_cards() -> Sequence[bytes]:
    sound = json.loads(find_expressions().with_suffix('.json').read_text())
    small = {name: value for name, value in sound.items() if name not in ('training', 'metrics')}
    return [json.dumps(small).encode(), DEEP, b'{"name": {}}', b'null']


def networks() -> Sequence[bytes]:
    return [find_model('cnn').read_bytes()]


TRUSTED = 'a network is a program that TFLite runs: it is trusted as far as whoever made its card'

HARNESSES = (
    Harness('model_card', 'model cards', card, cards, share=2.0, max_bytes=8192),
    Harness('model_card_values', 'cards with odd values', card_values, lambda: [bytes(range(64))], share=0.5),
    Harness('expression_card', 'cards of the network for pixels', expression_card, expression_cards, share=2.0),
    Harness('expression_network', 'cards beside their network', expression_network, expression_cards, share=0.2),
    Harness('unknown_network', 'networks their card does not know', unknown_network, networks, 0.3, max_bytes=8192),
    Harness('known_network', 'networks with a card made for them', known_network, networks, 0.1, 8192, trusted=TRUSTED),
)
