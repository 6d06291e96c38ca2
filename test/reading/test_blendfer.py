"""The Python API reads as the nodes and the evaluation do."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

import blendfer_ros
from blendfer_ros import Blendfer
from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.classification.estimator import UNSMOOTHED, EmotionEstimator
from blendfer_ros.core.assets import find_expressions, find_model
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.errors import AssetError, FrameError
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.datasets.clips import perceive_clip
from blendfer_ros.datasets.faces import load_faces
from blendfer_ros.datasets.folders import read_folders
from blendfer_ros.datasets.pictures import Role
from blendfer_ros.evaluation.stills.predictions import predict
from blendfer_ros.evaluation.streams.clip_answers import answer_frames


def test_a_picture_is_read_from_a_file_and_from_pixels(
    clips: Path, face_frames: list[RgbImage], tmp_path: Path
) -> None:
    path = tmp_path / 'face.png'
    cv2.imwrite(str(path), cv2.cvtColor(face_frames[0], cv2.COLOR_RGB2BGR))
    with Blendfer() as blendfer:
        from_file, from_pixels = blendfer.read(path), blendfer.read(face_frames[0])
    assert from_file.as_json() == from_pixels.as_json()
    (face,) = from_file.faces
    assert from_file.state == 'tracking'
    assert from_file.emotion == face.emotion
    assert face.confidence == face.probabilities[face.emotion]
    assert list(face.probabilities) == list(EMOTIONS)
    assert sum(face.probabilities.values()) == pytest.approx(1.0, abs=1e-5)
    assert 0.5 < face.box.x_min < face.box.x_max < 1.0


def test_a_picture_is_read_for_itself(face_frames: list[RgbImage]) -> None:
    with Blendfer() as blendfer:
        first = blendfer.read(face_frames[0])
        blendfer.read(face_frames[20])
        again = blendfer.read(face_frames[0])
    assert first.as_json() == again.as_json()


def test_pictures_are_answered_as_evaluate_images_does(labelled_pictures: Path, bundle: Path) -> None:
    dataset = read_folders(labelled_pictures)
    predictions = predict(
        load_classifier(find_model()), load_faces(dataset, bundle, roles=[Role.TEST], expressions=find_expressions())
    )
    expected = {
        Path(name).name: (EMOTIONS[decision], probabilities.tolist())
        for name, decision, probabilities in zip(
            predictions.ids, predictions.decisions, predictions.probabilities, strict=True
        )
    }
    with Blendfer() as blendfer:
        for path in sorted(labelled_pictures.rglob('*.jpg')):
            reading = blendfer.read(path)
            if path.name not in expected:
                assert reading.state == 'no_face'
                continue
            emotion, probabilities = expected[path.name]
            assert reading.emotion == emotion
            # The cache keeps landmarks in 16 bits, which moves the crop by hundredths of a pixel.
            assert list(reading.faces[0].probabilities.values()) == pytest.approx(probabilities, abs=0.02)


def test_everybody_in_a_group_is_found(clips: Path, face_frames: list[RgbImage]) -> None:
    half = face_frames[0][:, 280:]
    reading = Blendfer().read(np.hstack([half, half]))
    assert [face.face_id for face in reading.faces] == ['face_1', 'face_2']


def test_nobody_is_no_face(bundle: Path) -> None:
    reading = Blendfer().read(np.zeros((200, 200, 3), np.uint8))
    assert (reading.state, reading.emotion, reading.faces) == ('no_face', 'unknown', ())


@pytest.mark.parametrize('smoothing', [True, False])
def test_a_video_is_answered_as_evaluate_clips_does(smoothing: bool, clips: Path, bundle: Path) -> None:
    path = clips / 'neutral_to_happy.mp4'
    options = [] if smoothing else [UNSMOOTHED]
    estimator = EmotionEstimator(load_classifier(find_model()), *options)
    answers = answer_frames(estimator, perceive_clip(path, bundle).frames)
    readings = list(Blendfer(smoothing=smoothing).stream(path))
    assert [reading.stamp_s for reading in readings] == [answer.stamp_s for answer in answers]
    assert [reading.primary.probabilities for reading in readings] == [answer.probabilities for answer in answers]
    said = [reading.emotion if reading.state == 'tracking' else reading.state for reading in readings]
    assert said == [answer.said for answer in answers]


def test_a_recording_of_numbers_needs_no_bundle() -> None:
    stream = Blendfer(bundle='/nowhere/face_landmarker.task').stream('sad_to_happy')
    counts = Counter(reading.emotion for reading in stream)
    assert counts['happy'] > 80
    assert counts['sad'] > 50
    assert (stream.n_images, stream.skipped, stream.damage) == (236, [], '')


def test_pictures_of_a_folder_that_cannot_be_read_are_left_out(
    labelled_pictures: Path, bundle: Path, tmp_path: Path
) -> None:
    (tmp_path / 'a.jpg').write_bytes(b'no picture')
    good = next(labelled_pictures.rglob('*.jpg'))
    (tmp_path / 'b.jpg').write_bytes(good.read_bytes())
    stream = Blendfer().stream(tmp_path)
    assert [reading.stamp_s for reading in stream] == [0.5]
    assert [str(tmp_path / 'a.jpg') in str(error) for error in stream.skipped] == [True]


@pytest.mark.parametrize(
    ('image', 'got'),
    [
        (np.zeros((4, 4), np.uint8), r'got \(4, 4\) and uint8'),
        (np.zeros((4, 4, 3), np.float32), r'got \(4, 4, 3\) and float32'),
        (np.zeros((0, 4, 3), np.uint8), r'got \(0, 4, 3\) and uint8'),
    ],
)
def test_what_is_no_image_is_refused_by_its_shape(image: np.ndarray, got: str) -> None:
    with pytest.raises(FrameError, match=got):
        Blendfer().read(image)


def test_a_model_that_is_not_there_is_refused_at_once() -> None:
    with pytest.raises(AssetError, match='nobody'):
        Blendfer('nobody')


def test_a_program_that_closes_nothing_ends_quietly(face_frames: list[RgbImage], tmp_path: Path) -> None:
    path = tmp_path / 'face.png'
    cv2.imwrite(str(path), cv2.cvtColor(face_frames[0], cv2.COLOR_RGB2BGR))
    program = f'from blendfer_ros import Blendfer\nb = Blendfer()\nprint(b.read({str(path)!r}).state)\n'
    ended = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, 'tracking\n')
    assert 'Exception' not in ended.stderr


def test_the_package_offers_this_and_nothing_by_mistake() -> None:
    assert blendfer_ros.__all__ == ['Blendfer']
    with pytest.raises(AttributeError, match="no attribute 'Blender'"):
        _ = blendfer_ros.Blender
    assert (Path(blendfer_ros.__file__).parent / 'py.typed').is_file()
