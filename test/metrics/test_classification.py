"""Metrics against numbers worked out elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from blendfer_ros.core.answers import Answer, Segment
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.metrics.classification import accuracy, confusion_matrix, log_loss, macro_f1, measure, recall
from blendfer_ros.metrics.segments import AnsweredSegment, score_segments

# The confusion matrix printed in the BlendFER-Lite paper, with its accuracy and F1.
PAPER = np.array([[251, 35, 5], [110, 850, 150], [21, 140, 84]])


def samples_of(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    pairs = [(i, j) for i in range(3) for j in range(3) for _ in range(confusion[i, j])]
    labels, decisions = np.array(pairs).T
    return labels, decisions


def test_the_papers_confusion_matrix_gives_the_papers_numbers() -> None:
    labels, decisions = samples_of(PAPER)
    metrics = measure(labels, decisions, np.full((len(labels), 3), 1 / 3), n=2000)
    np.testing.assert_array_equal(confusion_matrix(labels, decisions), PAPER)
    assert metrics.accuracy == pytest.approx(0.7199, abs=5e-5)
    assert metrics.macro_f1 == pytest.approx(0.6298, abs=5e-4)
    assert (metrics.n, metrics.n_detected) == (2000, 1646)


def test_macro_f1_is_of_the_emotions_that_occur_among_labels_or_answers() -> None:
    assert macro_f1(np.diag([5, 5, 0])) == 1.0
    # An answer that is never right is an emotion that occurs.
    assert macro_f1(np.array([[4, 0, 1], [0, 5, 0], [0, 0, 0]])) == pytest.approx((8 / 9 + 1.0 + 0.0) / 3)
    # A fourth column are answers that are no emotion: a miss of the true one, and no emotion of its own.
    assert macro_f1(np.array([[2, 0, 0, 2], [0, 0, 0, 0], [0, 0, 0, 0]])) == pytest.approx(4 / 6)


def test_of_nothing_there_is_no_score() -> None:
    assert np.isnan(macro_f1(np.zeros((3, 3))))
    assert np.isnan(accuracy(np.zeros((3, 3))))


def test_many_confusions_are_scored_at_once() -> None:
    confusions = np.array([PAPER, np.diag([1, 2, 3]), np.zeros((3, 3))])
    np.testing.assert_allclose(accuracy(confusions)[:2], [0.7199, 1.0], atol=5e-5)
    np.testing.assert_allclose(macro_f1(confusions)[:2], [0.6298, 1.0], atol=5e-4)
    assert np.isnan(macro_f1(confusions)[2])


def test_recall_is_of_each_emotion_and_not_known_of_one_that_does_not_occur() -> None:
    np.testing.assert_allclose(recall(PAPER), [251 / 291, 850 / 1110, 84 / 245])
    np.testing.assert_array_equal(recall(np.array([[3, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 2]])), [0.75, np.nan, 0.0])


def test_happy_alone_and_all_right_is_all_right_on_pictures_and_in_clips() -> None:
    """The one macro-F1: a set of one emotion is no failure at the others."""
    happy = EMOTIONS.index('happy')
    pictures = measure(np.full(3, happy), np.full(3, happy), np.full((3, 3), 1 / 3), n=3)
    answers = tuple(Answer(0.5 * i, 'happy', (0.8, 0.1, 0.1)) for i in range(3))
    clip = score_segments([AnsweredSegment(Segment(0.0, 1.5, 'happy'), 1.5, answers)])
    assert pictures.macro_f1 == clip.macro_f1 == 1.0
    two_right = np.array([happy, happy, EMOTIONS.index('sad')])
    pictures = measure(np.full(3, happy), two_right, np.full((3, 3), 1 / 3), n=3)
    clip = score_segments(
        [AnsweredSegment(Segment(0.0, 1.5, 'happy'), 1.5, (*answers[:2], Answer(1.0, 'sad', (0.1, 0.1, 0.8))))]
    )
    assert pictures.macro_f1 == clip.macro_f1 == pytest.approx((4 / 5 + 0.0) / 2)


def test_log_loss_is_the_mean_logarithm_of_what_was_true() -> None:
    probabilities = np.array([[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]], np.float32)
    assert log_loss(probabilities, np.array([0, 1])) == pytest.approx((np.log(2) + np.log(4)) / 2)


def test_log_loss_of_a_certain_mistake_is_finite() -> None:
    assert np.isfinite(log_loss(np.array([[1.0, 0.0, 0.0]], np.float32), np.array([1])))


def test_json_has_the_documented_keys() -> None:
    labels, decisions = samples_of(PAPER)
    content = measure(labels, decisions, np.full((len(labels), 3), 1 / 3), n=1646).as_json()
    assert list(content) == ['n', 'n_detected', 'accuracy', 'macro_f1', 'confusion', 'labels', 'ece']
    assert content['labels'] == ['happy', 'unknown', 'sad']
