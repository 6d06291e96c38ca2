"""Blendshape recordings are ordinary bags without pixels."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mcap.reader import make_reader
from rosbags.highlevel import AnyReader
from support.bag_maker import observed
from support.image_bags import DELAY_NS, FRAME_ID, START_NS, write_image_bag

from blendfer_ros.bags.reading import Bag
from blendfer_ros.commands import cli
from blendfer_ros.core.assets import find_model, find_recording
from blendfer_ros.core.landmarks import GEOMETRY_SIZE
from blendfer_ros.core.stamps import time_to_ns
from blendfer_ros.evaluation.streams.bag_answers import Candidate, answer_bag


@dataclass(frozen=True)
class Message:
    """One message of a recording: when it was recorded [ns], and what it says."""

    recorded_ns: int
    content: Any


def read(bag: Path) -> list[Message]:
    opened = Bag(bag)
    types = opened.typestore()
    return [
        Message(message.recorded_ns, types.deserialize_cdr(message.cdr, message.topic.message_type))
        for message in opened.messages(['/blendshapes'])
    ]


def size_bytes(bag: Path) -> int:
    return sum(path.stat().st_size for path in bag.iterdir())


@pytest.fixture(scope='module')
def recorded(bundle: Path, image_bag: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `blendfer record` makes of the bag with images."""
    bag = tmp_path_factory.mktemp('recorded') / 'faces'
    assert cli.main(['record', str(image_bag), str(bag), '--bundle', str(bundle)]) == 0
    return bag


def test_the_shipped_recording_is_read_in_order_and_small() -> None:
    bag = find_recording('sad_to_happy')
    stamps = [message.recorded_ns for message in read(bag)]
    assert len(stamps) == 236
    assert stamps == sorted(set(stamps))
    assert size_bytes(bag) < 500_000


def test_any_reader_of_bags_understands_it_without_this_package(recorded: Path) -> None:
    for bag, size_px in ((find_recording('sad_to_happy'), (640, 360)), (recorded, (320, 180))):
        with AnyReader([bag]) as reader:
            (connection,) = reader.connections
            _, _, cdr = next(reader.messages())
            message: Any = reader.deserialize(cdr, connection.msgtype)
        assert connection.topic == '/blendshapes'
        assert (message.image_width, message.image_height) == size_px
        assert message.faces[0].scores.shape == (52,)


def test_the_reader_of_mcaps_makers_finds_index_definitions_and_compression(recorded: Path) -> None:
    with (recorded / 'faces.mcap').open('rb') as file:
        summary = make_reader(file).get_summary()
    assert summary is not None
    assert summary.statistics is not None
    assert summary.statistics.message_count == 72
    assert [(schema.name, schema.encoding) for schema in summary.schemas.values()] == [
        ('blendfer_ros/msg/BlendshapesArray', 'ros2msg')
    ]
    assert {chunk.compression for chunk in summary.chunk_indexes} == {'zstd'}


def test_a_video_becomes_a_recording_with_its_stamps_and_faces(bundle: Path, clips: Path, tmp_path: Path) -> None:
    bag = tmp_path / 'bag'
    clip = str(clips / 'neutral_to_happy.mp4')
    assert cli.main(['record', clip, str(bag), '--every', '2', '--bundle', str(bundle)]) == 0
    messages = read(bag)
    assert len(messages) == 36
    assert [time_to_ns(m.content.header.stamp) for m in messages] == [m.recorded_ns for m in messages]
    faces = [face for message in messages for face in message.content.faces]
    assert len(faces) == len(messages)
    assert {face.geometry.shape for face in faces} == {(GEOMETRY_SIZE,)}
    assert np.all([(face.scores >= 0.0) & (face.scores <= 1.0) for face in faces])


