"""Faces that come without what a model reads are answered about by the model it names, and nobody's id jumps."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.made_up_faces import made_up_faces
from support.scored_faces import NETWORK, from_pixels_alone, scored
from support.trained_on_scores import with_scores

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.classification.backends.fallback import WithFallback
from blendfer_ros.classification.classifier import Classifier
from blendfer_ros.classification.estimator import UNSMOOTHED, EmotionEstimator, EstimatorOptions
from blendfer_ros.core.errors import FrameError, ModelError, SkipReason
from blendfer_ros.core.estimate import EmotionEstimate, TrackingState
from blendfer_ros.core.expressions import LABEL_EXPRESSIONS
from blendfer_ros.core.face import Face, FaceFrame
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.pictures import Role
from blendfer_ros.evaluation.stills.predictions import predict

MakeFace = Callable[..., Face]
FRAME_NS = NS_PER_S // 10
OTHER_NETWORK = 'expressions-ffffffffffff'


@pytest.fixture
def classifier(falling_back_model: Path) -> Classifier:
    return load_classifier(falling_back_model)


@pytest.fixture
def second(falling_back_model: Path) -> Classifier:
    """The one that answers without scores, by itself."""
    return load_classifier(falling_back_model.with_name('second.tflite'))


@pytest.fixture
def copied_pair(falling_back_model: Path, tmp_path: Path) -> Path:
    """Both models, where they may be spoilt."""
    for name in ('first', 'second'):
        for suffix in ('.tflite', '.json'):
            shutil.copy(falling_back_model.with_name(f'{name}{suffix}'), tmp_path)
    return tmp_path / 'first.tflite'


def test_the_card_is_the_first_models_and_names_the_other(classifier: Classifier) -> None:
    assert isinstance(classifier, WithFallback)
    assert (classifier.card.name, getattr(classifier.card, 'fallback', '')) == ('first', 'second')


def test_a_face_with_scores_is_answered_about_by_the_first(classifier: Classifier, make_face: MakeFace) -> None:
    face = scored(make_face(), happy=0.9)
    classifier.check(face)
    assert classifier.answering(face).card.name == 'first'
    np.testing.assert_array_equal(classifier.predict(face), classifier.answering(face).predict(face))


@pytest.mark.parametrize('network', ['', OTHER_NETWORK])
def test_a_face_without_scores_or_with_foreign_ones_is_answered_about_by_the_second(
    network: str, classifier: Classifier, second: Classifier, make_face: MakeFace
) -> None:
    face = make_face(mouthSmileLeft=0.9, mouthSmileRight=0.9)
    shown = scored(face, sad=0.9, network=network) if network else face
    classifier.check(shown)
    assert classifier.answering(shown).card.name == 'second'
    # What the foreign network says is not looked at.
    np.testing.assert_array_equal(classifier.predict(shown), second.predict(face))


def test_a_face_that_neither_can_read_is_refused(classifier: Classifier, make_face: MakeFace) -> None:
    nothing_but_foreign = from_pixels_alone(scored(make_face(), happy=0.9, network=OTHER_NETWORK))
    for ask in (classifier.check, classifier.predict):
        with pytest.raises(FrameError, match='comes without the blendshapes this model needs') as refusal:
            ask(nothing_but_foreign)
        assert refusal.value.reason is SkipReason.MISSING_FEATURES


def observed(estimator: EmotionEstimator, faces: list[Face]) -> list[EmotionEstimate]:
    """The answers to images a tenth of a second apart, each with one face."""
    answers = []
    for i, face in enumerate(faces):
        stamp_ns = NS_PER_S + i * FRAME_NS
        answers += estimator.observe(FaceFrame(stamp_ns, 640, 480, (face,)), stamp_ns)
    return answers


def test_a_recording_of_before_there_were_scores_is_answered_as_by_the_second_alone(
    classifier: Classifier, second: Classifier
) -> None:
    faces = [replace(face, face_id='face_1') for face in made_up_faces(Role.TEST, 20, 5).with_face().faces()]
    estimator = EmotionEstimator(classifier)
    assert observed(estimator, faces) == observed(EmotionEstimator(second), faces)
    assert estimator.models_in_use() == ('second',)


def test_models_change_over_and_back_while_the_person_stays_the_same(
    classifier: Classifier, make_face: MakeFace
) -> None:
    smile = make_face(mouthSmileLeft=0.9, mouthSmileRight=0.9)
    estimator = EmotionEstimator(classifier, UNSMOOTHED)
    shown = [*[scored(smile, happy=0.9)] * 3, *[smile] * 3, *[scored(smile, happy=0.9)] * 3]
    said, in_use = [], []
    for i, face in enumerate(shown):
        stamp_ns = NS_PER_S + i * FRAME_NS
        (answer,) = estimator.observe(FaceFrame(stamp_ns, 640, 480, (face,)), stamp_ns)
        reported = estimator.report(stamp_ns)
        assert (reported.state, reported.face_id) == (TrackingState.TRACKING, 'face_1')
        said.append(answer)
        in_use.append(estimator.models_in_use())
    assert in_use == [('first',)] * 3 + [('second',)] * 3 + [('first',)] * 3
    assert [answer.face_id for answer in said] == ['face_1'] * 9
    assert [len(answer.expressions) for answer in said] == [7] * 3 + [0] * 3 + [7] * 3
    # Nothing of the model before is left in what is said after the change.
    for answer, face in zip(said, shown, strict=True):
        np.testing.assert_allclose(answer.probabilities, classifier.predict(face), atol=1e-5)


def test_a_change_of_models_begins_smoothing_anew(classifier: Classifier, make_face: MakeFace) -> None:
    smile = make_face(mouthSmileLeft=0.9, mouthSmileRight=0.9)
    sad = scored(smile, sad=0.9)
    (*_, last) = observed(EmotionEstimator(classifier), [*[sad] * 10, smile])
    np.testing.assert_allclose(last.probabilities, classifier.predict(smile), atol=1e-5)


def test_a_resting_face_is_learnt_anew_by_the_model_that_answers(classifier: Classifier, make_face: MakeFace) -> None:
    smile = make_face(mouthSmileLeft=0.9, mouthSmileRight=0.9)
    estimator = EmotionEstimator(classifier, EstimatorOptions(auto_neutral=True))
    observed(estimator, [scored(smile, happy=0.9)] * 30)
    assert estimator.has_learnt_neutral('face_1')
    stamp_ns = NS_PER_S + 30 * FRAME_NS
    estimator.observe(FaceFrame(stamp_ns, 640, 480, (smile,)), stamp_ns)
    assert estimator.has_learnt_neutral('face_1') is False


@settings(max_examples=30)
@given(networks=st.lists(st.sampled_from(['', NETWORK, OTHER_NETWORK]), min_size=1, max_size=12))
def test_however_scores_come_and_go_every_image_is_answered_by_whoever_can(
    networks: list[str], falling_back_model: Path
) -> None:
    classifier = load_classifier(falling_back_model)
    face = replace(next(made_up_faces(Role.TEST, 1, 0).faces()), face_id='face_1')
    estimator = EmotionEstimator(classifier)
    for i, network in enumerate(networks):
        shown = scored(face, happy=0.5, network=network) if network else face
        stamp_ns = NS_PER_S + i * FRAME_NS
        (answer,) = estimator.observe(FaceFrame(stamp_ns, 640, 480, (shown,)), stamp_ns)
        assert estimator.models_in_use() == ('first' if network == NETWORK else 'second',)
        assert answer.face_id == 'face_1'


def test_each_person_has_the_model_that_can_read_them_and_each_is_named_once(
    classifier: Classifier, make_face: MakeFace
) -> None:
    estimator = EmotionEstimator(classifier, UNSMOOTHED)
    assert estimator.models_in_use() == ()
    seen = [scored(make_face(name), happy=0.9) for name in ('a', 'c')]
    unseen = [make_face(name) for name in ('b', 'd')]
    answers = estimator.observe(FaceFrame(NS_PER_S, 640, 480, (seen[0], unseen[0], seen[1], unseen[1])), NS_PER_S)
    assert estimator.models_in_use() == ('first', 'second')
    assert [answer.face_id for answer in answers] == ['a', 'b', 'c', 'd']
    estimator.observe(FaceFrame(9 * NS_PER_S, 640, 480, tuple(unseen)), 9 * NS_PER_S)
    assert estimator.models_in_use() == ('second',)


def test_an_estimate_says_the_seven_labels_of_this_image(classifier: Classifier, make_face: MakeFace) -> None:
    (answer,) = observed(EmotionEstimator(classifier), [scored(make_face(), happy=0.75)])
    assert len(answer.expressions) == len(LABEL_EXPRESSIONS)
    assert sum(answer.expressions) == pytest.approx(1.0, abs=1e-5)
    assert answer.expressions.index(max(answer.expressions)) == LABEL_EXPRESSIONS.index('happy')


def test_a_data_set_of_which_part_has_scores_is_decided_by_each_models_own_weights(
    classifier: Classifier, second: Classifier
) -> None:
    faces = made_up_faces(Role.TEST, 60, 9)
    scores = with_scores(faces, NETWORK, 9)
    half = np.arange(len(faces)) % 2 == 0
    mixed = replace(
        scores,
        expressions=np.where(half[:, None], scores.expressions, np.float32(0.0)),
        expression_models=np.where(half, scores.expression_models, ''),
    )
    both = predict(classifier, mixed)
    by_first, by_second = predict(classifier, scores), predict(second, faces)
    detected_half = half[faces.detected]
    assert 0 < detected_half.sum() < len(both.ids)
    for name in ('probabilities', 'decisions'):
        expected = getattr(by_second, name).copy()
        expected[detected_half] = getattr(by_first, name)[detected_half]
        np.testing.assert_array_equal(getattr(both, name), expected)


def test_a_fallback_that_is_not_beside_the_model_is_looked_for_among_the_shipped_ones(copied_pair: Path) -> None:
    rename_fallback(copied_pair, 'blendfer_paper')
    assert names_that_answer(load_classifier(copied_pair)) == ['first', 'blendfer_paper']


def names_that_answer(classifier: Classifier) -> list[str]:
    faces: FaceDataset = made_up_faces(Role.TEST, 1, 0)
    face = next(faces.faces())
    return [classifier.answering(each).card.name for each in (scored(face), face)]


def rename_fallback(model: Path, name: str) -> None:
    card = model.with_suffix('.json')
    card.write_text(json.dumps({**json.loads(card.read_text()), 'fallback': name}))


def test_a_fallback_that_is_nowhere_is_refused_in_one_sentence(copied_pair: Path) -> None:
    rename_fallback(copied_pair, 'nobody')
    with pytest.raises(ModelError) as refusal:
        load_classifier(copied_pair)
    assert f'{copied_pair} needs nobody where expression scores are missing: ' in str(refusal.value)
    assert '\n' not in str(refusal.value)


def test_a_damaged_fallback_is_refused_by_its_name(copied_pair: Path) -> None:
    copied_pair.with_name('second.tflite').write_bytes(b'')
    with pytest.raises(ModelError, match=r'second\.tflite has sha256'):
        load_classifier(copied_pair)


def test_without_a_fallback_the_model_answers_alone(copied_pair: Path, make_face: MakeFace) -> None:
    rename_fallback(copied_pair, '')
    alone = load_classifier(copied_pair)
    assert alone.answering(make_face()) is alone
    with pytest.raises(FrameError, match='comes without the expression scores this model needs'):
        alone.check(make_face())
