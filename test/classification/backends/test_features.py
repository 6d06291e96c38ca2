"""The shipped model loads and answers; one that does not belong to its card is refused in one sentence."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.classification.backends.features import FEATURES, FeaturesCard, FeaturesClassifier
from blendfer_ros.core.assets import find_model
from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.errors import FrameError, ModelError
from blendfer_ros.core.face import Face

N_SCORES = len(BLENDSHAPE_NAMES)


@pytest.fixture
def copied_model(tmp_path: Path) -> Path:
    """The shipped model and its card, where they may be spoilt."""
    shipped = find_model('blendfer_landmarks')
    for suffix in ('.tflite', '.json'):
        shutil.copy(shipped.with_suffix(suffix), tmp_path)
    return tmp_path / shipped.name


def change_card(model: Path, **changes: Any) -> None:
    card = json.loads(model.with_suffix('.json').read_text())
    card.update(changes)
    model.with_suffix('.json').write_text(json.dumps(card))


def test_the_shipped_model_gives_a_distribution(make_face: Callable[..., Face]) -> None:
    probabilities = load_classifier(find_model('blendfer_landmarks')).predict(make_face())
    assert probabilities.shape == (len(EMOTIONS),)
    assert probabilities.dtype == np.float32
    assert probabilities.sum() == pytest.approx(1.0, abs=1e-5)


def test_a_missing_model_is_refused_by_name(copied_model: Path) -> None:
    copied_model.unlink()
    with pytest.raises(ModelError, match=f'no model at {copied_model}'):
        load_classifier(copied_model)


def test_the_same_face_always_gets_the_same_answer(make_face: Callable[..., Face]) -> None:
    """An LSTM carries state through the steps of one face, never from one face to the next."""
    classifier = load_classifier(find_model('blendfer_landmarks'))
    smile, frown = make_face(mouthSmileLeft=0.9), make_face(mouthFrownLeft=0.9)
    first = classifier.predict(smile)
    other = classifier.predict(frown)
    assert (other != first).any()
    np.testing.assert_array_equal(classifier.predict(smile), first)


def test_everybody_can_be_asked_about_by_the_same_one(make_face: Callable[..., Face]) -> None:
    classifier = load_classifier(find_model('blendfer_landmarks'))
    np.testing.assert_array_equal(classifier.start().predict(make_face()), classifier.predict(make_face()))


def test_a_face_without_what_the_model_reads_is_refused(make_face: Callable[..., Face]) -> None:
    bare = replace(make_face(), geometry=np.zeros(0, np.float32))
    classifier = load_classifier(find_model('blendfer_landmarks'))
    classifier.check(make_face())
    for ask in (classifier.check, classifier.predict):
        with pytest.raises(FrameError, match="face 'face_1' comes without the landmark geometry this model needs"):
            ask(bare)
    load_classifier(find_model('blendfer_blendshapes')).check(bare)


@pytest.mark.parametrize(
    ('name', 'most'), [('blendfer', 300_000), ('blendfer_landmarks', 200_000), ('blendfer_blendshapes', 200_000)]
)
def test_the_shipped_models_are_small_and_quantised(name: str, most: int) -> None:
    assert find_model(name).stat().st_size <= most


def test_a_model_is_fed_the_chosen_features_in_their_order(copied_model: Path, make_face: Callable[..., Face]) -> None:
    straight = load_classifier(copied_model)
    card = straight.card
    assert isinstance(card, FeaturesCard)
    # Two features change places in the card and in the face: what the network is fed stays the same.
    order = list(card.chosen_features)
    score, number = order[1], order[-1] - N_SCORES
    assert score < N_SCORES <= order[-1]
    order[1], order[-1] = order[-1], order[1]
    change_card(copied_model, chosen_features=order)
    face = make_face(browDownLeft=0.25)
    blendshapes, geometry = face.blendshapes.copy(), face.geometry.copy()
    blendshapes[score], geometry[number] = geometry[number], blendshapes[score]
    exchanged = replace(face, blendshapes=blendshapes, geometry=geometry)
    swapped = load_classifier(copied_model)
    np.testing.assert_array_equal(swapped.predict(exchanged), straight.predict(face))
    assert (swapped.predict(face) != straight.predict(face)).any()


def test_features_are_standardised_and_bounded_by_the_card(copied_model: Path, make_face: Callable[..., Face]) -> None:
    card = load_classifier(copied_model).card
    assert isinstance(card, FeaturesCard)
    far, farther = (replace(make_face(), geometry=np.full(276, value, np.float32)) for value in (1e3, 1e6))
    plain = load_classifier(copied_model).predict(far)
    np.testing.assert_array_equal(load_classifier(copied_model).predict(farther), plain)
    change_card(copied_model, mean=[m + 1.0 for m in card.mean])
    moved = replace(
        make_face(), blendshapes=make_face().blendshapes + 1.0, geometry=make_face().geometry + np.float32(1.0)
    )
    np.testing.assert_allclose(
        load_classifier(copied_model).predict(moved),
        load_classifier(find_model('blendfer_landmarks')).predict(make_face()),
        atol=1e-3,
    )


def test_a_card_written_is_the_card_read(copied_model: Path) -> None:
    card = load_classifier(copied_model).card
    card.write(copied_model.with_suffix('.json'))
    again = load_classifier(copied_model)
    assert isinstance(again, FeaturesClassifier)
    assert again.card == card
    assert json.loads(copied_model.with_suffix('.json').read_text())['backend'] == FEATURES


@pytest.mark.parametrize(
    ('changes', 'cause'),
    [
        ({'sha256': '0' * 64}, 'its card says 000000000000'),
        ({'sha256': None}, 'sha256 is None, expected text'),
        ({'name': ['blendfer']}, r"name is \('blendfer',\), expected text"),
        ({'emotions': ['sad', 'unknown', 'happy']}, r"emotions is \('sad', 'unknown', 'happy'\), expected"),
        ({'blendshapes': ['jawOpen']}, r"blendshapes is \('jawOpen',\), expected"),
        ({'geometry_landmarks': [1, 2]}, r'geometry_landmarks is \(1, 2\), expected'),
        ({'chosen_features': [*range(327), 328]}, 'chosen_features are not indices from 0 to 327'),
        ({'chosen_features': [*range(327), 1.5]}, 'chosen_features are not indices from 0 to 327'),
        (
            {'feature_set': 'pixels'},
            "feature_set is 'pixels', expected parts of blendshapes, geometry, expressions joined by",
        ),
        ({'feature_set': 'blendshapes+geometry+expressions'}, "and expression_model is ''"),
        ({'expression_model': 'expressions-0123456789ab'}, "and expression_model is 'expressions-0123456789ab'"),
        ({'feature_set': 'blendshapes'}, 'chosen_features are not indices from 0 to 51'),
        ({'backend': 'crystal ball'}, "backend is 'crystal ball', expected one of features"),
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


@pytest.mark.parametrize(
    ('changes', 'cause'),
    [
        (lambda n: {'input_shape': [1, n, 1]}, 'input shape {shape}, its card says (1, {n}, 1)'),
        (lambda n: {'input_shape': [1, 1, n - 1]}, 'input_shape is (1, 1, {less}), expected (1, steps, values) of {n}'),
        (lambda n: {'mean': [0.0]}, 'length of mean is 1, expected {n}'),
        (lambda n: {'std': [1.0] * (n - 1)}, 'length of std is {less}, expected {n}'),
        (lambda n: {'std': [0.0] * n}, 'std has a value that is not above 0'),
    ],
)
def test_a_card_of_other_sizes_is_refused_naming_both(
    changes: Callable[[int], dict[str, Any]], cause: str, copied_model: Path
) -> None:
    card = load_classifier(copied_model).card
    assert isinstance(card, FeaturesCard)
    n = card.n_inputs
    change_card(copied_model, **changes(n))
    with pytest.raises(ModelError, match=re.escape(cause.format(shape=card.input_shape, n=n, less=n - 1))):
        load_classifier(copied_model)
