"""One table of emotions: its order, its looks, and the names people give to them."""

from __future__ import annotations

from collections import Counter

import pytest

from blendfer_ros.core.emotions import (
    EMOTION_CLASSES,
    EMOTIONS,
    LABEL_NAMES,
    UNKNOWN_INDEX,
    EmotionClass,
    emotion_of_folder,
    emotion_of_label,
)


def test_emotions_are_in_the_order_of_the_paper() -> None:
    assert EMOTIONS == ('happy', 'unknown', 'sad')
    assert EMOTIONS[UNKNOWN_INDEX] == 'unknown'


def test_no_two_emotions_look_alike() -> None:
    assert len({emotion.colour for emotion in EMOTION_CLASSES}) == len(EMOTION_CLASSES)
    assert len({emotion.line_style for emotion in EMOTION_CLASSES}) == len(EMOTION_CLASSES)


def test_a_colour_is_also_red_green_and_blue() -> None:
    assert EmotionClass('amused', frozenset(), '#0180ff', '-').rgb == (1, 128, 255)


def test_no_name_means_two_emotions() -> None:
    names = Counter(name for emotion in EMOTION_CLASSES for name in (emotion.name, *emotion.synonyms))
    assert set(names.values()) == {1}
    assert sorted(names) == list(LABEL_NAMES)


@pytest.mark.parametrize(
    ('name', 'emotion'),
    [
        ('happy', 'happy'),
        ('Happiness', 'happy'),
        ('JOY', 'happy'),
        ('sad', 'sad'),
        ('Sadness', 'sad'),
        ('neutral', 'unknown'),
        ('unhappy', 'unknown'),
        ('holiday 2019', 'unknown'),
    ],
)
def test_a_folder_counts_as_what_its_name_says(name: str, emotion: str) -> None:
    assert emotion_of_folder(name) == emotion


def test_a_label_is_one_of_the_names_or_nobody_knows_it() -> None:
    assert {name: emotion_of_label(name) for name in LABEL_NAMES if emotion_of_label(name) != 'unknown'} == {
        'happy': 'happy',
        'happiness': 'happy',
        'joy': 'happy',
        'sad': 'sad',
        'sadness': 'sad',
    }
    assert emotion_of_label(' Anger ') == 'unknown'
    assert emotion_of_label('hapy') is None
