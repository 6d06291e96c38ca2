"""A model that is carried on: whom it has seen before colours what it says of them, and of nobody else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.made_up_faces import made_up_faces
from support.scored_faces import NETWORK, from_pixels_alone, scored
from support.trained_on_scores import QUICK_CNN_LSTM, scored_training, with_scores

from blendfer_ros.classification.backends import load_classifier, read_card
from blendfer_ros.classification.backends.recurrent import RECURRENT, RecurrentCard, RecurrentClassifier
from blendfer_ros.classification.classifier import Classifier
from blendfer_ros.classification.estimator import UNSMOOTHED, EmotionEstimator
from blendfer_ros.core.errors import FrameError, ModelError, SkipReason
from blendfer_ros.core.face import Face, FaceFrame, FloatArray
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.datasets.pictures import Role
from blendfer_ros.evaluation.stills.predictions import predict

MakeFace = Callable[..., Face]
FRAME_NS = NS_PER_S // 10

# A face's happiness and sadness, image by image.
moods = st.lists(st.sampled_from([(0.9, 0.0), (0.0, 0.9), (0.3, 0.3), (0.0, 0.0)]), min_size=1, max_size=8)


@pytest.fixture
def classifier(recurrent_model: Path) -> Classifier:
    return load_classifier(recurrent_model)


@pytest.fixture
def happy(make_face: MakeFace) -> Face:
    return from_pixels_alone(scored(make_face(), happy=0.9))


@pytest.fixture
def sad(make_face: MakeFace) -> Face:
    return from_pixels_alone(scored(make_face(), sad=0.9))


def said(classifier: Classifier, faces: Sequence[Face]) -> list[FloatArray]:
    return [classifier.predict(face) for face in faces]


def test_a_recurrent_card_loads_what_it_says_and_has_learnt_it(classifier: Classifier, happy: Face, sad: Face) -> None:
    assert isinstance(classifier, RecurrentClassifier)
    assert isinstance(classifier.card, RecurrentCard)
    assert classifier.card.backend == RECURRENT
    assert classifier.card.input_shape == (1, 1, 15)
    assert classifier.card.expression_model == NETWORK
    assert said(classifier, [happy])[0].argmax() == 0
    assert said(classifier, [sad])[0].argmax() == 2


def test_it_remembers_the_person_it_was_started_for(classifier: Classifier, happy: Face, sad: Face) -> None:
    went_on = classifier.start()
    for _ in range(5):
        went_on.predict(happy)
    after_happy = went_on.predict(sad)
    at_once = classifier.start().predict(sad)
    assert after_happy[0] > at_once[0]
    assert np.abs(after_happy - at_once).max() > 0.01


def test_the_first_image_of_a_person_is_answered_as_a_still(classifier: Classifier, happy: Face, sad: Face) -> None:
    for face in (happy, sad):
        np.testing.assert_array_equal(classifier.start().predict(face), classifier.predict(face))


def test_each_still_is_the_first_of_its_own_sequence(classifier: Classifier, happy: Face, sad: Face) -> None:
    alone = said(classifier, [sad])[0]
    for answer in (said(classifier, [happy, happy, sad])[-1], said(classifier, [sad])[0]):
        np.testing.assert_array_equal(answer, alone)


@settings(max_examples=30)
@given(one=moods, other=moods)
def test_what_one_person_shows_changes_nothing_of_what_is_said_about_another(
    one: list[tuple[float, float]], other: list[tuple[float, float]], recurrent_model: Path, a_face: Face
) -> None:
    classifier = load_classifier(recurrent_model)
    alone = said(classifier.start(), faces_of(a_face, one))
    first, second = classifier.start(), classifier.start()
    together = []
    for i in range(max(len(one), len(other))):
        if i < len(other):
            second.predict(faces_of(a_face, other[i : i + 1])[0])
            classifier.predict(faces_of(a_face, other[i : i + 1])[0])
        if i < len(one):
            together.append(first.predict(faces_of(a_face, one[i : i + 1])[0]))
    np.testing.assert_array_equal(together, alone)


@pytest.fixture(scope='module')
def a_face() -> Face:
    return next(made_up_faces(Role.TRAIN, 1, 0).faces())


def faces_of(face: Face, shown: Sequence[tuple[float, float]]) -> list[Face]:
    return [from_pixels_alone(scored(face, happy, sad)) for happy, sad in shown]


def test_carried_on_step_by_step_it_says_what_the_trained_network_says_of_the_whole_sequence(
    make_face: MakeFace, tmp_path: Path
) -> None:
    pytest.importorskip('tf_keras', reason='needs TensorFlow and tf_keras: pip install blendfer_ros[train]')
    from blendfer_ros.training.network import emotions_of_classes
    from blendfer_ros.training.train import fit_recipe, write_model

    faces, recipe = scored_training(n=150), replace(QUICK_CNN_LSTM, epochs=1)
    fitted = fit_recipe(faces, recipe, tmp_path / 'checkpoints')
    card = write_model(fitted, faces, recipe, tmp_path / 'model.tflite')
    # As it comes from the network, before it is calibrated.
    replace(card, temperature=1.0).write(tmp_path / 'model.json')
    rng = np.random.default_rng(0)
    sequence = faces_of(make_face(), [tuple(rng.dirichlet([1.0, 1.0, 1.0])[:2]) for _ in range(30)])
    inputs = fitted.scaling.apply(np.array([face.expression_scores for face in sequence]))
    whole = np.asarray(fitted.fitted[0].network(inputs[None], training=False))[0] @ emotions_of_classes(7)
    stepwise = np.array(said(load_classifier(tmp_path / 'model.tflite').start(), sequence))
    # Weights are quantised to eight bits.
    assert np.abs(stepwise - whole).mean() < 0.01
    assert np.abs(stepwise - whole).max() < 0.05
    # Each for itself they are something else, so that there was something to carry on.
    stills = np.array(said(load_classifier(tmp_path / 'model.tflite'), sequence))
    assert np.abs(stills - whole)[1:].mean() > np.abs(stepwise - whole).mean()


def test_the_estimator_carries_everybody_on_by_themselves(recurrent_model: Path, happy: Face, sad: Face) -> None:
    def last(faces: Sequence[Sequence[Face]]) -> dict[str, tuple[float, ...]]:
        estimator = EmotionEstimator(load_classifier(recurrent_model), UNSMOOTHED)
        for i, of_image in enumerate(faces):
            stamp_ns = NS_PER_S + i * FRAME_NS
            answers = estimator.observe(FaceFrame(stamp_ns, 640, 480, tuple(of_image)), stamp_ns)
        assert estimator.models_in_use() == ('small_cnn_lstm',)
        return {answer.face_id: answer.probabilities for answer in answers}

    a, b = [replace(happy, face_id='a')] * 4, [replace(sad, face_id='b')] * 4
    turned = [replace(sad, face_id='a')]
    together = last([*zip(a, b, strict=True), (turned[0], b[0])])
    assert together == {**last([[face] for face in [*a, *turned]]), **last([[face] for face in [*b, b[0]]])}
    assert together['a'] != together['b']


def test_a_data_set_of_stills_is_measured_the_same_in_any_order(recurrent_model: Path) -> None:
    faces = with_scores(made_up_faces(Role.TEST, 40, 7), NETWORK, 7)
    classifier = load_classifier(recurrent_model)
    straight = predict(classifier, faces)
    back = predict(classifier, faces.where(np.ones(len(faces), np.bool_)))
    order = np.arange(len(faces))[::-1]
    reversed_faces = replace(
        faces, **{name: getattr(faces, name)[order] for name in faces.__dataclass_fields__ if name not in NOT_ROWS}
    )
    np.testing.assert_array_equal(back.probabilities, straight.probabilities)
    np.testing.assert_array_equal(predict(classifier, reversed_faces).probabilities[::-1], straight.probabilities)


NOT_ROWS = ('classes', 'emotions')


@pytest.mark.parametrize('started', [False, True])
def test_faces_without_scores_or_with_those_of_another_network_are_refused(
    started: bool, classifier: Classifier, make_face: MakeFace, happy: Face
) -> None:
    asked = classifier.start() if started else classifier
    assert asked.answering(happy) is asked
    with pytest.raises(FrameError, match='comes without the expression scores this model needs') as refusal:
        asked.check(make_face())
    assert refusal.value.reason is SkipReason.MISSING_FEATURES
    foreign = scored(make_face(), happy=0.9, network='expressions-ffffffffffff')
    said = f'the expression scores are from expressions-ffffffffffff, and not from {NETWORK}'
    with pytest.raises(FrameError, match=said) as refusal:
        asked.check(foreign)
    assert refusal.value.reason is SkipReason.FOREIGN_SCORES


def test_a_file_replaced_while_it_is_in_use_does_not_change_who_answers(
    recurrent_model: Path, tmp_path: Path, happy: Face
) -> None:
    model = tmp_path / recurrent_model.name
    for suffix in ('.tflite', '.json'):
        shutil.copy(recurrent_model.with_suffix(suffix), tmp_path)
    classifier = load_classifier(model)
    before = classifier.start().predict(happy)
    model.write_bytes(b'another model')
    np.testing.assert_array_equal(classifier.start().predict(happy), before)


@pytest.mark.parametrize(
    ('changes', 'cause'),
    [
        ({'input_shape': [1, 3, 5]}, 'input shape (1, 1, 15), its card says (1, 3, 5)'),
        ({'expression_model': ''}, "feature_set is expressions, and expression_model is ''"),
        ({'feature_set': 'blendshapes'}, 'feature_set is blendshapes, and expression_model is'),
        ({'backend': 'lstm'}, "backend is 'lstm', expected one of features, recurrent"),
    ],
)
def test_a_card_that_differs_is_refused_naming_what(
    changes: dict[str, object], cause: str, recurrent_model: Path, tmp_path: Path
) -> None:
    for suffix in ('.tflite', '.json'):
        shutil.copy(recurrent_model.with_suffix(suffix), tmp_path)
    card = tmp_path / recurrent_model.with_suffix('.json').name
    card.write_text(json.dumps({**json.loads(card.read_text()), **changes}))
    with pytest.raises(ModelError) as refusal:
        load_classifier(card.with_suffix('.tflite'))
    assert cause in str(refusal.value)
    assert '\n' not in str(refusal.value)


def test_its_card_comes_back_as_it_was_written(recurrent_model: Path, tmp_path: Path) -> None:
    card = read_card(recurrent_model.with_suffix('.json'))
    card.write(tmp_path / 'again.json')
    assert read_card(tmp_path / 'again.json') == card
    assert isinstance(card, RecurrentCard)
