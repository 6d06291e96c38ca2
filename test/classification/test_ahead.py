"""Recordings are answered many images at once, and the answers are those of the nodes, image by image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from support.scored_faces import from_pixels_alone, scored

from blendfer_ros.classification.ahead import AskedAhead
from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.classification.estimator import UNSMOOTHED, EmotionEstimator, EstimatorOptions
from blendfer_ros.core.assets import find_model, model_names
from blendfer_ros.core.errors import FrameError
from blendfer_ros.core.face import NOTHING_KNOWN, Face, FaceFrame
from blendfer_ros.core.stamps import NS_PER_S

MakeFace = Callable[..., Face]
N_IMAGES = 100
# More than a network is asked about at once, and no multiple of it.
AHEAD = 70


def of_two_people(make_face: MakeFace, network: str) -> list[FaceFrame]:
    """Whoever `a` is smiles more and more, `b` comes, goes and comes again; `b` has no scores now and then."""
    frames, rng = [], np.random.default_rng(0)
    for i in range(N_IMAGES):
        share = i / N_IMAGES
        faces = [scored(make_face('a', mouthSmileLeft=share), happy=0.9 * share, network=network)]
        if i % 40 > 12:
            other = scored(make_face('b', mouthFrownLeft=0.7), sad=0.6, network=network)
            without = replace(other, expression_scores=NOTHING_KNOWN, expression_model='')
            faces.append(without if i % 40 > 30 else other)
        shaken = tuple(
            replace(face, geometry=rng.normal(0.0, 0.5, face.geometry.shape).astype(np.float32)) for face in faces
        )
        frames.append(FaceFrame(NS_PER_S + i * NS_PER_S // 10, 640, 480, shaken))
    return frames


def network_of(model: str) -> str:
    return str(getattr(load_classifier(find_model(model)).card, 'expression_model', ''))


def answers(estimator: EmotionEstimator, frames: list[FaceFrame]) -> list[object]:
    """What is said of everybody in each image and of the primary person; or why the image cannot be used."""
    said: list[object] = []
    for frame in frames:
        try:
            said.append((*estimator.observe(frame, frame.stamp_ns), estimator.report(frame.stamp_ns)))
        except FrameError as error:
            said.append(str(error))
    return said


def answers_ahead(model: str, options: EstimatorOptions, frames: list[FaceFrame]) -> list[object]:
    ahead = AskedAhead(load_classifier(find_model(model)))
    estimator, said = EmotionEstimator(ahead, options), []
    for first in range(0, len(frames), AHEAD):
        batch = frames[first : first + AHEAD]
        ahead.ask([face for frame in batch for face in frame.faces])
        said += answers(estimator, batch)
    return said


@pytest.mark.parametrize('options', [EstimatorOptions(), UNSMOOTHED], ids=['smoothed', 'each image for itself'])
@pytest.mark.parametrize('model', model_names())
def test_answers_asked_for_ahead_are_those_given_image_by_image(
    model: str, options: EstimatorOptions, make_face: MakeFace
) -> None:
    frames = of_two_people(make_face, network_of(model))
    expected = answers(EmotionEstimator(load_classifier(find_model(model)), options), frames)
    found = answers_ahead(model, options, frames)
    assert len(found) == len(expected) == N_IMAGES
    for one, other in zip(found, expected, strict=True):
        if isinstance(other, str):
            assert one == other
            continue
        assert [replace(each, probabilities=()) for each in one] == [replace(each, probabilities=()) for each in other]
        np.testing.assert_allclose(
            [each.probabilities for each in one], [each.probabilities for each in other], rtol=0.0, atol=1e-6
        )
    said = np.array([each.probabilities for one in found if isinstance(one, tuple) for each in one])
    assert np.ptp(said, axis=0).min() > 0.01


@pytest.mark.parametrize('model', model_names())
def test_predictions_of_many_faces_are_those_of_each(model: str, make_face: MakeFace) -> None:
    classifier = load_classifier(find_model(model))
    faces = [frame.faces[0] for frame in of_two_people(make_face, network_of(model))]
    expected = np.array([classifier.predict(face) for face in faces])
    for n in (0, 1, 31, 32, 33, N_IMAGES):
        found = classifier.predict_many(faces[:n])
        assert found.shape == (n, 3)
        np.testing.assert_allclose(found, expected[:n], rtol=0.0, atol=1e-6)


def test_faces_without_scores_get_the_answers_of_the_fallback_among_those_that_have_them(make_face: MakeFace) -> None:
    classifier, fallback = (load_classifier(find_model(name)) for name in ('blendfer', 'blendfer_landmarks'))
    full = scored(make_face(mouthSmileLeft=0.5), happy=0.5, network=network_of('blendfer'))
    bare = replace(full, expression_scores=NOTHING_KNOWN, expression_model='')
    found = classifier.predict_many([full, bare, full, bare])
    np.testing.assert_array_equal(found[0], found[2])
    np.testing.assert_allclose(found[1], fallback.predict(bare), rtol=0.0, atol=1e-6)
    assert not np.allclose(found[0], found[1], atol=1e-3)


def test_a_recurrent_model_that_goes_on_with_somebody_goes_on_through_many(make_face: MakeFace) -> None:
    model = load_classifier(find_model('cnn_lstm'))
    network = network_of('cnn_lstm')
    faces = [from_pixels_alone(scored(make_face(), happy=i / 10, network=network)) for i in range(10)]
    one_by_one, at_once = model.start(), model.start()
    expected = np.array([one_by_one.predict(face) for face in faces])
    np.testing.assert_array_equal(at_once.predict_many(faces), expected)
    assert not np.allclose(expected, model.predict_many(faces), atol=1e-3)


def test_faces_nobody_asked_about_ahead_are_answered_all_the_same(make_face: MakeFace) -> None:
    classifier = load_classifier(find_model('blendfer_landmarks'))
    ahead = AskedAhead(classifier)
    known, unknown = make_face(mouthSmileLeft=0.9), make_face(mouthFrownLeft=0.9)
    ahead.ask([known])
    for face in (known, unknown):
        np.testing.assert_allclose(ahead.predict(face), classifier.predict(face), rtol=0.0, atol=1e-6)
    assert ahead.answering(known) is ahead.answering(unknown)
