"""Scores of answers over time against numbers worked out by hand."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from blendfer_ros.core.answers import Answer, Segment
from blendfer_ros.metrics.segments import (
    AnsweredClip,
    AnsweredSegment,
    answered_segments,
    confidences_of,
    score_clips,
    score_raw,
    score_segments,
)

EVERY_S = 0.5


def answers(*said: str, start_s: float = 0.0) -> tuple[Answer, ...]:
    """Two a second."""
    return tuple(Answer(start_s + i * EVERY_S, each, (0.5, 0.25, 0.25)) for i, each in enumerate(said))


def part(label: str, *said: str, start_s: float = 10.0) -> AnsweredSegment:
    duration_s = len(said) * EVERY_S
    segment = Segment(start_s, start_s + duration_s, label)
    return AnsweredSegment(segment, duration_s, answers(*said, start_s=start_s))


def clip(name: str, label: str, *said: str, raw: tuple[str, ...] | None = None) -> AnsweredClip:
    duration_s = len(said) * EVERY_S
    return AnsweredClip(
        name, (Segment(0.0, 99.0, label),), duration_s, answers(*said), None if raw is None else answers(*raw)
    )


@pytest.fixture
def mixed() -> list[AnsweredSegment]:
    return [
        part('happy', 'happy', 'happy', 'sad', 'no_face'),
        part('sad', 'sad', 'unknown'),
        part('no_face', 'no_face', 'happy'),
    ]


def test_frames_are_counted_by_label_and_answer(mixed: list[AnsweredSegment]) -> None:
    scores = score_segments(mixed)
    assert (scores.n_frames, scores.n_segments) == (8, 3)
    assert scores.confusion == ((2, 0, 1, 1), (0, 0, 0, 0), (0, 1, 1, 0))
    assert scores.right_share == {'happy': 0.5, 'unknown': None, 'sad': 0.5, 'no_face': 0.5}


def test_accuracy_is_of_frames_labelled_with_an_emotion(mixed: list[AnsweredSegment]) -> None:
    assert score_segments(mixed).frame_accuracy == 3 / 6


def test_macro_f1_is_the_mean_over_emotions_among_labels_and_answers(mixed: list[AnsweredSegment]) -> None:
    # happy: 2 hits of 4 labels and 2 answers; unknown: an answer but no label; sad: 1 hit of 2 and 2.
    assert score_segments(mixed).macro_f1 == pytest.approx((4 / 6 + 0 + 2 / 4) / 3)


def test_macro_f1_leaves_out_emotions_that_do_not_occur_and_counts_not_tracking_as_a_miss() -> None:
    scores = score_segments([part('happy', 'happy', 'happy', 'stale')])
    assert scores.macro_f1 == pytest.approx(2 * 2 / (3 + 2))


def test_flips_are_counted_within_segments_of_every_label_by_labelled_minute() -> None:
    parts = [part('happy', 'unknown', 'happy', 'happy', 'no_face'), part('no_face', 'sad', 'no_face')]
    assert score_segments(parts).flips_per_min == pytest.approx(3 / (3.0 / 60.0))


def test_time_to_label_is_from_the_start_of_the_segment_to_the_first_right_answer() -> None:
    late = part('happy', 'unknown', 'no_face', 'happy', 'sad')
    assert late.time_to_label_s == 1.0
    scores = score_segments([part('sad', 'sad'), late, part('no_face', 'no_face')])
    assert scores.time_to_label_s_median == 0.0
    assert scores.time_to_label_s_p95 == pytest.approx(0.9)
    assert scores.n_never_right == 0


def test_a_segment_that_is_never_right_takes_for_ever() -> None:
    parts = [part('sad', 'sad'), part('sad', 'unknown', 'sad'), part('sad', 'unknown', 'unknown')]
    scores = score_segments(parts)
    assert scores.n_never_right == 1
    assert scores.time_to_label_s_median == EVERY_S
    assert scores.time_to_label_s_p95 == math.inf


def test_a_segment_between_two_frames_is_never_right() -> None:
    scores = score_segments(answered_segments([Segment(0.1, 0.4, 'happy')], 2.0, answers('happy', 'happy')))
    assert (scores.n_frames, scores.n_never_right, scores.frame_accuracy) == (0, 1, None)


def test_the_first_second_without_a_face_does_not_count() -> None:
    emptying = part('no_face', 'happy', 'happy', 'happy', 'no_face', 'no_face', 'no_face')
    assert score_segments([emptying]).no_face_accuracy == 3 / 4
    assert score_segments([part('no_face', 'happy', 'no_face')]).no_face_accuracy is None


def test_without_a_label_of_an_emotion_its_scores_are_not_known() -> None:
    scores = score_segments([part('no_face', 'no_face', 'sad')])
    assert (scores.frame_accuracy, scores.macro_f1) == (None, None)
    assert scores.right_share['no_face'] == 0.5


def test_frames_belong_to_a_segment_from_its_start_to_before_its_end() -> None:
    series = answers('a', 'b', 'c', 'd', 'e', 'f')
    first, second = answered_segments([Segment(0.5, 1.0, 'sad'), Segment(2.0, 99.0, 'happy')], 3.0, series)
    assert [answer.said for answer in first.answers] == ['b']
    assert [answer.said for answer in second.answers] == ['e', 'f']
    assert (first.duration_s, second.duration_s) == (0.5, 1.0)


def test_overall_is_of_all_frames_and_segments_not_of_clips() -> None:
    scores = score_clips([clip('a', 'happy', 'happy'), clip('b', 'happy', 'sad', 'sad', 'happy')])
    assert scores.clips['a'].frame_accuracy == 1.0
    assert scores.clips['b'].frame_accuracy == pytest.approx(1 / 3)
    assert scores.overall.frame_accuracy == 0.5
    assert scores.overall.flips_per_min == pytest.approx(1 / (2.0 / 60.0))
    assert scores.overall.time_to_label_s_median == 0.5
    assert (scores.overall.n_frames, scores.overall.n_segments) == (4, 2)


def test_raw_answers_are_scored_alike_where_there_are_any() -> None:
    both = clip('a', 'sad', 'sad', 'sad', raw=('sad', 'happy'))
    raw = score_raw([both])
    assert raw is not None
    assert (raw.overall.frame_accuracy, raw.clips['a'].frame_accuracy) == (0.5, 0.5)
    assert score_clips([both]).overall.frame_accuracy == 1.0
    assert score_raw([clip('a', 'sad', 'sad')]) is None


def test_json_is_strict_and_has_every_key_for_each_clip() -> None:
    scores = score_clips([clip('a', 'happy', 'sad', 'happy', 'happy'), clip('b', 'no_face', 'sad')])
    content = json.loads(json.dumps(scores.as_json(), allow_nan=False))
    clips = content.pop('clips')
    assert list(clips) == ['a', 'b']
    assert clips['a'] == {
        'n_frames': 3,
        'n_segments': 1,
        'frame_accuracy': 0.666667,
        'macro_f1': 0.4,
        'flips_per_min': 40.0,
        'time_to_label_s_median': 0.5,
        'time_to_label_s_p95': 0.5,
        'n_never_right': 0,
        'no_face_accuracy': None,
        'right_share': {'happy': 0.666667, 'unknown': None, 'sad': None, 'no_face': None},
        'confusion': [[2, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]],
    }
    assert clips['b']['time_to_label_s_median'] is None
    assert content['time_to_label_s_p95'] is None
    assert list(content) == list(clips['a']) == list(clips['b'])


def test_confidence_is_of_answers_that_are_emotions_on_frames_labelled_with_one() -> None:
    parts = [part('happy', 'happy', 'sad', 'no_face'), part('no_face', 'happy')]
    confidence, correct = confidences_of(parts)
    assert confidence.tolist() == [0.5, 0.25]
    assert correct.tolist() == [True, False]
    unsure = [
        replace(each, answers=tuple(replace(a, probabilities=(0.0,) * 3) for a in each.answers)) for each in parts
    ]
    assert not confidences_of(unsure)[0].size
