"""Entries for files that people write or download: parameters, lists, tables, data sets, caches, templates."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
from fuzz.harness import Harness, Run, Taken, file_run

from blendfer_ros.core.assets import find_config, find_model
from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.errors import BlendferError
from blendfer_ros.core.face import FaceFrame
from blendfer_ros.core.face_arrays import frames_to_arrays
from blendfer_ros.datasets.clips import DAMAGE, DURATION, _read
from blendfer_ros.datasets.fer2013 import read_fer2013
from blendfer_ros.datasets.ferplus import COLUMNS, read_ferplus
from blendfer_ros.datasets.segments import read_labels, read_segments
from blendfer_ros.datasets.tables import parse_labels, read_blendshapes
from blendfer_ros.dialogue.events import EMOTION_CHANGED, DialogueEvent
from blendfer_ros.dialogue.wording import body_writer
from blendfer_ros.evaluation.domain_list import read_domains
from blendfer_ros.evaluation.streams.bag_runs import _kept
from blendfer_ros.parameters.file import read_parameter_file
from blendfer_ros.study.ledger import Ledger
from blendfer_ros.study.peer import read_peer
from blendfer_ros.training.starting_point import read_starting_point, weights_file

HOSTILE_EVENT = DialogueEvent(EMOTION_CHANGED, 'a"$b\\', 'sad', 'unknown', 0.5, 2**62, -(2**62))
# Billion laughs: some hundred bytes that become gigabytes wherever they are written out.
LAUGHS = 'a0: &a0 [x]\n' + ''.join(f'a{i}: &a{i} [{", ".join([f"*a{i - 1}"] * 9)}]\n' for i in range(1, 12))
DEEP = 3000


def entry(
    name: str, what: str, file: str, use: Callable[[Path], Any], seeds: Callable[[], Sequence[bytes]], **more: Any
) -> Harness:
    """One that reads a file of this name."""
    return Harness(name, what, lambda folder: file_run(folder, file, use), seeds, **more)


def parameter_files() -> Sequence[bytes]:
    shipped = find_config('emotion.yaml').read_bytes()
    laughing = f'{LAUGHS}emotion_classifier_node: {{ros__parameters: {{model: *a11}}}}\n'
    return [
        b'emotion_classifier_node: {ros__parameters: {model: cnn, min_dwell_s: 1.0, x: [1]}}\n',
        b'/**/emotion_classifier_node:\n  ros__parameters:\n    stale_after_s: .nan\n    auto_neutral: yes\n',
        shipped[:2000],
        laughing.encode(),
        b'[' * DEEP,
        b'emotion_classifier_node: &a {ros__parameters: *a}\n? [a, {b: c}]\n: d\n!!python/object:os.system {}\n',
    ]


def domain_lists() -> Sequence[bytes]:
    return [
        find_config('domains.yaml').read_bytes()[:3000].replace(b'BLENDFER_ASSETS', b'NOWHERE'),
        b'domains:\n  a: {stills: /etc, labels: {a: happy}, person: "(a+)+$"}\n',
        b'domains: {a: {clips: labels.csv, smoothing: true}, b: {fer2013: $HOME/x.zip, split: PublicTest}}\n',
        b'domains: {a: {stills: ., labels: [1]}}\n',
        (LAUGHS + 'domains: {a: {clips: x, smoothing: *a11}}\n').encode(),
        b'[' * DEEP,
    ]


def labels() -> Sequence[bytes]:
    return [
        b'file,start_s,end_s,label\na.mp4,0,1.5,happy\n./a.mp4,2,3,no_face\n',
        b'\xef\xbb\xbffile, start_s, end_s, label\n../../etc/passwd,0,1e308,sad\n,nan,inf,x\n"a\0b",1,2,sad\n',
        b'file,start_s,end_s,label\n' + b'a' * 3000 + b',0,1,\x1b[2Jsad\n',
    ]


def votes() -> Sequence[bytes]:
    head = ','.join(('image_id', *COLUMNS)).encode()
    return [head + b'\nTraining_1,' + b','.join([b'1'] * 10) + b'\n', head + b'\na,' + b','.join([b'9' * 400] * 10)]


def use_votes(path: Path) -> None:
    ferplus = read_ferplus(path)
    for sample_id in ferplus.votes:
        ferplus.distribution(sample_id)
        ferplus.majority(sample_id)


def fer2013_csv() -> Sequence[bytes]:
    row = b'3,' + b' '.join([b'7'] * 48 * 48) + b',Training\n'
    return [b'emotion,pixels,Usage\n' + row, b'emotion,pixels,Usage\n' + b'9' * 5000 + b',1 2,PublicTest\n' + row]


def fer2013_zips() -> Sequence[bytes]:
    jpeg = cv2.imencode('.jpg', np.zeros((48, 48), np.uint8))[1].tobytes()
    found = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, 'w', method) as archive:
            archive.writestr('train/happy/Training_1.jpg', jpeg)
        found.append(buffer.getvalue())
    return found


def load_all(path: Path) -> None:
    for sample in read_fer2013(path).samples:
        with suppress(BlendferError):
            sample.picture.load()


def made_zip(folder: Path) -> Run:
    """Archives that are sound as archives, with any names and content."""
    path = folder / 'fer2013.zip'
    names = ('Training_1.jpg', '../../Training_2.jpg', '/PublicTest_3.jpg', 'PrivateTest_\x1b.jpg', 'Training_.JPG')
    folders = ('train/happy/', '../sad/', '/etc/neutral/', 'happy\\', 'other/')
    bomb = b'\0' * 2**24

    def run(data: bytes) -> None:
        taken = Taken(data)
        methods = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
        with zipfile.ZipFile(path, 'w', taken.choice(methods)) as archive:
            for _ in range(1 + taken.number() % 3):
                name = taken.choice(folders) + (taken.choice(names) if taken.chance() else taken.text())
                content = bomb if taken.number() == 255 else taken.raw(taken.number())
                with suppress(UnicodeEncodeError, UserWarning):
                    archive.writestr(name, content)
        raw = bytearray(path.read_bytes())
        if taken.chance():
            # Flags that say it is encrypted, or sizes that are not so.
            at = taken.number(2) % len(raw)
            raw[at] = taken.number()
            path.write_bytes(raw)
        load_all(path)

    return run


def tables() -> Sequence[bytes]:
    scores = b','.join([b'0.5'] * len(BLENDSHAPE_NAMES))
    return [
        scores + b',happy\n' + scores + b',1.0\n',
        ','.join(BLENDSHAPE_NAMES).encode() + b',label\n' + scores + b',0',
    ]


def use_table(path: Path) -> None:
    read_blendshapes(path, parse_labels('happy,unknown,sad'))


def arrays() -> Sequence[bytes]:
    found = []
    with TemporaryDirectory() as folder:
        path = Path(folder, 'clip.npz')
        of_clip = {**frames_to_arrays([FaceFrame(0, 4, 3, ())]), DURATION: np.array(1.0), DAMAGE: np.array('')}
        np.savez(path, **of_clip)
        found.append(path.read_bytes())
        np.savez_compressed(path, **{DURATION: np.zeros(2**22)})
        found.append(path.read_bytes())
        # An object would be unpickled, which runs whatever its bytes say.
        np.savez(path, **{**of_clip, DAMAGE: np.array([print], object)})
        found.append(path.read_bytes())
    buffer = io.BytesIO()
    head = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({10**12},), }}".ljust(117) + '\n'
    with zipfile.ZipFile(buffer, 'w') as archive:
        archive.writestr(f'{DURATION}.npy', b'\x93NUMPY\1\0' + struct.pack('<H', 118) + head.encode())
    return [*found, buffer.getvalue()]


def kept_answers() -> Sequence[bytes]:
    buffer = io.BytesIO()
    np.savez(buffer, rest=np.array(json.dumps({'stream': {'skipped': {}, 'gaps': []}, 'damage': None})))
    return [buffer.getvalue(), *arrays()]


def peers() -> Sequence[bytes]:
    return [b'{"package": "fer", "version": "1", "pictures": {"a": [1, 0, 0]}}', b'{"pictures": [[1]]}', b'[' * DEEP]


def templates() -> Sequence[bytes]:
    return [b'{"text": "${emotion} of $face_id", "at": $stamp_s}', b'{"a": $$}', b'$1 ${', b'[' * DEEP, b'1' * 5000]


def use_template(path: Path) -> None:
    json.loads(body_writer(str(path))(HOSTILE_EVENT))


def recipe(folder: Path) -> Run:
    """What `blendfer train --from` reads: a card's recipe, and its weights."""
    model = find_model('blendfer_paper')
    card = json.loads(model.with_suffix('.json').read_text())
    path = folder / 'model.tflite'
    weights = weights_file(model).read_bytes()

    def run(data: bytes) -> None:
        if data[:1] == b'{':
            with suppress(ValueError, RecursionError):
                card['training'] = json.loads(data)
            weights_file(path).write_bytes(weights)
        else:
            card['training'] = json.loads(model.with_suffix('.json').read_text())['training']
            weights_file(path).write_bytes(data)
        path.with_suffix('.json').write_text(json.dumps(card))
        read_starting_point(path)

    return run


