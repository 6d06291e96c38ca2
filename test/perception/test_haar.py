"""The Haar cascade on real frames: who is found, by which id, and what is no face."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.region_overlap import overlap

from blendfer_ros.core.assets import find_expressions
from blendfer_ros.core.errors import AssetError, FrameError, ModelError, SkipReason
from blendfer_ros.core.expressions import EXPRESSION_NAMES
from blendfer_ros.core.face import Face, FaceFrame, Region
from blendfer_ros.core.image_types import GreyImage, RgbImage
from blendfer_ros.core.images import grey_to_rgb
from blendfer_ros.core.stamps import MAX_GAP_NS, NS_PER_S, TIME_JUMP_NS
from blendfer_ros.perception.decoding import decode_image
from blendfer_ros.perception.face_landmarker import FaceLandmarker
from blendfer_ros.perception.haar import HaarPerceiver
from blendfer_ros.perception.tracking import FaceTracker

FRAME_NS = 41_000_000
START_NS = 100 * NS_PER_S
LATER_NS = itertools.count(START_NS, FRAME_NS)
# A cascade's box reaches from the forehead to the chin, landmarks from brow to chin.
SAME_FACE = 0.5


@pytest.fixture
def perceiver() -> HaarPerceiver:
    return HaarPerceiver(find_expressions())


@pytest.fixture(scope='module')
def woman(bundle: Path, face_frames: list[RgbImage]) -> Face:
    """The face of the first frame as FaceLandmarker finds it."""
    with FaceLandmarker(bundle, 'image') as landmarker:
        (face,) = landmarker.detect(face_frames[0], 0)
    return face


@pytest.fixture(scope='module')
def elsewhere() -> Iterator[HaarPerceiver]:
    """One for examples of hypothesis, which have nothing to do with each other."""
    perceiver = HaarPerceiver(find_expressions())
    yield perceiver
    perceiver.close()


def followed(perceiver: HaarPerceiver, frames: list[RgbImage], start_ns: int = START_NS) -> list[FaceFrame]:
    return [perceiver.perceive(rgb, start_ns + i * FRAME_NS) for i, rgb in enumerate(frames)]


def ids(frame: FaceFrame) -> list[str]:
    return [face.face_id for face in frame.faces]


def resized(rgb: RgbImage, width_px: int, height_px: int) -> RgbImage:
    return np.asarray(cv2.resize(rgb, (width_px, height_px), interpolation=cv2.INTER_AREA), np.uint8)


def test_the_person_of_the_clip_is_found_in_every_image_under_one_id(
    perceiver: HaarPerceiver, face_frames: list[RgbImage], woman: Face
) -> None:
    frames = followed(perceiver, face_frames[::2])
    assert [ids(frame) for frame in frames] == [['face_1']] * 12
    assert [frame.stamp_ns for frame in frames] == [START_NS + i * FRAME_NS for i in range(12)]
    assert {(frame.width_px, frame.height_px) for frame in frames} == {(640, 360)}
    assert min(overlap(frame.faces[0].region, woman.region) for frame in frames) > SAME_FACE


def test_a_face_comes_with_expression_scores_and_nothing_else(
    perceiver: HaarPerceiver, face_frames: list[RgbImage]
) -> None:
    (face,) = perceiver.perceive(face_frames[0], START_NS).faces
    assert (face.blendshapes.size, face.geometry.size, face.landmarks.size) == (0, 0, 0)
    assert face.expression_scores.shape == (len(EXPRESSION_NAMES),)
    assert np.exp(face.expression_scores).sum() == pytest.approx(2.0, abs=1e-4)
    assert face.expression_model.startswith('expressions-')
    assert face.pose.frontality == 1.0
    assert face.quality == 1.0


def test_images_that_change_their_size_show_the_same_person(
    perceiver: HaarPerceiver, face_frames: list[RgbImage], woman: Face
) -> None:
    sizes = [(640, 360), (320, 180), (1280, 720), (481, 271), (640, 360), (200, 113)]
    frames = followed(perceiver, [resized(rgb, *size) for rgb, size in zip(face_frames, sizes, strict=False)])
    assert [ids(frame) for frame in frames] == [['face_1']] * len(sizes)
    assert [(frame.width_px, frame.height_px) for frame in frames] == sizes
    assert min(overlap(frame.faces[0].region, woman.region) for frame in frames) > SAME_FACE


@pytest.mark.parametrize('factor', [0.3, 1.6])
def test_a_picture_without_colour_darker_or_brighter_shows_the_same_face(
    factor: float, perceiver: HaarPerceiver, face_frames: list[RgbImage]
) -> None:
    grey = cv2.cvtColor(face_frames[0], cv2.COLOR_RGB2GRAY)
    relit = np.clip(factor * grey.astype(float), 0, 255).astype(np.uint8)
    (in_colour,) = perceiver.perceive(face_frames[0], START_NS).faces
    (in_grey,) = perceiver.perceive(grey_to_rgb(relit), START_NS + FRAME_NS).faces
    assert in_grey.face_id == in_colour.face_id
    assert overlap(in_grey.region, in_colour.region) > 0.8


def message(pixels: GreyImage, encoding: str) -> SimpleNamespace:
    """The fields of a raw image that decoding reads."""
    height_px, width_px = pixels.shape[:2]
    return SimpleNamespace(
        height=height_px,
        width=width_px,
        encoding=encoding,
        is_bigendian=0,
        step=pixels.strides[0],
        data=np.ascontiguousarray(pixels).reshape(-1).view(np.uint8),
    )


def test_a_camera_of_eight_bits_of_grey_is_decoded_and_searched(
    perceiver: HaarPerceiver, face_frames: list[RgbImage], woman: Face
) -> None:
    grey = np.asarray(cv2.cvtColor(face_frames[0], cv2.COLOR_RGB2GRAY), np.uint8)
    (face,) = perceiver.perceive(decode_image(message(grey, 'mono8')), START_NS).faces
    assert overlap(face.region, woman.region) > SAME_FACE


@pytest.mark.parametrize('encoding', ['mono16', '16UC1'])
def test_a_camera_of_sixteen_bits_is_refused_where_images_are_decoded(
    encoding: str, face_frames: list[RgbImage]
) -> None:
    deep = cv2.cvtColor(face_frames[0], cv2.COLOR_RGB2GRAY).astype(np.uint16) * 257
    with pytest.raises(FrameError, match=f"unknown encoding '{encoding}'") as refusal:
        decode_image(message(deep, encoding))
    assert refusal.value.reason is SkipReason.UNKNOWN_ENCODING


@pytest.mark.parametrize('seed', range(5))
def test_nobody_is_in_noise(seed: int, elsewhere: HaarPerceiver) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (360, 640, 3), dtype=np.uint8)
    assert elsewhere.perceive(noise, next(LATER_NS)).faces == ()


@settings(max_examples=60)
@given(
    height_px=st.integers(1, 80),
    width_px=st.one_of(st.integers(1, 80), st.integers(470, 500), st.just(3000)),
    level=st.one_of(st.none(), st.integers(0, 255)),
)
def test_images_of_any_size_are_searched_and_are_nobody(
    height_px: int, width_px: int, level: int | None, elsewhere: HaarPerceiver
) -> None:
    across = np.arange(width_px) * 7 % 256 if level is None else np.full(width_px, level)
    rgb = np.tile(across.astype(np.uint8)[None, :, None], (height_px, 1, 3))
    frame = elsewhere.perceive(rgb, next(LATER_NS))
    assert (frame.width_px, frame.height_px, frame.faces) == (width_px, height_px, ())


@pytest.mark.parametrize('edge', ['left', 'right', 'top', 'bottom'])
def test_a_face_at_the_border_is_found_inside_the_picture_and_scored(
    edge: str, perceiver: HaarPerceiver, face_frames: list[RgbImage]
) -> None:
    rgb = face_frames[0]
    height_px, width_px = rgb.shape[:2]
    (face,) = perceiver.perceive(rgb, START_NS).faces
    region, cut = face.region, 0.06
    # The picture is cut off a little inside the box that the cascade has found.
    part = {
        'left': rgb[:, round((region.x_min + cut * region.width) * width_px) :],
        'right': rgb[:, : round((region.x_max - cut * region.width) * width_px)],
        'top': rgb[round((region.y_min + cut * region.height) * height_px) :],
        'bottom': rgb[: round((region.y_max - cut * region.height) * height_px)],
    }[edge]
    (cut_off,) = HaarPerceiver(find_expressions()).perceive(np.ascontiguousarray(part), START_NS).faces
    assert cut_off.region.visible == pytest.approx(1.0)
    assert np.abs(np.exp(cut_off.expression_scores) - np.exp(face.expression_scores)).max() < 0.4
    gap = {
        'left': cut_off.region.x_min,
        'right': 1.0 - cut_off.region.x_max,
        'top': cut_off.region.y_min,
        'bottom': 1.0 - cut_off.region.y_max,
    }[edge]
    assert 0.0 <= gap < 0.1


def beside_each_other(rgb: RgbImage) -> RgbImage:
    """The same person twice."""
    return np.hstack([rgb, rgb])


def test_two_people_are_two_ids_that_stay_with_them(perceiver: HaarPerceiver, face_frames: list[RgbImage]) -> None:
    frames = followed(perceiver, [beside_each_other(rgb) for rgb in face_frames[:6]])
    sides = [{face.face_id: face.region.centre[0] > 0.5 for face in frame.faces} for frame in frames]
    assert sides[0].keys() == {'face_1', 'face_2'}
    assert sides.count(sides[0]) == len(sides)


def test_no_more_people_are_followed_than_asked_for_and_these_are_the_largest(face_frames: list[RgbImage]) -> None:
    large, small = face_frames[0], np.zeros_like(face_frames[0])
    small[90:270, 160:480] = resized(face_frames[0], 320, 180)
    both = np.hstack([small, large])
    everybody = HaarPerceiver(find_expressions()).perceive(both, START_NS).faces
    assert [face.region.centre[0] > 0.5 for face in everybody] == [True, False]
    (one,) = HaarPerceiver(find_expressions(), num_faces=1).perceive(both, START_NS).faces
    assert one.region == everybody[0].region


def test_who_was_away_too_long_or_before_a_jump_in_time_gets_a_new_id_and_no_id_is_given_twice(
    face_frames: list[RgbImage],
) -> None:
    tracker = FaceTracker()
    perceiver = HaarPerceiver(find_expressions(), tracker)
    stamps_ns = [START_NS, START_NS + MAX_GAP_NS, START_NS + 3 * MAX_GAP_NS, START_NS - TIME_JUMP_NS]
    given_ids = [ids(perceiver.perceive(face_frames[0], stamp_ns)) for stamp_ns in stamps_ns]
    assert given_ids == [['face_1'], ['face_1'], ['face_2'], ['face_3']]
    again = HaarPerceiver(find_expressions(), tracker)
    assert ids(again.perceive(face_frames[0], START_NS)) == ['face_4']


@pytest.mark.parametrize(
    ('shift_ns', 'reason'), [(0, SkipReason.REPEATED_STAMP), (-FRAME_NS, SkipReason.STAMP_OUT_OF_ORDER)]
)
def test_an_image_that_comes_twice_or_late_is_refused_and_the_next_shows_the_same_person(
    shift_ns: int, reason: SkipReason, perceiver: HaarPerceiver, face_frames: list[RgbImage]
) -> None:
    perceiver.perceive(face_frames[0], START_NS)
    with pytest.raises(FrameError) as refusal:
        perceiver.perceive(face_frames[1], START_NS + shift_ns)
    assert refusal.value.reason is reason
    assert ids(perceiver.perceive(face_frames[1], START_NS + FRAME_NS)) == ['face_1']


def test_an_opencv_without_cascades_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.delattr(cv2, 'CascadeClassifier')
        with pytest.raises(AssetError, match=r'has no Haar cascades: install opencv-python below 5$'):
            HaarPerceiver(find_expressions())
    monkeypatch.setattr('blendfer_ros.perception.haar.CASCADE_NAME', 'gone.xml')
    with pytest.raises(AssetError, match=r'cannot load gone\.xml: install opencv-python below 5') as refusal:
        HaarPerceiver(find_expressions())
    assert '\n' not in str(refusal.value)


def test_without_the_network_nothing_is_searched(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=rf'model card {tmp_path}/gone\.json is missing'):
        HaarPerceiver(tmp_path / 'gone.tflite')


def test_boxes_are_fractions_of_the_picture_whatever_its_shape(
    perceiver: HaarPerceiver, face_frames: list[RgbImage]
) -> None:
    tall = np.vstack([face_frames[0], np.zeros((720, 640, 3), np.uint8)])
    (face,) = HaarPerceiver(find_expressions()).perceive(face_frames[0], START_NS).faces
    (in_tall,) = perceiver.perceive(tall, START_NS).faces
    expected = Region(face.region.x_min, face.region.y_min / 3, face.region.x_max, face.region.y_max / 3)
    assert overlap(in_tall.region, expected) > 0.8
