"""The page of mistakes: complete in itself, and safe to open."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from support.html_page import Page

from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.evaluation.stills.predictions import Predictions
from blendfer_ros.pages.errors_page import MAX_SHOWN, errors_page


def red(sample_id: str) -> RgbImage:
    return np.full((600, 900, 3), (200, 20, 20), np.uint8)


def page_of(predictions: Predictions, **options: Any) -> Page:
    page = Page(errors_page('model on data', predictions.metrics(9), predictions, **options))
    assert not page.open
    return page


def test_each_mistake_is_shown_worst_first_with_labels_probabilities_and_blendshapes(predictions: Predictions) -> None:
    text = ' '.join(page_of(predictions).text.split())
    first, second, third = text.split('taken for')[1:]
    assert text.count('happy, taken for') == 2
    for part in ('sad sure', 'happy 0.05 unknown 0.05 sad 0.90', 'mouthFrownLeft 0.88 mouthSmileLeft 0.75'):
        assert part in first
    assert 'unknown unsure' in second
    assert 'happy as unsure' in third
    assert '3 of 5 predictions are wrong' in text
    assert 'also right' not in text


def test_bars_are_as_long_as_the_numbers(predictions: Predictions) -> None:
    widths = [value for _, name, value in page_of(predictions.worst(1)).attributes if name == 'style']
    assert widths[:3] == ['width: 5.0%', 'width: 5.0%', 'width: 90.0%']
    assert widths[3:5] == ['width: 87.5%', 'width: 75.0%']
    assert len(widths) == 8


def test_pictures_are_in_the_page_small_and_in_their_colours(predictions: Predictions) -> None:
    page = page_of(predictions, picture_of=red)
    sources = [value for tag, name, value in page.attributes if (tag, name) == ('img', 'src')]
    assert len(sources) == 3
    assert 'This page contains pictures of people' in page.text
    data = base64.b64decode(sources[0].removeprefix('data:image/jpeg;base64,'), validate=True)
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert bgr.shape == (213, 320, 3)
    assert bgr[100, 100].tolist() == pytest.approx([20, 20, 200], abs=5)


def test_nothing_is_loaded_from_elsewhere(predictions: Predictions) -> None:
    html = errors_page('model on data', predictions.metrics(9), predictions, red)
    assert not re.search(r'https?:|//|<script|<link|@import|url\(', re.sub(r'base64,[\w+/=]+', '', html))
    assert "default-src 'none'" in html


def test_names_are_text_not_markup(predictions: Predictions) -> None:
    name = '<script>alert("1")</script>&amp;.jpg'
    hostile = replace(predictions, ids=np.array([name] * 5))
    html = errors_page(name, hostile.metrics(9), hostile)
    assert '<script' not in html
    assert Page(html).text.count(name) == 1 + 1 + 3


def test_at_most_so_many_are_shown_and_the_page_says_so(predictions: Predictions) -> None:
    many = Predictions(*(np.repeat(getattr(predictions, name), 40, axis=0) for name in vars(predictions)))
    text = ' '.join(page_of(many).text.split())
    assert text.count('taken for') == MAX_SHOWN == 60
    assert '120 of 200 predictions are wrong; the 60 most confident of them follow' in text


def test_a_model_without_mistakes_gets_a_page_that_says_so(predictions: Predictions) -> None:
    page = page_of(replace(predictions, decisions=predictions.labels))
    assert 'No prediction is wrong' in page.text
    assert 'taken for' not in page.text
