"""Names people give to emotions."""

from __future__ import annotations

import pytest

from blendfer_ros.core.emotions import LABEL_NAMES, emotion_of_folder, emotion_of_label


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
