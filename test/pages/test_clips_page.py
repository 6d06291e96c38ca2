"""The page of answers over time: complete in itself, and without anybody's picture."""

from __future__ import annotations

import re

import pytest
from support.html_page import Page

from blendfer_ros.core.answers import Answer, Segment
from blendfer_ros.metrics.segments import AnsweredClip
from blendfer_ros.pages.clips_page import clips_page

pytest.importorskip('matplotlib', reason='needs matplotlib: pip install blendfer_ros[train]')

NOBODY = (0.0, 0.0, 0.0)
SAD = (0.1, 0.2, 0.7)


def answered(name: str, raw: tuple[Answer, ...] | None = None) -> AnsweredClip:
    said = (Answer(0.0, 'no_face', NOBODY), Answer(0.5, 'sad', SAD), Answer(1.0, 'sad', SAD))
    return AnsweredClip(name, (Segment(0.0, 0.5, 'no_face'), Segment(0.5, 99.0, 'sad')), 1.5, said, raw)


def with_raw(name: str) -> AnsweredClip:
    return answered(
        name, (Answer(0.0, 'stale', NOBODY), Answer(0.5, 'happy', (0.8, 0.1, 0.1)), Answer(1.0, 'sad', SAD))
    )


def page_of(*clips: AnsweredClip) -> Page:
    page = Page(clips_page('blendfer on labels.csv', clips))
    assert not page.open
    return page


def test_the_page_has_scores_confusion_and_a_timeline_for_each_clip() -> None:
    page = page_of(answered('a.mp4'), answered('b.mp4'))
    text = ' '.join(page.text.split())
    for shown in (
        'a.mp4 3 1.000 1.000 0.0 0.00 0.00 0 -',
        'overall 6 1.000 1.000 0.0 0.00 0.00 0 -',
        'happy unknown sad not tracking happy 0 0 0 0 unknown 0 0 0 0 sad 0 0 4 0',
        'Every frame was evaluated.',
        'label answer',
        'time [s]',
    ):
        assert shown in text
    assert 'raw' not in text
    assert [value for tag, name, value in page.attributes if (tag, name) == ('svg', 'aria-label')] == [
        f'{name}: labels, answers and probabilities over time' for name in ('a.mp4', 'b.mp4')
    ]


def test_raw_answers_stand_beside_the_others_and_in_a_band_of_their_own() -> None:
    text = ' '.join(page_of(with_raw('a.mp4')).text.split())
    assert 'a.mp4 3 1.000 0.500 1.000 0.333 0.0 40.0' in text
    assert 'sad 0 1 0 0 2 1 0 0' in text
    assert 'label answer raw' in text


def test_the_legend_names_the_emotions_and_what_else_occurs() -> None:
    assert 'happy unknown sad no face stale' in ' '.join(page_of(with_raw('a.mp4')).text.split())
    assert 'stale' not in page_of(answered('a.mp4')).text


def test_the_page_says_how_many_frames_were_evaluated() -> None:
    assert 'At most 7.5 frames per second were evaluated.' in clips_page('title', [answered('a')], fps=7.5)


def test_nothing_is_loaded_from_elsewhere_and_there_are_no_pictures() -> None:
    html = clips_page('title', [with_raw('a.mp4')])
    assert not re.search(r'https?:|//|<script|<link|@import|url\([^#]|<img|data:image', html)
    assert "default-src 'none'" in html
    assert 'no pictures' in html


def test_parts_of_the_plots_have_names_of_their_own_and_all_references_lead_to_one() -> None:
    html = clips_page('title', [with_raw('a.mp4'), with_raw('b.mp4')])
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    references = set(re.findall(r'(?:url\(#|href="#)([^)"]+)', html))
    assert references
    assert references <= set(ids)


def test_plots_take_the_colour_of_the_text() -> None:
    html = clips_page('title', [with_raw('a.mp4')])
    assert 'prefers-color-scheme: dark' in html
    assert 'currentColor' in html
    assert '#010203' not in html


def test_the_same_answers_give_the_same_page() -> None:
    assert clips_page('title', [with_raw('a')]) == clips_page('title', [with_raw('a')])


def test_names_are_text_not_markup() -> None:
    name = '<script>alert("1")</script>&amp;.mp4'
    html = clips_page(name, [answered(name)])
    assert '<script' not in html
    assert Page(html).text.count(name) == 4
