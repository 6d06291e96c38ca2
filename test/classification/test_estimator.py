"""Who feels what, and what is said when nobody is there or nothing arrives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakSet

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blendfer_ros.classification.classifier import Classifier
from blendfer_ros.classification.estimator import UNSMOOTHED, EmotionEstimator, EstimatorOptions
from blendfer_ros.core.blendshapes import BLENDSHAPE_NAMES
from blendfer_ros.core.errors import FrameError, SkipReason
from blendfer_ros.core.estimate import EmotionEstimate, TrackingState
from blendfer_ros.core.face import Face, FaceFrame, FloatArray, HeadPose, Region

NS_PER_S = 1_000_000_000
FRAME_NS = NS_PER_S // 30
SMILE = BLENDSHAPE_NAMES.index('mouthSmileLeft')
FROWN = BLENDSHAPE_NAMES.index('mouthFrownLeft')

MakeFace = Callable[..., Face]


@dataclass
class Card:
    """What the estimator asks of a card."""

    decision_weights: tuple[float, ...] = (1.0, 1.0, 1.0)


class SmileClassifier:
    """One whose answer can be foretold: happy as the mouth smiles, sad as it frowns; it wants geometry beside."""

    card: Any = Card()

    def check(self, face: Face) -> None:
        if not face.geometry.size:
            raise FrameError(SkipReason.MISSING_FEATURES, 'no geometry')

    def predict(self, face: Face) -> FloatArray:
        scores = np.array([face.blendshapes[SMILE], 0.3, face.blendshapes[FROWN]]) + 0.05
        return np.asarray(scores / scores.sum(), np.float32)

    def predict_many(self, faces: Sequence[Face]) -> FloatArray:
        return np.array([self.predict(face) for face in faces])

    def answering(self, face: Face) -> Classifier:
        return self

    def start(self) -> Classifier:
        return self


@pytest.fixture
def estimator() -> EmotionEstimator:
    return EmotionEstimator(SmileClassifier(), options=EstimatorOptions(stale_after_s=1.0, face_timeout_s=0.5))


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


def test_a_face_the_classifier_refuses_is_refused_before_anybody_in_the_image_is_taken_in(
    estimator: EmotionEstimator, make_face: MakeFace
) -> None:
    watch(estimator, 1.0, 0.1, make_face('a', mouthSmileLeft=0.9))
    bare = replace(make_face('b'), geometry=np.zeros(0, np.float32))
    with pytest.raises(FrameError, match='no geometry'):
        estimator.observe(frame(2 * NS_PER_S, make_face('a', mouthFrownLeft=0.9), bare), 2 * NS_PER_S)
    assert estimator.report(2 * NS_PER_S - 1).stamp_ns < 2 * NS_PER_S
    assert watch(estimator, 2.0, 1 / 30, make_face('a', mouthSmileLeft=0.9)).emotion == 'happy'


class CountingClassifier(SmileClassifier):
    """Says happy as often as it has been asked about its person before, and knows those that are still asked."""

    def __init__(self, alive: WeakSet[CountingClassifier]) -> None:
        self.alive = alive
        self.times = 0

    def predict(self, face: Face) -> FloatArray:
        self.times += 1
        return np.array([1.0 - 0.5**self.times, 0.5**self.times, 0.0], np.float32)

    def start(self) -> Classifier:
        started = CountingClassifier(self.alive)
        self.alive.add(started)
        return started


@pytest.fixture
def alive() -> WeakSet[CountingClassifier]:
    """Everybody's classifier."""
    return WeakSet()


def test_everybody_has_a_classifier_of_their_own_that_sees_their_images_alone(
    make_face: MakeFace, alive: WeakSet[CountingClassifier]
) -> None:
    estimator = EmotionEstimator(CountingClassifier(alive), UNSMOOTHED)
    for now_ns in (NS_PER_S, 2 * NS_PER_S):
        estimator.observe(frame(now_ns, make_face('a')), now_ns)
    a, b = estimator.observe(frame(int(2.5 * NS_PER_S), make_face('a'), make_face('b')), int(2.5 * NS_PER_S))
    assert (a.probabilities[1], b.probabilities[1]) == pytest.approx((0.125, 0.5), abs=1e-6)


