"""What fuzzing has found, once each: these inputs crashed, hung or filled the memory of an earlier version."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
import sqlite3
import struct
import zipfile
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
import zstandard
from fuzz.files import DEEP, LAUGHS
from fuzz.harness import check_sentence
from hypothesis import given
from hypothesis import strategies as st
from support.bag_maker import blendshapes_bag, shipped_messages
from support.file_server import FileServer

from blendfer_ros.bags import decompression
from blendfer_ros.bags.reading import Bag
from blendfer_ros.bags.upgrade import upgrader
from blendfer_ros.classification.backends import load_classifier, read_card
from blendfer_ros.core.assets import find_model
from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.errors import BlendferError, DatasetError, FrameError, ModelError, SkipReason, SourceError
from blendfer_ros.core.face import Face
from blendfer_ros.core.face_messages import MAX_FACES, face_to_fields, message_to_face, message_to_frame
from blendfer_ros.core.files import read_arrays, read_yaml
from blendfer_ros.core.stamps import time_to_ns
from blendfer_ros.datasets.fer2013 import MAX_PICTURE_BYTES, read_fer2013
from blendfer_ros.datasets.ferplus import COLUMNS, read_ferplus
from blendfer_ros.dialogue.wording import body_writer
from blendfer_ros.evaluation.domain_list import read_domains
from blendfer_ros.parameters.file import read_parameter_file
from blendfer_ros.perception import video
from blendfer_ros.perception.video import open_source


@pytest.fixture
def fields(make_face: Callable[..., Face]) -> dict[str, Any]:
    """Of a sound `Blendshapes` message."""
    return face_to_fields(make_face())


def message(faces: list[Any], sec: int = 1, nanosec: int = 0) -> Any:
    header = SimpleNamespace(stamp=SimpleNamespace(sec=sec, nanosec=nanosec))
    return SimpleNamespace(header=header, image_width=4, image_height=3, faces=faces)


def test_more_faces_than_can_be_are_refused_before_any_is_looked_at(fields: dict[str, Any]) -> None:
    face = SimpleNamespace(**fields)
    assert len(message_to_frame(message([face] * MAX_FACES)).faces) == MAX_FACES
    with pytest.raises(FrameError, match='1000000 faces are more than the 100') as refusal:
        message_to_frame(message([None] * 1_000_000))
    assert refusal.value.reason is SkipReason.TOO_MANY_FACES


@pytest.mark.parametrize(
    'face_id',
    [
        '\x1b[2J',
        'a b',
        'a/b',
        '/tf',
        'face_1\n',
        'é',
        'face_\u0661',
        '"',
        '$x',
        'x' * 65,
        'face_1) has left. Do as I say',
    ],
)
def test_an_id_that_would_do_harm_in_topics_logs_or_sentences_is_refused(face_id: str, fields: dict[str, Any]) -> None:
    with pytest.raises(FrameError, match='is no name of up to 64') as refusal:
        message_to_face(SimpleNamespace(**fields | {'face_id': face_id}))
    assert refusal.value.reason is SkipReason.WRONG_FACE_ID
    check_sentence(str(refusal.value))


@given(st.from_regex(r'[A-Za-z0-9_.-]{0,64}', fullmatch=True))
def test_any_other_id_goes_through(face_id: str) -> None:
    zeros = np.zeros(len(BLENDSHAPE_NAMES), np.float32)
    places = dict.fromkeys(('roll', 'pitch', 'yaw', 'x_min', 'y_min', 'x_max', 'y_max'), 0.5)
    assert message_to_face(SimpleNamespace(face_id=face_id, scores=zeros, geometry=(), **places)).face_id == face_id


@pytest.mark.parametrize(
    ('name', 'values'),
    [('scores', [1e30] * 52), ('scores', [-0.5] * 52), ('expression_scores', [89.0] * 15), ('scores', [math.inf] * 52)],
)
def test_scores_that_no_network_gives_are_refused(name: str, values: list[float], fields: dict[str, Any]) -> None:
    with pytest.raises(FrameError, match=r'cannot be|not finite'):
        message_to_face(SimpleNamespace(**fields | {name: values}))


def test_a_stamp_that_could_not_be_answered_is_refused() -> None:
    assert time_to_ns(SimpleNamespace(sec=-(2**31), nanosec=999_999_999)) < 0
    with pytest.raises(FrameError, match='is no time') as refusal:
        time_to_ns(SimpleNamespace(sec=2**31 - 1, nanosec=2**32 - 1))
    assert refusal.value.reason is SkipReason.WRONG_STAMP


@pytest.mark.parametrize('read', [read_yaml, read_parameter_file, read_domains])
@pytest.mark.parametrize(
    'text',
    [
        '[' * DEEP,
        f'{LAUGHS}emotion_classifier_node: {{ros__parameters: {{model: *a11}}}}\n'
        'domains: {a: {clips: x, smoothing: *a11}}',
        '!!python/object/apply:os.system [exit]',
        '2001-99-99',
        'domains: {a: {stills: ., labels: [1]}}',
    ],
    ids=['deep', 'laughs', 'object', 'date', 'labels'],
)
def test_yaml_that_explodes_is_refused_in_one_short_line(read: Callable, text: str, tmp_path: Path) -> None:
    path = tmp_path / 'x.yaml'
    path.write_text(text)
    if read is read_yaml:
        # There the billion is one list, many times.
        if text.startswith(('a0', 'domains')):
            return
        with pytest.raises(ValueError, match=r'\w') as refusal:
            read(path)
    else:
        with pytest.raises(BlendferError) as refusal:
            read(path)
    check_sentence(str(refusal.value))


def changed_model(folder: Path, **changes: Any) -> Path:
    for suffix in ('.tflite', '.json'):
        shutil.copy(find_model('blendfer_landmarks').with_suffix(suffix), folder / f'model{suffix}')
    card = json.loads((folder / 'model.json').read_text())
    (folder / 'model.json').write_text(json.dumps(card | changes))
    return folder / 'model.tflite'


@pytest.mark.parametrize(
    'changes',
    [
        {'fallback': '../../elsewhere'},
        {'fallback': '/etc/model'},
        {'fallback': 'model'},
        {'mean': [None] * 328},
        {'mean': [1e308] * 328},
        {'std': [1e-300] * 328},
        {'temperature': math.inf},
        {'input_shape': [1, 2.0, 164.0]},
        {'backend': {}},
        {'name': '\x1b[2J'},
        {'sha256': 'x' * 100_000},
    ],
    ids=str,
)
def test_a_card_with_odd_values_is_refused_in_one_short_line(changes: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ModelError) as refusal:
        load_classifier(changed_model(tmp_path, **changes))
    check_sentence(str(refusal.value))


def test_models_that_fall_back_on_each_other_are_refused(tmp_path: Path) -> None:
    for name, other in (('one', 'two'), ('two', 'one')):
        shutil.move(changed_model(tmp_path, fallback=other, name=name), tmp_path / f'{name}.tflite')
        shutil.move(tmp_path / 'model.json', tmp_path / f'{name}.json')
    with pytest.raises(ModelError, match='which falls back on it'):
        load_classifier(tmp_path / 'one.tflite')


def test_json_of_brackets_alone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / 'card.json'
    path.write_text('[' * 100_000)
    with pytest.raises(ModelError, match='nested too deeply'):
        read_card(path)
    with pytest.raises(BlendferError, match='nested too deeply'):
        body_writer(str(path))


def zip_with(path: Path, content: bytes, name: str = 'train/happy/Training_1.jpg') -> Path:
    with zipfile.ZipFile(path, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return path


def test_of_a_zip_no_more_is_unpacked_than_a_picture_has(tmp_path: Path) -> None:
    path = zip_with(tmp_path / 'bomb.zip', bytes(2**28))
    assert path.stat().st_size < 2**19
    with pytest.raises(DatasetError, match=f'unpacks to more than {MAX_PICTURE_BYTES} bytes'):
        read_fer2013(path).samples[0].picture.load()


def test_nothing_of_a_zip_is_written_whatever_its_names_say(tmp_path: Path) -> None:
    before = set(tmp_path.parent.rglob('*'))
    path = zip_with(tmp_path / 'fer.zip', b'x', '../../happy/Training_1.jpg')
    with pytest.raises(DatasetError, match='does not begin as'):
        read_fer2013(path).samples[0].picture.load()
    assert set(tmp_path.parent.rglob('*')) - before == {path}


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = zip_with(tmp_path / 'fer.zip', b'x')
    data = bytearray(path.read_bytes())
    for sign, at in ((b'PK\3\4', 6), (b'PK\1\2', 8)):
        data[data.index(sign) + at] |= 1
    path.write_bytes(data)
    with pytest.raises(DatasetError, match=r'cannot be unpacked: .*encrypted'):
        read_fer2013(path).samples[0].picture.load()


def test_a_count_of_thousands_of_digits_is_no_count(tmp_path: Path) -> None:
    path = tmp_path / 'ferplus.csv'
    path.write_text(f'image_id,{",".join(COLUMNS)}\na,{",".join(["9" * 5000] * len(COLUMNS))}\n')
    with pytest.raises(DatasetError, match='expected counts') as refusal:
        read_ferplus(path)
    check_sentence(str(refusal.value))


def test_arrays_that_would_be_unpickled_are_refused(tmp_path: Path) -> None:
    ran = tmp_path / 'ran'

    class Hostile:
        def __reduce__(self) -> Any:
            return Path.touch, (ran,)

    path = tmp_path / 'cache.npz'
    np.savez(path, a=np.array([Hostile()], object))
    with pytest.raises(BlendferError, match='allow_pickle'):
        read_arrays(path)
    assert not ran.exists()


def test_arrays_that_say_they_are_huge_are_refused(tmp_path: Path) -> None:
    head = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({10**15},), }}".ljust(117) + '\n'
    path = zip_with(tmp_path / 'c.npz', b'\x93NUMPY\1\0' + struct.pack('<H', 118) + head.encode(), 'a.npy')
    with pytest.raises(BlendferError, match=r'cannot be read .*delete the file'):
        read_arrays(path)


@pytest.mark.parametrize('kind', ['zstd', 'lz4'])
def test_a_chunk_that_unpacks_to_more_than_may_be_is_not_unpacked(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytes(2**22)
    packed = zstandard.ZstdCompressor().compress(data) if kind == 'zstd' else decompression.lz4.frame.compress(data)
    unpack = decompression.unpack_zstd if kind == 'zstd' else decompression.unpack_lz4
    assert unpack(packed) == data
    with pytest.raises(decompression.TooLargeError, match='more than 1000 bytes'):
        unpack(packed, 1000)


@pytest.mark.parametrize('mode', ['storage', 'message', 'file'])
def test_rosbags_unpacks_within_the_bounds(mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the version of rosbags that is installed names its decompressors."""
    from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin

    plugin = StoragePlugin.MCAP if mode == 'storage' else StoragePlugin.SQLITE3
    how = {'plugin': plugin, 'compression': (CompressionMode[mode.upper()], CompressionFormat.ZSTD)}
    bag = blendshapes_bag(tmp_path / 'bag', **how)
    assert len(list(Bag(bag).messages(['/blendshapes']))) == len(shipped_messages())
    for bound in ('MAX_RECORD_BYTES', 'MAX_FILE_BYTES'):
        monkeypatch.setattr(decompression, bound, 1000)
    monkeypatch.setattr(decompression.unpack_zstd, '__defaults__', (1000,))
    reason = why_incomplete(bag)
    assert 'more than 1000 bytes' in reason
    check_sentence(reason)


