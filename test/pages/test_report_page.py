"""The report: complete in itself, readable by everybody, and without anybody's picture unless asked for."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.html_page import Page

from blendfer_ros.core.errors import BlendferError
from blendfer_ros.core.image_types import RgbImage
from blendfer_ros.pages.report_page import report_page
from blendfer_ros.pages.svg import require_matplotlib
from blendfer_ros.study.study import Study

pytest.importorskip('matplotlib', reason='needs matplotlib: pip install blendfer_ros[train]')

SECTIONS = ['models', 'targets', 'ablations', 'blendfer', 'lost', 'blendshapes', 'mistakes', 'how']
PLOTS = ['confusion', 'reliability', 'coverage', 'learning', 'lost', 'means', 'boxes']
MAX_BYTES = 3_000_000


def red(image_id: str) -> RgbImage:
    return np.full((48, 48, 3), (200, 20, 20), np.uint8)


def page_of(study: Study, **options: Any) -> Page:
    page = Page(report_page(study, **options))
    assert not page.open
    return page


def values(page: Page, tag: str, name: str) -> list[str]:
    return [value for its_tag, its_name, value in page.attributes if (its_tag, its_name) == (tag, name)]


def test_the_page_has_every_section_and_every_plot_with_a_text_for_it(study: Study) -> None:
    page = page_of(study)
    assert values(page, 'h2', 'id') == SECTIONS
    assert values(page, 'svg', 'class') == PLOTS
    texts = values(page, 'svg', 'aria-label')
    assert all(len(text) > 20 for text in texts)
    assert len(set(texts)) == len(PLOTS)
    captions = re.findall(r'</svg>\s*<figcaption>(.+?)</figcaption>', report_page(study))
    assert len(captions) == len(PLOTS)
    assert all(caption.count('.') == 1 and caption.endswith('.') for caption in captions)


def test_it_says_first_what_it_comes_to_what_is_in_it_and_when_it_was_written(study: Study) -> None:
    page = page_of(study, written='Written on 2026-05-04, commit abc.')
    assert 'commit abc.' in page.text
    links = [value.removeprefix('#') for value in values(page, 'a', 'href')]
    assert links == SECTIONS
    assert page.text.index('always answering unknown') < page.text.index('PublicTest')


def test_every_plot_has_a_heading(study: Study) -> None:
    assert len(re.findall(r'<figure><h3>[A-Z][^<]+</h3>\s*<svg', report_page(study))) == len(PLOTS)


def test_rows_are_models_peer_paper_and_ablations(study: Study) -> None:
    text = ' '.join(page_of(study).text.split())
    for part in (
        'blendfer 0.400 0.300 0.400 0.300',
        'fer 1 0.400',
        'the paper 0.720 0.630',
        'rows of its own 1646 0.624',
        'blendfer is right about 40.0 %',
        'as it is 0.400',
        'accuracy ≥ 0.84 0.400 no',
        'median time of crop and CNN, and of one inference [ms] ≤ 3 0.050 yes',
        'neutral 1 1 100.0 % 261 5.3 %',
        'sure happy sad 0.05 0.05 0.90',
        'blendfer_paper is left out.',
        'PrivateTest was measured on with 3 model files in all',
    ):
        assert part in text


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs(study: Study) -> None:
    html = report_page(study, red)
    assert not re.search(r'https?:|//|<script|<link|@import|url\([^#]', re.sub(r'base64,[\w+/=]+', '', html))
    assert "default-src 'none'" in html
    assert len(html.encode()) < MAX_BYTES


def test_no_id_is_given_twice(study: Study) -> None:
    ids = [value for _, name, value in page_of(study).attributes if name == 'id']
    assert len(ids) == len(set(ids))


def test_every_reference_within_the_page_leads_somewhere(study: Study) -> None:
    html = report_page(study)
    ids = set(re.findall(r'\bid="([^"]+)"', html))
    assert set(re.findall(r'(?:url\(#|href="#)([^)"]+)', html)) <= ids


def test_plots_take_the_colour_of_the_text(study: Study) -> None:
    html = report_page(study)
    assert 'prefers-color-scheme: dark' in html
    assert 'currentColor' in html
    assert '#010203' not in html
    assert '#000000' not in html


def test_tables_scroll_inside_their_box_and_plots_are_not_cut(study: Study) -> None:
    html = report_page(study)
    assert html.count('<table') == html.count('<div class="box"><table')
    assert '<div class="box"><svg' not in html
    assert not re.search(r'svg[^{}]*{[^}]*min-width', html)


def test_nobodys_picture_is_in_the_page(study: Study) -> None:
    html = report_page(study)
    assert '<img' not in html
    assert 'data:image' not in html
    assert 'contains pictures of people' not in html


def test_pictures_are_in_the_page_when_asked_for_and_the_page_says_so(study: Study) -> None:
    page = page_of(study, picture_of=red)
    sources = values(page, 'img', 'src')
    assert len(sources) == 3
    assert all(base64.b64decode(source.removeprefix('data:image/jpeg;base64,'), validate=True) for source in sources)
    assert values(page, 'img', 'alt') == ['sure', 'unsure', 'as unsure']
    assert 'This page contains pictures of people' in page.text


def test_the_same_study_gives_the_same_page(study: Study) -> None:
    assert report_page(study) == report_page(study)


def test_a_model_whose_card_has_no_history_has_no_learning_curve(study: Study) -> None:
    model = study.models[0]
    assert model.file is not None
    without = replace(model, file=replace(model.file, card=replace(model.file.card, training={})))
    page = page_of(replace(study, models=(without,)))
    assert 'learning' not in values(page, 'svg', 'class')


def test_a_study_of_nothing_is_still_a_page(study: Study) -> None:
    text = page_of(replace(study, models=(), peer=None, ablations=(), notes=())).text
    assert 'No model with a target was measured.' in text
    assert 'None were trained.' in text


def test_names_are_text_not_markup(study: Study) -> None:
    hostile = replace(study, notes=('<script>alert("1")</script>',))
    assert '<script' not in report_page(hostile)
    assert '<script>' in Page(report_page(hostile)).text


def test_without_matplotlib_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
    with pytest.raises(BlendferError, match='need matplotlib: pip install it'):
        require_matplotlib()
