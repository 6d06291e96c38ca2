"""The network that looks at pixels: what it says of real faces, and what it refuses to be."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from blendfer_ros.core.assets import find_expressions, find_model, sha256_of
from blendfer_ros.core.errors import AssetError, ModelError
from blendfer_ros.core.expressions import EXPRESSION_NAMES, LABEL_EXPRESSIONS, VOTE_EXPRESSIONS
from blendfer_ros.core.face import Face, FloatArray
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.perception.crops import (
    CROP_SIZE_PX,
    crop_face,
    square_of_box,
    square_of_landmarks,
    standardised,
)
from blendfer_ros.perception.expressions import (
    ExpressionCard,
    ExpressionNetwork,
    read_expression_card,
    square_of,
)
from blendfer_ros.perception.face_landmarker import FaceLandmarker
from blendfer_ros.perception.perceiver import FacePerceiver

# When the woman of the clip is sad, and when she smiles, as numbers of images.
SAD_IMAGES = range(20, 130, 20)
SMILING_IMAGES = range(320, 470, 25)
HAPPY = EXPRESSION_NAMES.index('label_happy'), EXPRESSION_NAMES.index('votes_happiness')
SAD = EXPRESSION_NAMES.index('label_sad'), EXPRESSION_NAMES.index('votes_sadness')
N_LABELS = len(LABEL_EXPRESSIONS)

Shown = tuple[Face, RgbImage]


@pytest.fixture(scope='module')
def network() -> ExpressionNetwork:
    """The shipped one."""
    return ExpressionNetwork(find_expressions())


@pytest.fixture(scope='module')
def shown(bundle: Path, clips: Path) -> dict[str, list[Shown]]:
    """A face that is sad in some pictures and smiles in others, each with its picture."""
    capture = cv2.VideoCapture(str(clips / 'woman_sad_to_happy.mp4'))
    found: dict[str, list[Shown]] = {'sad': [], 'smiling': []}
    with FaceLandmarker(bundle, 'image') as landmarker:
        for i in range(max(SMILING_IMAGES) + 1):
            _, bgr = capture.read()
            if i in SAD_IMAGES or i in SMILING_IMAGES:
                rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
                (face,) = landmarker.detect(rgb, 0)
                found['sad' if i in SAD_IMAGES else 'smiling'].append((face, rgb))
    capture.release()
    return found


@pytest.fixture
def copied_network(tmp_path: Path) -> Path:
    """The shipped network and its card, where they may be spoilt."""
    shipped = find_expressions()
    for suffix in ('.tflite', '.json'):
        shutil.copy(shipped.with_suffix(suffix), tmp_path)
    return tmp_path / shipped.name


def change_card(network: Path, **changes: Any) -> None:
    card = json.loads(network.with_suffix('.json').read_text())
    network.with_suffix('.json').write_text(json.dumps({**card, **changes}))


def probabilities(network: ExpressionNetwork, face: Face, rgb: RgbImage) -> FloatArray:
    return np.asarray(np.exp(network.look_at(face, rgb).expression_scores), np.float32)


def assert_two_distributions(scores: FloatArray) -> None:
    assert (scores.shape, scores.dtype) == ((len(EXPRESSION_NAMES),), np.float32)
    assert (scores <= 1e-5).all()
    assert np.exp(scores[:N_LABELS]).sum() == pytest.approx(1.0, abs=1e-4)
    assert np.exp(scores[N_LABELS:]).sum() == pytest.approx(1.0, abs=1e-4)


def test_there_are_seven_labels_and_eight_votes_each_named_once() -> None:
    assert (N_LABELS, len(VOTE_EXPRESSIONS)) == (7, 8)
    assert len(set(EXPRESSION_NAMES)) == 15
    assert EXPRESSION_NAMES[0] == 'label_angry'
    assert EXPRESSION_NAMES[N_LABELS] == 'votes_neutral'


def test_scores_of_a_face_are_two_distributions_by_the_network_that_is_named(
    network: ExpressionNetwork, shown: dict[str, list[Shown]]
) -> None:
    for face, rgb in (*shown['sad'], *shown['smiling']):
        seen = network.look_at(face, rgb)
        assert_two_distributions(seen.expression_scores)
        assert seen.expression_model == f'expressions-{sha256_of(find_expressions())[:12]}'
        np.testing.assert_array_equal(seen.blendshapes, face.blendshapes)
        assert (seen.region, seen.pose, seen.face_id) == (face.region, face.pose, face.face_id)


@settings(max_examples=40)
@given(
    arrays.arrays(
        np.uint8,
        st.tuples(st.integers(1, 60), st.integers(1, 60), st.just(3)),
        elements=st.integers(0, 255),
        fill=st.integers(0, 255),
    )
)
def test_whatever_is_in_the_picture_its_scores_are_two_distributions(
    network: ExpressionNetwork, shown: dict[str, list[Shown]], rgb: RgbImage
) -> None:
    face, _ = shown['sad'][0]
    assert_two_distributions(network.look_at(face, rgb).expression_scores)


def test_who_smiles_looks_happier_than_who_is_sad_by_landmarks_and_by_box(
    network: ExpressionNetwork, shown: dict[str, list[Shown]]
) -> None:
    for frame_by in (lambda face: face, without_landmarks):
        sad, smiling = (
            np.array([probabilities(network, frame_by(face), rgb) for face, rgb in shown[mood]])
            for mood in ('sad', 'smiling')
        )
        for happy, unhappy in zip(HAPPY, SAD, strict=True):
            assert smiling[:, happy].min() > sad[:, happy].max()
            assert sad[:, unhappy].min() > smiling[:, unhappy].max()
            assert (smiling[:, happy] > 0.5).all()


def without_landmarks(face: Face) -> Face:
    return replace(face, landmarks=np.zeros((0, 3), np.float32))


def test_the_mirror_image_of_a_crop_has_the_same_scores(
    network: ExpressionNetwork, shown: dict[str, list[Shown]]
) -> None:
    for face, rgb in (*shown['sad'], *shown['smiling']):
        crop = standardised(crop_face(rgb, square_of(face, rgb)))
        np.testing.assert_allclose(network.of_crop(crop[:, ::-1]), network.of_crop(crop), atol=1e-3)


def test_the_face_of_the_mirror_image_has_all_but_the_same_scores(
    network: ExpressionNetwork, shown: dict[str, list[Shown]]
) -> None:
    for face, rgb in (*shown['sad'], *shown['smiling']):
        landmarks = face.landmarks * (-1.0, 1.0, 1.0) + (1.0, 0.0, 0.0)
        # The eyes change places, and with them their corners.
        landmarks[[33, 263]] = landmarks[[263, 33]]
        mirrored = replace(face, landmarks=landmarks.astype(np.float32))
        picture = np.ascontiguousarray(rgb[:, ::-1])
        difference = probabilities(network, mirrored, picture) - probabilities(network, face, rgb)
        assert np.abs(difference).max() < 0.03


@pytest.mark.parametrize(('gain', 'offset'), [(0.5, 0), (0.7, 20), (1.0, -10), (0.8, 50)])
def test_the_light_of_the_room_hardly_matters(
    gain: float, offset: int, network: ExpressionNetwork, shown: dict[str, list[Shown]]
) -> None:
    for face, rgb in (shown['sad'][0], shown['smiling'][0]):
        relit = np.clip(np.rint(gain * rgb + offset), 0, 255).astype(np.uint8)
        difference = probabilities(network, face, relit) - probabilities(network, face, rgb)
        assert np.abs(difference).max() < 0.08


def test_a_face_is_framed_by_its_landmarks_and_without_any_by_its_box(shown: dict[str, list[Shown]]) -> None:
    face, rgb = shown['sad'][0]
    height_px, width_px = rgb.shape[:2]
    assert square_of(face, rgb) == square_of_landmarks(face.landmarks, width_px, height_px)
    assert square_of(without_landmarks(face), rgb) == square_of_box(face.region, width_px, height_px)


def test_looking_at_one_face_leaves_nothing_for_the_next(
    network: ExpressionNetwork, shown: dict[str, list[Shown]]
) -> None:
    sad, smiling = shown['sad'][0], shown['smiling'][0]
    before = network.look_at(*sad).expression_scores
    network.look_at(*smiling)
    np.testing.assert_array_equal(network.look_at(*sad).expression_scores, before)


def test_perception_looks_at_pixels_when_it_is_given_the_network(bundle: Path, shown: dict[str, list[Shown]]) -> None:
    _, rgb = shown['smiling'][0]
    with closing(FacePerceiver(bundle)) as without, closing(FacePerceiver(bundle, expressions=find_expressions())) as w:
        (plain,), (seen,) = without.perceive(rgb, 1).faces, w.perceive(rgb, 1).faces
    assert (plain.expression_scores.size, plain.expression_model) == (0, '')
    assert_two_distributions(seen.expression_scores)
    assert int(seen.expression_scores[:N_LABELS].argmax()) == HAPPY[0]
    assert (seen.face_id, seen.region) == (plain.face_id, plain.region)
    np.testing.assert_array_equal(seen.blendshapes, plain.blendshapes)


def test_a_network_that_cannot_be_loaded_stops_perception_before_it_begins(bundle: Path, copied_network: Path) -> None:
    copied_network.with_suffix('.json').unlink()
    with pytest.raises(ModelError, match=r'model card .*expressions\.json is missing'):
        FacePerceiver(bundle, expressions=copied_network)


def one_sentence(load: Callable[[], object]) -> str:
    with pytest.raises(ModelError) as refusal:
        load()
    assert '\n' not in str(refusal.value)
    return str(refusal.value)


def test_a_missing_file_is_refused_by_name(copied_network: Path) -> None:
    copied_network.unlink()
    assert one_sentence(lambda: ExpressionNetwork(copied_network)) == f'no model at {copied_network}'


def test_a_name_that_is_not_shipped_is_refused() -> None:
    with pytest.raises(AssetError, match=r'there is no network nobody that looks at pixels: give expressions'):
        find_expressions('nobody')


def test_a_file_cut_short_is_refused_even_when_the_card_knows_its_hash(copied_network: Path) -> None:
    copied_network.write_bytes(copied_network.read_bytes()[:1000])
    assert 'they are not from the same training' in one_sentence(lambda: ExpressionNetwork(copied_network))
    change_card(copied_network, sha256=sha256_of(copied_network))
    assert f'TFLite cannot load {copied_network}' in one_sentence(lambda: ExpressionNetwork(copied_network))


def test_a_network_that_does_something_else_is_refused(copied_network: Path) -> None:
    shutil.copy(find_model('blendfer_blendshapes'), copied_network)
    change_card(copied_network, sha256=sha256_of(copied_network))
    said = one_sentence(lambda: ExpressionNetwork(copied_network))
    assert said.startswith(f'{copied_network} has input shape')
    assert said.endswith(f'its card says (1, {CROP_SIZE_PX}, {CROP_SIZE_PX}, 1)')


def test_the_card_of_a_classifier_is_none(copied_network: Path) -> None:
    shutil.copy(find_model('blendfer').with_suffix('.json'), copied_network.with_suffix('.json'))
    said = one_sentence(lambda: ExpressionNetwork(copied_network))
    assert said.startswith(f'model card {copied_network.with_suffix(".json")} cannot be read')


@pytest.mark.parametrize('text', ['', '{', '[]', 'null', '7', '{"name": "x"}', '{"name": "x", "sha256": "0", "a": 1}'])
def test_a_card_that_is_no_card_is_refused(text: str, copied_network: Path) -> None:
    card = copied_network.with_suffix('.json')
    card.write_text(text)
    assert one_sentence(lambda: ExpressionNetwork(copied_network)).startswith(f'model card {card} cannot be read')


@pytest.mark.parametrize(
    ('changes', 'cause'),
    [
        ({'format': 99}, 'format is 99, expected 1'),
        ({'crop_size_px': 64}, 'crop_size_px is 64, expected 48'),
        ({'expressions': ['label_happy']}, "expressions is ('label_happy',), expected ('label_angry',"),
        ({'expressions': list(reversed(EXPRESSION_NAMES))}, "expressions is ('votes_contempt',"),
        ({'sha256': '0' * 64}, 'its card says 000000000000…: they are not from the same training'),
        ({'sha256': None}, 'sha256 is None'),
        ({'sha256': 7}, 'sha256 is 7'),
        ({'name': ['expressions']}, "name is ('expressions',)"),
    ],
)
def test_a_card_that_differs_is_refused_naming_what(changes: dict[str, Any], cause: str, copied_network: Path) -> None:
    change_card(copied_network, **changes)
    said = one_sentence(lambda: ExpressionNetwork(copied_network))
    assert cause in said
    assert str(copied_network.parent) in said


def test_a_card_written_is_the_card_read(tmp_path: Path) -> None:
    card = ExpressionCard(name='mine', sha256='a1' * 32, training={'n': 3}, metrics={'PublicTest': {'n': 2}})
    card.write(tmp_path / 'mine.json')
    assert read_expression_card(tmp_path / 'mine.json') == card
    assert card.model_id == 'mine-a1a1a1a1a1a1'
