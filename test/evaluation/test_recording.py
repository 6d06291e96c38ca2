"""Blendshape recordings are ordinary bags without pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rosbags.highlevel import AnyReader

from blendfer_ros import cli
from blendfer_ros.assets import find_recording
from blendfer_ros.contract import GEOMETRY_SIZE
from blendfer_ros.errors import DatasetError
from blendfer_ros.evaluation.recording import read_recording, typestore


def test_the_shipped_recording_is_read_in_order_and_small() -> None:
    bag = find_recording('sad_to_happy')
    stamps = [message.recorded_ns for message in read_recording(bag)]
    assert len(stamps) == 236
    assert stamps == sorted(set(stamps))
    assert sum(path.stat().st_size for path in bag.iterdir()) < 500_000


def test_any_reader_of_bags_understands_it_without_this_package() -> None:
    with AnyReader([find_recording('sad_to_happy')]) as reader:
        (connection,) = reader.connections
        _, _, cdr = next(reader.messages())
        message = reader.deserialize(cdr, connection.msgtype)
    assert connection.topic == '/blendshapes'
    assert (message.image_width, message.image_height) == (640, 360)
    assert message.faces[0].scores.shape == (52,)


def test_a_video_becomes_a_recording_with_its_stamps_and_faces(bundle: Path, clips: Path, tmp_path: Path) -> None:
    bag = tmp_path / 'bag'
    clip = str(clips / 'neutral_to_happy.mp4')
    assert cli.main(['record', clip, str(bag), '--every', '2', '--bundle', str(bundle)]) == 0
    messages = list(read_recording(bag))
    types = typestore()
    decoded = [types.deserialize_cdr(m.cdr, 'blendfer_ros/msg/BlendshapesArray') for m in messages]
    assert len(decoded) > 20
    assert [m.header.stamp.sec * 10**9 + m.header.stamp.nanosec for m in decoded] == [m.recorded_ns for m in messages]
    faces = [face for message in decoded for face in message.faces]
    assert len(faces) == len(decoded)
    assert {face.geometry.shape for face in faces} == {(GEOMETRY_SIZE,)}
    assert np.all([(face.scores >= 0.0) & (face.scores <= 1.0) for face in faces])


def test_an_existing_bag_is_not_overwritten(
    bundle: Path, clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    clip = str(clips / 'neutral_to_happy.mp4')
    assert cli.main(['record', clip, str(tmp_path), '--bundle', str(bundle)]) == 1
    assert f'cannot write {tmp_path}' in capsys.readouterr().err


def test_a_folder_that_is_no_bag_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=f'{tmp_path} cannot be read as a rosbag2'):
        list(read_recording(tmp_path))