def test_a_bag_keeps_stamps_frame_and_recorded_times_and_loses_the_pixels(recorded: Path, image_bag: Path) -> None:
    messages = read(recorded)
    images = list(Bag(image_bag).messages(['/camera/image_raw']))
    assert [m.recorded_ns for m in messages] == [image.recorded_ns for image in images]
    assert [time_to_ns(m.content.header.stamp) for m in messages] == [m.recorded_ns - DELAY_NS for m in messages]
    assert {m.content.header.frame_id for m in messages} == {FRAME_ID}
    assert size_bytes(recorded) < size_bytes(image_bag) / 50


def test_a_recording_is_answered_as_the_images_are(recorded: Path, image_bag: Path, bundle: Path) -> None:
    of_images, of_numbers = (observed(bag, bundle) for bag in (image_bag, recorded))
    assert len(of_images) == len(of_numbers) == 72
    assert {estimate.emotion for _, everybody in of_images for estimate in everybody} == {'happy', 'unknown'}
    candidates = [Candidate('blendfer', find_model())]
    images, numbers = (answer_bag(bag, candidates, lambda: bundle, quiet=True) for bag in (image_bag, recorded))
    assert (images.stream, images.first_stamp_ns, images.n_people) == (
        numbers.stream,
        numbers.first_stamp_ns,
        numbers.n_people,
    )
    for (image_ns, in_image), (numbers_ns, in_numbers) in zip(of_images, of_numbers, strict=True):
        assert image_ns == numbers_ns
        for a, b in zip(in_image, in_numbers, strict=True):
            assert (a.face_id, a.emotion) == (b.face_id, b.emotion)
            assert a.probabilities == pytest.approx(b.probabilities, abs=1e-6)


def test_a_damaged_bag_of_compressed_images_is_recorded_up_to_there(
    bundle: Path, clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / 'jpegs'
    write_image_bag(source, clips / 'neutral_to_happy.mp4', 60, (640, 360), compressed=True)
    file = source / 'jpegs.mcap'
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    bag = tmp_path / 'faces'
    words = ['record', str(source), str(bag), '--topic', '/camera/image_raw/compressed', '--bundle', str(bundle)]
    assert cli.main(words) == 0
    assert 'jpegs.mcap is damaged at byte' in capsys.readouterr().err
    messages = read(bag)
    assert 10 < len(messages) < 50
    assert messages[0].recorded_ns == START_NS + DELAY_NS


def test_a_bag_without_images_is_refused_by_its_topics(
    bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ['record', str(find_recording('sad_to_happy')), str(tmp_path / 'bag'), '--bundle', str(bundle)]
    assert cli.main(words) == 1
    assert 'has no topic of images; its topics: /blendshapes' in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_topic_of_what_is_no_bag_is_refused(
    bundle: Path, clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ['record', str(clips / 'neutral_to_happy.mp4'), str(tmp_path / 'bag'), '--topic', '/image']
    assert cli.main([*words, '--bundle', str(bundle)]) == 1
    assert '--topic is for bags' in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_one_image_in_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(['record', 'clip.mp4', 'bag', '--every', '0'])
    assert "invalid count value: '0'" in capsys.readouterr().err


def test_an_existing_bag_is_not_overwritten(
    bundle: Path, clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip = str(clips / 'neutral_to_happy.mp4')
    assert cli.main(['record', clip, str(tmp_path), '--bundle', str(bundle)]) == 1
    assert f'cannot write {tmp_path}' in capsys.readouterr().err


def test_an_interrupted_recording_leaves_nothing_behind(bundle: Path, clips: Path, tmp_path: Path) -> None:
    clip = clips / 'woman_sad_to_happy.mp4'
    words = ['record', str(clip), str(tmp_path / 'bag'), '--bundle', str(bundle)]
    with subprocess.Popen(
        [sys.executable, '-m', 'blendfer_ros.commands.cli', *words], stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        said = b''
        # The second time that the progress bar shows, images are being written.
        while said.count(b'recording:') < 2:
            block = process.stderr.read1()
            assert block, said
            said += block
        assert list(tmp_path.iterdir())
        process.send_signal(signal.SIGINT)
        assert b'blendfer: interrupted' in process.stderr.read()
    assert process.returncode == 130
    assert not list(tmp_path.iterdir())