@pytest.mark.parametrize(
    ('back_s', 'images_without', 'times'),
    [(1.4, 1, 2), (1.6, 1, 1), (9.0, 1, 1), (1.6, 0, 2), (9.0, 0, 1)],
    ids=['missed', 'away', 'long away', 'no images for a moment', 'no images for long'],
)
def test_who_was_away_longer_than_the_timeout_is_classified_afresh(
    back_s: float, images_without: int, times: int, make_face: MakeFace, alive: WeakSet[CountingClassifier]
) -> None:
    options = replace(UNSMOOTHED, face_timeout_s=0.5)
    estimator = EmotionEstimator(CountingClassifier(alive), options)
    estimator.observe(frame(NS_PER_S, make_face()), NS_PER_S)
    for i in range(images_without):
        estimator.observe(frame(NS_PER_S + (i + 1) * FRAME_NS), NS_PER_S)
    (back,) = estimator.observe(frame(int(back_s * NS_PER_S), make_face()), int(back_s * NS_PER_S))
    assert back.probabilities[1] == pytest.approx(0.5**times, abs=1e-6)


def test_memory_stays_bounded_when_ids_change_every_frame(
    make_face: MakeFace, alive: WeakSet[CountingClassifier]
) -> None:
    estimator = EmotionEstimator(CountingClassifier(alive))
    for i, now_ns in enumerate(frames(1.0, 10.0)):
        estimator.observe(frame(now_ns, make_face(f'face_{i}')), now_ns)
    assert 1 <= len(alive) <= 32


def watch(estimator: EmotionEstimator, start_s: float, seconds: float, *faces: Face) -> EmotionEstimate:
    """Show the same faces for a while; what is said at the end."""
    for now_ns in frames(start_s, seconds):
        estimator.observe(frame(now_ns, *faces), now_ns)
        said = estimator.report(now_ns)
    return said


def test_a_face_that_cannot_be_judged_is_unknown_at_once_and_says_why(
    estimator: EmotionEstimator, make_face: MakeFace
) -> None:
    assert watch(estimator, 1.0, 1.0, make_face(mouthSmileLeft=0.9)).quality == 'good'
    turned = replace(make_face(mouthSmileLeft=0.9), pose=HeadPose(0.0, 0.0, 1.2))
    said = watch(estimator, 2.0, 1 / 30, turned)
    assert (said.state, said.emotion, said.quality) == (TrackingState.TRACKING, 'unknown', 'turned_away')
    assert said.probabilities == (0.0, 0.0, 0.0)
    assert said.confidence == 0.0
    back = watch(estimator, 2.1, 0.1, make_face(mouthSmileLeft=0.9))
    assert (back.emotion, back.quality) == ('happy', 'good')


def test_smallness_goes_by_the_pixels_of_the_image(estimator: EmotionEstimator, make_face: MakeFace) -> None:
    face = make_face(region=Region(0.4, 0.4, 0.45, 0.5), mouthSmileLeft=0.9)
    (small,) = estimator.observe(FaceFrame(NS_PER_S, 640, 480, (face,)), NS_PER_S)
    (large,) = estimator.observe(FaceFrame(2 * NS_PER_S, 1920, 1080, (face,)), 2 * NS_PER_S)
    assert (small.quality, large.quality) == ('too_small', 'good')


@pytest.mark.parametrize('shown', [(5,), (5, 7, 9, 11), (5, 6, 8, 9, 11, 12)])
def test_after_nobody_a_face_that_comes_and_goes_is_still_nobody(
    estimator: EmotionEstimator, make_face: MakeFace, shown: tuple[int, ...]
) -> None:
    assert watch(estimator, 1.0, 1.0).state == TrackingState.NO_FACE
    for i, now_ns in enumerate(frames(2.0, 2.0)):
        estimator.observe(frame(now_ns, *([make_face()] if i in shown else [])), now_ns)
        assert estimator.report(now_ns).state == TrackingState.NO_FACE


def test_after_nobody_a_face_in_every_image_counts_soon(estimator: EmotionEstimator, make_face: MakeFace) -> None:
    watch(estimator, 1.0, 1.0)
    assert watch(estimator, 2.0, 0.1, make_face()).state == TrackingState.NO_FACE
    assert watch(estimator, 2.1, 0.1, make_face()).state == TrackingState.TRACKING


def test_the_first_image_of_a_stream_counts_at_once(estimator: EmotionEstimator, make_face: MakeFace) -> None:
    assert watch(estimator, 1.0, 1 / 30, make_face()).state == TrackingState.TRACKING


def test_a_face_back_after_a_while_starts_with_what_it_shows_now(
    estimator: EmotionEstimator, make_face: MakeFace
) -> None:
    watch(estimator, 1.0, 1.0, make_face(mouthFrownLeft=0.9))
    (back,) = estimator.observe(frame(int(2.8 * NS_PER_S), make_face(mouthSmileLeft=0.9)), int(2.8 * NS_PER_S))
    assert back.emotion == 'happy'
    assert back.held_s == 0.0


