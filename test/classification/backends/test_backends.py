"""A card names what runs its model; whatever is registered by that name fits in everywhere else."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from support.made_up_faces import made_up_faces

from blendfer_ros.classification.backends import BACKENDS, load_classifier, read_card
from blendfer_ros.classification.backends.features import FeaturesClassifier
from blendfer_ros.classification.card import ModelCard
from blendfer_ros.classification.classifier import Classifier
from blendfer_ros.classification.estimator import UNSMOOTHED, EmotionEstimator
from blendfer_ros.core.assets import find_model, find_recording
from blendfer_ros.core.errors import FrameError, ModelError, SkipReason
from blendfer_ros.core.face import Face, FaceFrame, FloatArray, HeadPose
from blendfer_ros.datasets.pictures import Role
from blendfer_ros.evaluation.stills.predictions import predict
from blendfer_ros.evaluation.streams.bag_answers import Candidate, answer_bag
from blendfer_ros.study.scores import time_inference


@dataclass(frozen=True, kw_only=True)
class NodCard(ModelCard):
    """threshold_rad: how far a head is bent that is sad."""

    backend: str = 'nod'
    threshold_rad: float

    @property
    def n_inputs(self) -> int:
        return 1


class NodClassifier:
    """Whoever holds the head low is sad, the more often the surer; reads no feature at all."""

    CARD: ClassVar = NodCard

    def __init__(self, path: Path, card: NodCard) -> None:
        self.card = card
        self.times = 0

    def check(self, face: Face) -> None:
        if face.pose.roll_rad > 3.0:
            raise FrameError(SkipReason.NOT_FINITE, 'the head stands on its top')

    def predict(self, face: Face) -> FloatArray:
        self.check(face)
        self.times += face.pose.pitch_rad > self.card.threshold_rad
        return np.array([0.0, 0.5**self.times, 1.0 - 0.5**self.times], np.float32)

    def predict_many(self, faces: Sequence[Face]) -> FloatArray:
        return np.array([self.predict(face) for face in faces])

    def answering(self, face: Face) -> Classifier:
        return self

    def start(self) -> Classifier:
        return NodClassifier(Path(), self.card)


@pytest.fixture
def nod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model of a backend of which the package knows nothing but its name."""
    monkeypatch.setitem(BACKENDS, 'nod', NodClassifier)
    path = tmp_path / 'nod.tflite'
    card = NodCard(name='nod', sha256='0' * 64, temperature=1.0, decision_weights=(1.0, 1.0, 1.0), threshold_rad=0.2)
    card.write(path.with_suffix('.json'))
    return path


@pytest.fixture
def copied_model(tmp_path: Path) -> Path:
    """The shipped model and its card, where they may be spoilt."""
    shipped = find_model()
    for suffix in ('.tflite', '.json'):
        shutil.copy(shipped.with_suffix(suffix), tmp_path)
    return tmp_path / shipped.name


def test_the_shipped_models_are_of_the_backend_that_reads_features() -> None:
    for name in ('blendfer_landmarks', 'blendfer_blendshapes', 'blendfer_paper', 'cnn'):
        classifier = load_classifier(find_model(name))
        assert isinstance(classifier, FeaturesClassifier)
        assert classifier.card == read_card(find_model(name).with_suffix('.json'))


def test_a_card_from_before_there_were_backends_is_one_of_features(copied_model: Path) -> None:
    content = json.loads(copied_model.with_suffix('.json').read_text())
    content.pop('backend', None)
    copied_model.with_suffix('.json').write_text(json.dumps(content))
    assert load_classifier(copied_model).card.backend == 'features'


def test_a_backend_nobody_knows_is_refused_in_one_sentence(nod: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(BACKENDS, 'nod')
    with pytest.raises(ModelError) as refusal:
        load_classifier(nod)
    assert (
        str(refusal.value)
        == f"model card {nod.with_suffix('.json')}: backend is 'nod', expected one of features, recurrent"
    )


def test_a_missing_card_is_refused_by_name(copied_model: Path) -> None:
    copied_model.with_suffix('.json').unlink()
    with pytest.raises(ModelError, match=r'model card .*blendfer\.json is missing'):
        load_classifier(copied_model)


@pytest.mark.parametrize('text', ['', '{', '[]', 'null', '{"name": "x"}', '{"backend": []}', '{"backend": {}}'])
def test_a_card_that_is_no_card_is_refused(text: str, copied_model: Path) -> None:
    copied_model.with_suffix('.json').write_text(text)
    with pytest.raises(ModelError, match=f'model card {copied_model.with_suffix(".json")}'):
        load_classifier(copied_model)


def test_a_new_backend_is_loaded_by_its_card_and_knows_its_own_fields(nod: Path) -> None:
    classifier = load_classifier(nod)
    assert isinstance(classifier, NodClassifier)
    assert classifier.card.threshold_rad == 0.2
    nod.with_suffix('.json').write_text(nod.with_suffix('.json').read_text().replace('threshold_rad', 'threshold'))
    with pytest.raises(ModelError, match="unexpected keyword argument 'threshold'"):
        load_classifier(nod)


def test_the_estimator_asks_a_new_backend_about_everybody_for_themselves(
    nod: Path, make_face: Callable[..., Face]
) -> None:
    estimator = EmotionEstimator(load_classifier(nod), UNSMOOTHED)
    low, high = (replace(make_face(name), pose=HeadPose(0.0, pitch, 0.0)) for name, pitch in (('a', 0.3), ('b', 0.0)))
    for stamp_ns in (1_000_000_000, 2_000_000_000):
        a, b = estimator.observe(FaceFrame(stamp_ns, 640, 480, (low, high)), stamp_ns)
    assert (a.emotion, a.probabilities) == ('sad', pytest.approx((0.0, 0.25, 0.75), abs=1e-5))
    assert (b.emotion, b.probabilities) == ('unknown', pytest.approx((0.0, 1.0, 0.0), abs=1e-5))
    upside_down = replace(make_face(), pose=HeadPose(3.1, 0.0, 0.0))
    with pytest.raises(FrameError, match='stands on its top'):
        estimator.observe(FaceFrame(3_000_000_000, 640, 480, (upside_down,)), 3_000_000_000)


def test_a_new_backend_is_measured_on_stills_on_bags_and_by_the_clock(nod: Path) -> None:
    faces = made_up_faces(Role.TEST, 20, seed=0)
    bent = replace(faces, poses=np.where(np.arange(20)[:, None] == 0, 0.3, 0.0) * np.ones((20, 3), np.float32))
    predictions = predict(load_classifier(nod), bent)
    assert len(predictions.ids) == faces.detected.sum()
    assert set(predictions.decisions.tolist()) <= {1, 2}
    answered = answer_bag(
        find_recording('sad_to_happy'), [Candidate('nod', nod)], lambda: pytest.fail('no bundle is needed'), quiet=True
    )
    assert answered.stream.n_frames == len(answered.series[0].at_images) == 236
    assert (time_inference(load_classifier(nod), list(faces.faces())) >= 0.0).all()
