"""The shipped model loads and answers; one that does not belong to its card is refused in one sentence."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.classification.features import FEATURE_SETS, feature_vector
from blendfer_ros.core.assets import find_model, sha256_of
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.errors import ModelError
from blendfer_ros.core.face import Face
from blendfer_ros.core.probabilities import calibrate


@pytest.fixture
def copied_model(tmp_path: Path) -> Path:
    """The shipped model and its card, where they may be spoilt."""
    shipped = find_model()
    for suffix in ('.tflite', '.json'):
        shutil.copy(shipped.with_suffix(suffix), tmp_path)
    return tmp_path / shipped.name


def change_card(model: Path, **changes: Any) -> None:
    card = json.loads(model.with_suffix('.json').read_text())
    card.update(changes)
    model.with_suffix('.json').write_text(json.dumps(card))


def test_the_shipped_model_gives_a_distribution(make_face: Callable[..., Face]) -> None:
    model = load_classifier(find_model())
    probabilities = model.predict(feature_vector(make_face(), model.card.feature_set))
    assert probabilities.shape == (len(EMOTIONS),)
    assert probabilities.sum() == pytest.approx(1.0, abs=1e-5)


def test_the_same_features_always_give_the_same_answer() -> None:
    """An LSTM carries state through the steps of one sample, never from one sample to the next."""
    model = load_classifier(find_model())
    rows = np.random.default_rng(0).normal(size=(3, FEATURE_SETS[model.card.feature_set])).astype(np.float32)
    first = model.predict(rows[0])
    model.predict(rows[1])
    np.testing.assert_array_equal(model.predict(rows[0]), first)


@pytest.mark.parametrize('name', ['blendfer', 'blendfer_blendshapes'])
def test_the_shipped_models_are_small_and_quantised(name: str) -> None:
    assert find_model(name).stat().st_size <= 200_000


def test_a_model_is_fed_the_chosen_features_in_their_order(copied_model: Path) -> None:
    straight = load_classifier(copied_model)
    features = np.random.default_rng(0).normal(size=len(straight.card.chosen_features)).astype(np.float32)
    change_card(copied_model, chosen_features=list(reversed(straight.card.chosen_features)))
    np.testing.assert_array_equal(load_classifier(copied_model).predict(features[::-1]), straight.predict(features))


@pytest.mark.parametrize(
    ('changes', 'cause'),
    [
        ({'sha256': '0' * 64}, 'its card says 000000000000'),
        ({'input_shape': [1, 4, 82]}, r'input shape \(1, 2, 164\), its card says \(1, 4, 82\)'),
        ({'input_shape': [1, 4, 80]}, r'input_shape is \(1, 4, 80\), expected'),
        ({'emotions': ['sad', 'unknown', 'happy']}, r"emotions is \('sad', 'unknown', 'happy'\), expected"),
        ({'blendshapes': ['jawOpen']}, r"blendshapes is \('jawOpen',\), expected"),
        ({'geometry_landmarks': [1, 2]}, r'geometry_landmarks is \(1, 2\), expected'),
        ({'chosen_features': [*range(327), 328]}, 'chosen_features are not indices from 0 to 327'),
        ({'chosen_features': [*range(327), 1.5]}, 'chosen_features are not indices from 0 to 327'),
        ({'feature_set': 'pixels'}, "feature_set is 'pixels', expected one of"),
        ({'mean': [0.0]}, 'length of mean is 1, expected 328'),
        ({'std': [0.0] * 328}, 'std has a value that is not above 0'),
        ({'temperature': -1.0}, 'temperature has a value that is not above 0'),
        ({'decision_weights': [1.0, 1.0]}, 'length of decision_weights is 2, expected 3'),
        ({'format': 99}, 'format is 99, expected 2'),
        ({'colour': 'blue'}, "unexpected keyword argument 'colour'"),
        ({'temperature': 'warm'}, 'cannot be read'),
    ],
)
def test_a_card_that_differs_is_refused_naming_what(changes: dict[str, Any], cause: str, copied_model: Path) -> None:
    change_card(copied_model, **changes)
    with pytest.raises(ModelError, match=cause) as refusal:
        load_classifier(copied_model)
    assert str(copied_model.parent) in str(refusal.value)
    assert '\n' not in str(refusal.value)


def test_a_missing_card_is_refused_by_name(copied_model: Path) -> None:
    copied_model.with_suffix('.json').unlink()
    with pytest.raises(ModelError, match=r'model card .*blendfer\.json is missing'):
        load_classifier(copied_model)


@pytest.mark.parametrize('text', ['', '{', '[]', 'null', '{"name": "x"}'])
def test_a_card_that_is_no_card_is_refused(text: str, copied_model: Path) -> None:
    copied_model.with_suffix('.json').write_text(text)
    with pytest.raises(ModelError, match='cannot be read'):
        load_classifier(copied_model)


def test_a_missing_model_is_refused_by_name(copied_model: Path) -> None:
    copied_model.unlink()
    with pytest.raises(ModelError, match=f'no model at {copied_model}'):
        load_classifier(copied_model)


def test_a_damaged_model_with_a_matching_hash_is_still_refused(copied_model: Path) -> None:
    copied_model.write_bytes(copied_model.read_bytes()[:1000])
    change_card(copied_model, sha256=sha256_of(copied_model))
    with pytest.raises(ModelError, match='TFLite cannot load'):
        load_classifier(copied_model)


def test_temperature_1_changes_nothing_and_a_higher_one_flattens() -> None:
    probabilities = np.array([[0.7, 0.2, 0.1]], np.float32)
    np.testing.assert_allclose(calibrate(probabilities, 1.0), probabilities, atol=1e-6)
    flatter = calibrate(probabilities, 2.0)
    assert flatter.sum() == pytest.approx(1.0)
    assert 1 / 3 < flatter[0, 0] < 0.7