def recipes() -> Sequence[bytes]:
    recipe = json.loads(find_model('blendfer_paper').with_suffix('.json').read_text())['training']['recipe']
    return [json.dumps({'recipe': recipe}).encode(), b'{"recipe": {"units": 1e400}}', b'{"recipe": [1]}', *arrays()]


HARNESSES = (
    entry('parameter_file', 'parameter files', 'p.yaml', read_parameter_file, parameter_files, share=0.2),
    entry('domain_list', 'lists of domains', 'd.yaml', read_domains, domain_lists, share=0.2),
    entry(
        'labels_csv', 'labels over time', 'labels.csv', lambda p: (read_segments(p), read_labels(p)), labels, share=2.0
    ),
    entry('ferplus_csv', 'votes of FER+', 'ferplus.csv', use_votes, votes, share=2.0),
    entry('fer2013_csv', 'FER2013 as csv', 'fer2013.csv', load_all, fer2013_csv, max_bytes=8192),
    entry('fer2013_zip', 'FER2013 as zip', 'fer2013.zip', load_all, fer2013_zips, max_bytes=2048),
    Harness('fer2013_made_zip', 'sound archives of anything', made_zip, lambda: [bytes(range(200))], 0.3),
    entry('blendshapes_csv', 'tables of blendshapes', 't.csv', use_table, tables, share=2.0),
    entry('clip_cache', 'caches of clips', 'c.npz', _read, arrays, max_bytes=8192),
    entry('answers_cache', 'caches of answers', 'k.npz', _kept, kept_answers, max_bytes=8192),
    entry('peer_json', 'answers of a peer', 'peer.json', read_peer, peers, share=2.0),
    entry('ledger', 'the ledger of measured files', 'l.json', lambda p: Ledger(p).entries(), peers, share=1.0),
    entry('template', 'templates of HTTP bodies', 't.json', use_template, templates, share=2.0),
    Harness('recipe', 'recipes and weights to go on from', recipe, recipes, 0.5, max_bytes=8192),
)