@pytest.mark.parametrize('auto', [False, True])
def test_a_resting_face_that_frowns_becomes_unknown_once_learnt(make_face: MakeFace, auto: bool) -> None:
    estimator = EmotionEstimator(SmileClassifier(), EstimatorOptions(auto_neutral=auto))
    rest = make_face(mouthFrownLeft=0.6)
    assert watch(estimator, 1.0, 1.0, rest).emotion == 'sad'
    if not auto:
        assert estimator.has_learnt_neutral('face_1') is None
        assert estimator.learn_neutral(2 * NS_PER_S) == 'face_1'
    assert estimator.has_learnt_neutral('face_1') is False
    assert watch(estimator, 2.0, 4.0, rest).emotion == 'unknown'
    assert estimator.has_learnt_neutral('face_1')
    assert watch(estimator, 6.0, 2.0, make_face(mouthSmileLeft=0.9)).emotion == 'happy'
    # Somebody else, or the same person after the track has ended, is judged as everybody is.
    assert watch(estimator, 10.0, 1.0, make_face('face_2', mouthFrownLeft=0.6)).emotion == 'sad'
    assert estimator.has_learnt_neutral('face_1') is None


def test_there_is_no_neutral_of_nobody(estimator: EmotionEstimator) -> None:
    assert estimator.learn_neutral(NS_PER_S) == ''
    watch(estimator, 1.0, 1.0)
    assert estimator.learn_neutral(2 * NS_PER_S) == ''


def test_a_clock_set_back_makes_what_was_seen_stale(estimator: EmotionEstimator, make_face: MakeFace) -> None:
    estimator.observe(frame(50 * NS_PER_S, make_face(mouthSmileLeft=0.9)), 50 * NS_PER_S)
    assert estimator.report(50 * NS_PER_S).state == TrackingState.TRACKING
    assert estimator.report(NS_PER_S).state == TrackingState.STALE


@pytest.mark.parametrize('step_ns', [0, -FRAME_NS])
def test_an_image_that_comes_twice_or_late_is_refused_and_harms_nobody(
    estimator: EmotionEstimator, make_face: MakeFace, step_ns: int
) -> None:
    watch(estimator, 1.0, 1.0, make_face(mouthSmileLeft=0.9))
    last_ns = list(frames(1.0, 1.0))[-1]
    with pytest.raises(FrameError):
        estimator.observe(frame(last_ns + step_ns, make_face(mouthFrownLeft=0.9)), last_ns)
    assert watch(estimator, 2.0, 0.1, make_face(mouthSmileLeft=0.9)).emotion == 'happy'


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(4)), st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4))
def test_the_order_of_faces_in_the_message_does_not_matter(
    make_face: MakeFace, order: list[int], smiles: list[float]
) -> None:
    faces = [
        make_face(f'face_{i}', Region(0.2 * i, 0.4, 0.2 * i + 0.15, 0.5 + 0.1 * i), mouthSmileLeft=smile)
        for i, smile in enumerate(smiles)
    ]
    said = []
    for shown in (faces, [faces[i] for i in order]):
        estimator = EmotionEstimator(SmileClassifier())
        each = estimator.observe(frame(NS_PER_S, *shown), NS_PER_S)
        said.append((sorted(each, key=lambda estimate: estimate.face_id), estimator.report(NS_PER_S)))
    assert said[0] == said[1]


def test_a_hundred_faces_are_a_hundred_estimates(estimator: EmotionEstimator, make_face: MakeFace) -> None:
    crowd = [make_face(f'face_{i}', mouthSmileLeft=0.9) for i in range(100)]
    assert len(estimator.observe(frame(NS_PER_S, *crowd), NS_PER_S)) == 100
    assert estimator.report(NS_PER_S).emotion == 'happy'


def test_where_the_classifier_fails_it_is_as_if_no_image_came(
    estimator: EmotionEstimator, make_face: MakeFace, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = FaceFrame(0, 640, 480, (make_face(),))
    assert estimator.observe(frame, 0)[0].state == TrackingState.TRACKING

    def fail(_face: Face) -> FloatArray:
        raise FrameError(SkipReason.NETWORK_FAILED, 'TFLite cannot run it')

    monkeypatch.setattr(SmileClassifier, 'predict', lambda _self, face: fail(face))
    for n in range(1, 60):
        with pytest.raises(FrameError, match='TFLite cannot run it'):
            estimator.observe(replace(frame, stamp_ns=n * FRAME_NS), n * FRAME_NS)
        assert estimator.report(n * FRAME_NS).stamp_ns == 0
    # Not NO_FACE, for nobody can tell.
    assert estimator.report(60 * FRAME_NS).state == TrackingState.STALE
