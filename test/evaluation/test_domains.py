"""Many data sets are read from a list and measured alike, and every domain has the same weight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.core.assets import find_model
from blendfer_ros.core.errors import DatasetError
from blendfer_ros.datasets.pictures import Role
from blendfer_ros.evaluation.domain_list import read_domains
from blendfer_ros.evaluation.domains import ClipsDomain, DomainScore, StillsDomain, mean_macro_f1, measure_domains

SCORE = DomainScore(10, 9, 0.5, 0.25, 0.125, 0.375, 0.0625, (0.5, None, 1.0))


@pytest.fixture
def listed(tmp_path: Path, tiny_fer2013: Path) -> Callable[[str], Path]:
    """Writes a list of domains beside FER2013, a folder of stills and labels of a clip."""
    for name in ('smile/7_a.jpg', 'smile/7_b.jpg', 'rest/8_a.jpg', 'mild/9_a.jpg'):
        (tmp_path / 'stills' / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(tmp_path / 'stills' / name), np.zeros((60, 60, 3), np.uint8))
    (tmp_path / 'a.mp4').touch()
    (tmp_path / 'labels.csv').write_text('file,start_s,end_s,label\na.mp4,0,1,sad\n')

    def write(text: str) -> Path:
        path = tmp_path / 'domains.yaml'
        path.write_text(text)
        return path

    return write


def test_every_kind_of_domain_is_read_relative_to_the_list(listed: Callable[[str], Path]) -> None:
    domains = read_domains(
        listed(
            'domains:\n'
            '  publictest: {fer2013: fer2013.csv}\n'
            '  training: {fer2013: fer2013.csv, split: Training}\n'
            "  portraits: {stills: stills, labels: {smile: joy, rest: neutral}, person: '^([0-9]+)_'}\n"
            '  clips: {clips: labels.csv}\n'
            '  frames: {clips: labels.csv, smoothing: false}\n'
        )
    )
    assert list(domains) == ['publictest', 'training', 'portraits', 'clips', 'frames']
    public, training, portraits, clips, frames = domains.values()
    assert isinstance(public, StillsDomain)
    assert {sample.role for sample in public.dataset.samples} == {Role.VALIDATION}
    assert isinstance(training, StillsDomain)
    assert {sample.role for sample in training.dataset.samples} == {Role.TRAIN}
    assert isinstance(portraits, StillsDomain)
    assert dict(zip(portraits.dataset.classes, portraits.dataset.emotions, strict=True)) == {
        'rest': 'unknown',
        'smile': 'happy',
    }
    assert [sample.person for sample in portraits.dataset.samples] == ['8', '7', '7']
    assert isinstance(clips, ClipsDomain)
    assert isinstance(frames, ClipsDomain)
    assert (clips.smoothing, frames.smoothing) == (True, False)


@pytest.mark.parametrize(
    ('text', 'cause'),
    [
        ('', 'has no domains'),
        ('domains: {}', 'has no domains'),
        ('domains: [', 'cannot be read as a list of domains'),
        ('domains: {a: {bags: x}}', 'domain a: expected one of fer2013, stills, clips in it'),
        ('domains: {a: {stills: stills, clips: labels.csv}}', 'domain a: expected one of'),
        ('domains: {a: {clips: labels.csv, fps: 3}}', 'domain a: there is no key fps beside clips'),
        ('domains: {a: {clips: labels.csv, smoothing: 1}}', 'domain a: smoothing is 1, expected true or false'),
        ('domains: {a: {fer2013: fer2013.csv, split: Dev}}', "domain a: split is 'Dev', expected one of Training"),
        ('domains: {a: {fer2013: gone.zip}}', 'domain a: no FER2013 at .*gone.zip'),
        ('domains: {a: {stills: stills, labels: {smile: smug}}}', "domain a: 'smug' is no emotion, expected one of"),
    ],
)
def test_a_list_that_is_wrong_is_refused_with_the_domain(text: str, cause: str, listed: Callable[[str], Path]) -> None:
    path = listed(text)
    with pytest.raises(DatasetError, match=f'^{path}.*{cause}'):
        read_domains(path)


def test_every_domain_has_the_same_weight() -> None:
    assert mean_macro_f1({'large': replace(SCORE, n=9000, macro_f1=0.5), 'small': replace(SCORE, macro_f1=1.0)}) == 0.75


def test_json_has_every_field_and_null_for_an_emotion_that_does_not_occur() -> None:
    content = SCORE.as_json()
    assert content['recall'] == {'happy': 0.5, 'unknown': None, 'sad': 1.0}
    assert (content['n'], content['macro_f1'], content['flips_per_min']) == (10, 0.25, None)


def test_a_domain_without_a_face_is_named(listed: Callable[[str], Path], bundle: Path) -> None:
    domains = read_domains(listed('domains: {nobody: {stills: stills, labels: {smile: happy, rest: unknown}}}'))
    told: list[str] = []
    with pytest.raises(DatasetError, match=r'^domain nobody: FaceLandmarker finds no face'):
        measure_domains(domains, load_classifier(find_model()), bundle, told.append)
    assert told == ['nobody']
