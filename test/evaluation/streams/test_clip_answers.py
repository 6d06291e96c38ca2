"""Clips are answered frame by frame, each as if it were the only one."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from support.videos import black_video

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.classification.estimator import UNSMOOTHED, EmotionEstimator
from blendfer_ros.core.answers import Segment
from blendfer_ros.core.assets import find_model
from blendfer_ros.core.errors import ModelError
from blendfer_ros.datasets.clips import perceive_clip
from blendfer_ros.datasets.segments import LabelledClip
from blendfer_ros.evaluation.streams.clip_answers import ClipQuery, answer_clips, answer_frames
from blendfer_ros.metrics.segments import AnsweredClip

N_FRAMES = 72
RATE_HZ = 30.0


@pytest.fixture
def smile(clips: Path) -> LabelledClip:
    """2.4 s of a woman who begins to smile."""
    segments = (Segment(0.0, 0.5, 'unknown'), Segment(1.5, 99.0, 'happy'))
    return LabelledClip('smile.mp4', clips / 'neutral_to_happy.mp4', segments)


@pytest.fixture(scope='module')
def query(bundle: Path) -> ClipQuery:
    return ClipQuery(find_model(), bundle)


def answer_clip(clip: LabelledClip, query: ClipQuery) -> AnsweredClip:
    found = answer_clips([clip], query, workers=1)
    assert not found.failed
    (answered,) = found.clips
    return answered


def test_every_frame_of_a_clip_is_answered_at_its_time(smile: LabelledClip, query: ClipQuery) -> None:
    answered = answer_clip(smile, query)
    assert (answered.name, answered.segments) == (smile.name, smile.segments)
    assert answered.duration_s == N_FRAMES / RATE_HZ
    assert [answer.stamp_s for answer in answered.answers] == pytest.approx(np.arange(N_FRAMES) / RATE_HZ, abs=1e-9)
    assert answered.answers[0].said == 'unknown'
    assert answered.answers[60].said == 'happy'
    assert all(sum(answer.probabilities) == pytest.approx(1.0, abs=1e-4) for answer in answered.answers)
    assert answered.raw is None


def test_answers_are_those_of_an_estimator_that_sees_the_frames_live(smile: LabelledClip, bundle: Path) -> None:
    answered = answer_clip(smile, ClipQuery(find_model(), bundle, fps=10.0, raw=True))
    classifier, frames = load_classifier(find_model()), perceive_clip(smile.path, bundle, 10.0).frames
    assert answered.answers == answer_frames(EmotionEstimator(classifier), frames)
    assert answered.raw == answer_frames(EmotionEstimator(classifier, UNSMOOTHED), frames)


def test_raw_answers_are_of_the_same_frames_and_sooner(smile: LabelledClip, bundle: Path) -> None:
    answered = answer_clip(smile, ClipQuery(find_model(), bundle, fps=15.0, raw=True))
    assert answered.raw is not None
    stamps_s = [answer.stamp_s for answer in answered.answers]
    assert stamps_s == [answer.stamp_s for answer in answered.raw]
    assert len(stamps_s) == N_FRAMES / 2
    first_smooth, first_raw = (
        next(answer.stamp_s for answer in answers if answer.said == 'happy')
        for answers in (answered.answers, answered.raw)
    )
    assert first_raw < first_smooth


def test_a_clip_is_answered_alike_alone_after_another_and_beside_another(
    smile: LabelledClip, query: ClipQuery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = LabelledClip('again.mp4', shutil.copy(smile.path, tmp_path / 'again.mp4'), smile.segments)
    alone = answer_clip(smile, query).answers
    for workers in (1, 2):
        # Without what was kept of the clips before.
        monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / f'cache{workers}'))
        first, second = answer_clips([smile, again], query, workers).clips
        assert (first.name, second.name) == ('smile.mp4', 'again.mp4')
        assert first.answers == second.answers == alone


def test_a_clip_in_which_nobody_is_has_no_face(query: ClipQuery, tmp_path: Path) -> None:
    path = black_video(tmp_path / 'black.avi', n_frames=3)
    answered = answer_clip(LabelledClip('black.avi', path, (Segment(0.0, 1.0, 'no_face'),)), query)
    assert [(answer.stamp_s, answer.said) for answer in answered.answers] == [
        (0.0, 'no_face'),
        (0.1, 'no_face'),
        (0.2, 'no_face'),
    ]


def test_a_segment_that_begins_after_the_clip_has_ended_is_named(query: ClipQuery, tmp_path: Path) -> None:
    path = black_video(tmp_path / 'black.avi', n_frames=3)
    labelled = LabelledClip('black.avi', path, (Segment(0.3, 1.0, 'sad', 'labels.csv line 2'),))
    found = answer_clips([labelled], query)
    assert not found.clips
    assert str(found.failed['black.avi']) == f'labels.csv line 2: start_s is 0.3, but {path} ends after 0.30 s'


def test_a_bad_clip_ends_no_other_and_one_cut_short_is_evaluated_up_to_there(
    smile: LabelledClip, query: ClipQuery, tmp_path: Path
) -> None:
    bad, cut = tmp_path / 'bad.mp4', tmp_path / 'cut.mp4'
    bad.write_bytes(b'no video')
    content = smile.path.with_name('woman_sad_to_happy.mp4').read_bytes()
    cut.write_bytes(content[: len(content) // 4])
    clips = [LabelledClip('bad.mp4', bad, ()), LabelledClip('cut.mp4', cut, ()), smile]
    found = answer_clips(clips, query)
    assert [clip.name for clip in found.clips] == ['cut.mp4', 'smile.mp4']
    assert list(found.failed) == ['bad.mp4']
    assert 'OpenCV cannot open video file' in str(found.failed['bad.mp4'])
    assert list(found.damaged) == ['cut.mp4']
    assert 'of 472 images' in found.damaged['cut.mp4']
    # From the cache it is the same.
    again = answer_clips(clips, query)
    assert (again.clips, again.damaged) == (found.clips, found.damaged)


def test_a_model_that_cannot_be_loaded_is_refused_before_any_clip_is_looked_at(tmp_path: Path) -> None:
    clip = LabelledClip('gone.mp4', tmp_path / 'gone.mp4', ())
    with pytest.raises(ModelError, match='is missing'):
        answer_clips([clip], ClipQuery(tmp_path / 'gone.tflite', tmp_path / 'gone.task'))