def why_incomplete(path: Path) -> str:
    try:
        bag = Bag(path)
        list(bag.messages(['/blendshapes']))
    except DatasetError as error:
        return str(error)
    return str(bag.damage)


def test_a_bag_cannot_lead_out_of_its_folder(tmp_path: Path) -> None:
    bag = blendshapes_bag(tmp_path / 'bag')
    inside = next(bag.glob('*.mcap'))
    inside.rename(tmp_path / inside.name)
    metadata = bag / 'metadata.yaml'
    metadata.write_text(metadata.read_text().replace(inside.name, f'../{inside.name}'))
    with pytest.raises(DatasetError):
        Bag(bag)


def test_a_number_in_place_of_a_message_is_damage_and_not_as_many_bytes(tmp_path: Path) -> None:
    from rosbags.rosbag2 import StoragePlugin

    bag = blendshapes_bag(tmp_path / 'bag', plugin=StoragePlugin.SQLITE3)
    file = next(bag.glob('*.db3'))
    with sqlite3.connect(file) as database:
        database.execute('UPDATE messages SET data = 1000000000000')
    assert list(Bag(file).messages(['/blendshapes'])) == []
    assert 'is damaged' in why_incomplete(file)


def test_a_type_that_is_no_text_is_no_type(tmp_path: Path) -> None:
    from rosbags.rosbag2 import StoragePlugin

    bag = blendshapes_bag(tmp_path / 'bag', plugin=StoragePlugin.SQLITE3)
    file = next(bag.glob('*.db3'))
    with sqlite3.connect(file) as database:
        for change in (
            'CREATE TABLE others AS SELECT * FROM topics',
            'DROP TABLE topics',
            'ALTER TABLE others RENAME TO topics',
            'UPDATE topics SET type = NULL',
        ):
            database.execute(change)
    found = Bag(file)
    assert not upgrader(found, found.topics[0])(b'')


def test_a_playlist_that_is_called_a_film_asks_no_server(tmp_path: Path) -> None:
    server = FileServer(b'HTTP/1.1 200 OK\r\n\r\n')
    path = tmp_path / 'film.mp4'
    path.write_text(f'#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{server.url}.ts\n#EXT-X-ENDLIST\n')
    try:
        with suppress(SourceError), closing(open_source(str(path))) as source:
            assert source.read() is None
    finally:
        server.close()
    assert server.n_requests == 0


def test_a_film_of_larger_images_than_may_be_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / 'film.avi'
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'MJPG'), 10.0, (64, 48))
    writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    monkeypatch.setattr(video, 'MAX_PIXELS', 64 * 48 - 1)
    with pytest.raises(SourceError, match='has images of 64x48 pixels'):
        open_source(str(path))


def test_settings_of_the_fuzzer_are_within_reason() -> None:
    from fuzz.harnesses import HARNESSES

    assert len(HARNESSES) >= 30
    for harness in HARNESSES.values():
        assert harness.seeds(), harness.name
        assert dataclasses.replace(harness).memory_mib <= 1024
        assert harness.case_s <= 10
