"""Who feels what, and what is said when nobody is there or nothing arrives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from blendfer_ros.classification.estimator import EmotionEstimator, EstimatorOptions, TrackingState
from blendfer_ros.contract import BLENDSHAPE_NAMES
from blendfer_ros.errors import FrameError
from blendfer_ros.face import Face, FaceFrame, Region

NS_PER_S = 1_000_000_000
FRAME_NS = NS_PER_S // 30
SMILE = BLENDSHAPE_NAMES.index('mouthSmileLeft')
FROWN = BLENDSHAPE_NAMES.index('mouthFrownLeft')

MakeFace = Callable[..., Face]


@dataclass
class Card:
    """What the estimator asks of a card."""

    feature_set: str = 'blendshapes'
    decision_weights: tuple[float, ...] = (1.0, 1.0, 1.0)


class SmileModel:
    """A model whose answer can be foretold: happy as the mouth smiles, sad as it frowns."""

    card = Card()

    def predict(self, features: np.ndarray) -> np.ndarray:
        scores = np.array([features[SMILE], 0.3, features[FROWN]]) + 0.05
        return (scores / scores.sum()).astype(np.float32)


@pytest.fixture
def estimator() -> EmotionEstimator:
    model: Any = SmileModel()
    return EmotionEstimator(model, options=EstimatorOptions(stale_after_s=1.0, face_timeout_s=0.5))


def frame(stamp_ns: int, *faces: Face) -> FaceFrame:
    return FaceFrame(stamp_ns, 640, 480, faces)


def frames(start_s: float, seconds: float) -> Iterator[int]:
    start_ns = int(start_s * NS_PER_S)
    return (start_ns + i * FRAME_NS for i in range(round(seconds * 30)))


def test_before_the_first_image_the_state_is_stale_and_nothing_is_claimed(estimator: EmotionEstimator) -> None:
    estimate = estimator.report(5 * NS_PER_S)
    assert (estimate.state, estimate.emotion, estimate.confidence, estimate.stamp_ns) == (
        TrackingState.STALE,
        'unknown',
        0.0,
        0,
    )


def test_a_smile_is_happy_with_the_stamp_of_the_image(estimator: EmotionEstimator, make_face: MakeFace) -> None:
    (each,) = estimator.observe(frame(7 * NS_PER_S, make_face(mouthSmileLeft=0.9)), now_ns=8 * NS_PER_S)
    estimate = estimator.report(8 * NS_PER_S)
    assert (estimate.emotion, estimate.state, estimate.face_id) == ('happy', TrackingState.TRACKING, 'face_1')
    assert estimate.stamp_ns == each.stamp_ns == 7 * NS_PER_S
    assert sum(estimate.probabilities) == pytest.approx(1.0, abs=1e-5)
    assert estimate.confidence == estimate.probabilities[0] == max(estimate.probabilities)


def test_sad_turns_happy_and_held_counts_from_the_change(estimator: EmotionEstimator, make_face: MakeFace) -> None:
    for now_ns in frames(1.0, 2.0):
        estimator.observe(frame(now_ns, make_face(mouthFrownLeft=0.9)), now_ns)
        estimator.report(now_ns)
    sad = estimator.report(now_ns)
    assert sad.emotion == 'sad'
    assert sad.held_s == pytest.approx(2.0, abs=0.1)
    for now_ns in frames(3.0, 2.0):
        estimator.observe(frame(now_ns, make_face(mouthSmileLeft=0.9)), now_ns)
        estimator.report(now_ns)
    happy = estimator.report(now_ns)
    assert happy.emotion == 'happy'
    assert 1.0 < happy.held_s < 2.0


def test_a_missed_image_is_bridged_and_a_longer_absence_is_nobody(
    estimator: EmotionEstimator, make_face: MakeFace
) -> None:
    estimator.observe(frame(NS_PER_S, make_face(mouthSmileLeft=0.9)), NS_PER_S)
    estimator.observe(frame(NS_PER_S + FRAME_NS), NS_PER_S + FRAME_NS)
    bridged = estimator.report(NS_PER_S + FRAME_NS)
    assert (bridged.state, bridged.stamp_ns) == (TrackingState.TRACKING, NS_PER_S)
    later_ns = NS_PER_S + int(0.6 * NS_PER_S)
    estimator.observe(frame(later_ns), later_ns)
    gone = estimator.report(later_ns)
    assert (gone.state, gone.emotion, gone.face_id, gone.confidence) == (TrackingState.NO_FACE, 'unknown', '', 0.0)
    assert gone.stamp_ns == later_ns


def test_without_images_an_old_emotion_is_not_repeated(estimator: EmotionEstimator, make_face: MakeFace) -> None:
    estimator.observe(frame(NS_PER_S, make_face(mouthSmileLeft=0.9)), NS_PER_S)
    assert estimator.report(2 * NS_PER_S).emotion == 'happy'
    stale = estimator.report(2 * NS_PER_S + 1)
    assert (stale.state, stale.emotion, stale.stamp_ns) == (TrackingState.STALE, 'unknown', NS_PER_S)


def test_staleness_goes_by_arrival_so_a_camera_with_its_own_clock_is_not_stale(
    estimator: EmotionEstimator, make_face: MakeFace
) -> None:
    estimator.observe(frame(NS_PER_S, make_face(mouthSmileLeft=0.9)), now_ns=1000 * NS_PER_S)
    assert estimator.report(1000 * NS_PER_S).state == TrackingState.TRACKING


def test_the_largest_face_is_the_primary_and_everybody_is_estimated(
    estimator: EmotionEstimator, make_face: MakeFace
) -> None:
    near = make_face('near', Region(0.1, 0.1, 0.6, 0.9), mouthFrownLeft=0.9)
    far = make_face('far', Region(0.8, 0.1, 0.9, 0.2), mouthSmileLeft=0.9)
    everybody = estimator.observe(frame(NS_PER_S, far, near), NS_PER_S)
    assert [(e.face_id, e.emotion) for e in everybody] == [('far', 'happy'), ('near', 'sad')]
    assert estimator.report(NS_PER_S).face_id == 'near'


def test_one_faces_history_does_not_leak_into_anothers(estimator: EmotionEstimator, make_face: MakeFace) -> None:
    for now_ns in frames(1.0, 1.0):
        estimator.observe(frame(now_ns, make_face('a', mouthSmileLeft=0.9)), now_ns)
    (fresh,) = estimator.observe(frame(now_ns + FRAME_NS, make_face('b', mouthFrownLeft=0.9)), now_ns + FRAME_NS)
    assert fresh.emotion == 'sad'


def test_time_running_backwards_starts_anew(estimator: EmotionEstimator, make_face: MakeFace) -> None:
    for now_ns in frames(10.0, 1.0):
        estimator.observe(frame(now_ns, make_face(mouthSmileLeft=0.9)), now_ns)
        estimator.report(now_ns)
    (estimate,) = estimator.observe(frame(NS_PER_S, make_face(mouthFrownLeft=0.9)), NS_PER_S)
    assert estimate.emotion == 'sad'
    assert estimator.report(NS_PER_S).held_s == 0.0


def test_scores_that_are_no_numbers_are_refused_and_the_next_image_works(
    estimator: EmotionEstimator, make_face: MakeFace
) -> None:
    with pytest.raises(FrameError, match='not finite'):
        estimator.observe(frame(NS_PER_S, make_face(jawOpen=float('nan'))), NS_PER_S)
    estimator.observe(frame(NS_PER_S + FRAME_NS, make_face(mouthSmileLeft=0.9)), NS_PER_S + FRAME_NS)
    assert estimator.report(NS_PER_S + FRAME_NS).emotion == 'happy'


def test_memory_stays_bounded_when_ids_change_every_frame(estimator: EmotionEstimator, make_face: MakeFace) -> None:
    for i, now_ns in enumerate(frames(1.0, 10.0)):
        estimator.observe(frame(now_ns, make_face(f'face_{i}')), now_ns)
    assert len(estimator._people) < 30
