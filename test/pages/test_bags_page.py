"""The page of bags: complete in itself, trouble first, and pictures of people only where they are asked for."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from support.html_page import Page

from blendfer_ros.bags.salvage import Damage
from blendfer_ros.core.answers import Segment
from blendfer_ros.evaluation.streams.bag_answers import AnsweredBag
from blendfer_ros.evaluation.streams.bag_scores import ScoredBag
from blendfer_ros.evaluation.streams.worst_moments import worst_moments
from blendfer_ros.metrics.bootstrap import Difference, Interval
from blendfer_ros.pages.bags_page import Comparison, bags_page
from blendfer_ros.pages.bags_table import table

pytest.importorskip('matplotlib', reason='needs matplotlib: pip install blendfer_ros[train]')

Bags = dict[str, ScoredBag]


@pytest.fixture
def bags(made_bag: Callable[..., AnsweredBag]) -> Bags:
    """One without a mistake, and a damaged one with one of a second."""
    happy = ScoredBag.of(made_bag(['happy'] * 4), [Segment(0, 9, 'happy')])
    damaged = replace(made_bag(['sad', 'happy', 'happy']), damage=Damage('b_0.mcap', 4711, 'it ends'))
    return {'a': happy, 'b': ScoredBag.of(damaged, [Segment(0, 9, 'sad')])}


@pytest.fixture
def unlabelled(made_bag: Callable[..., AnsweredBag]) -> Bags:
    return {'a': ScoredBag.of(made_bag(['happy', 'stale', 'no_face']), ())}


def page_of(bags: Bags, *, pictures: bool = False, compared: dict[str, Comparison] | None = None) -> tuple[str, Page]:
    moments = worst_moments(bags, 9)
    shown = {moment: np.zeros((40, 60, 3), np.uint8) for moment in moments} if pictures else None
    html = bags_page('blendfer on bags', 'blendfer', bags, {'c': 'it is no bag'}, compared or {}, moments, shown)
    page = Page(html)
    assert not page.open
    return html, page


def test_trouble_comes_first_then_every_bag_then_scores_then_the_worst(bags: Bags) -> None:
    _, page = page_of(bags)
    text = ' '.join(page.text.split())
    places = [
        text.index(shown)
        for shown in (
            '1 of 3 bags could not be evaluated and are left out: c: it is no bag',
            'b: b_0.mcap is damaged at byte 4711: it ends',
            'a 1.5 4 0 0 1 100.0 0.0 0.0 0.0 0.0 0.0 0.80 9.25 12.50 0.25 0.50',
            'overall 2.5 7 0 0 2 ',
            'a 4 1.000 1.000 0.0 0.00 0.00 0 -',
            'overall 7 0.714',
            'happy 4 0 0 0 unknown 0 0 0 0 sad 2 0 1 0',
            'accuracy',
            'b 0:00.5 1.0 sad happy 0.80',
            'label answer',
        )
    ]
    assert places[:7] == sorted(places[:7])
    assert [value for tag, name, value in page.attributes if (tag, name) == ('svg', 'class')] == [
        'reliability',
        'timeline',
        'timeline',
    ]


def test_without_labels_there_are_no_scores(unlabelled: Bags) -> None:
    html, page = page_of(unlabelled)
    for word in ('Scores', 'Worst', 'reliability', 'label answer', 'overall'):
        assert word not in page.text
    assert 'a 1.0 3 0 0 1 33.3 0.0 0.0 33.3 33.3' in ' '.join(page.text.split())
    assert html.count('<svg class="timeline"') == 1


def test_comparisons_have_their_intervals_and_clear_ones_stand_out(bags: Bags) -> None:
    difference = Difference(
        12, 3, Interval(0.25, 0.125, 0.375), Interval(-0.1, -0.2, 0.05), Interval(-2.0, -4.0, 1.0), None
    )
    html, page = page_of(bags, compared={'calm.yaml': Comparison(0.875, difference)})
    shown = 'calm.yaml 87.5 % of images +0.250 (+0.125 to +0.375) -0.100 (-0.200 to +0.050) 12'
    shown += ' -2.000 (-4.000 to +1.000) - 3'
    assert shown in ' '.join(page.text.split())
    assert re.findall(r'class="clear">(\S+)', html) == ['+0.250']
    _, page = page_of(bags, compared={'other': Comparison(0.5, None)})
    assert 'other 50.0 % of images' in ' '.join(page.text.split())


def test_pictures_of_people_are_there_only_where_asked_for_and_then_said(bags: Bags) -> None:
    html, page = page_of(bags)
    assert '<img' not in html
    assert 'and no pictures' in page.text
    html, page = page_of(bags, pictures=True)
    assert html.count('<img src="data:image/jpeg;base64,') == 1
    assert 'This page contains pictures of people.' in page.text
    assert 'and no pictures' not in page.text


def test_the_page_allows_its_own_script_and_no_other_and_loads_nothing(bags: Bags) -> None:
    html, page = page_of(bags, pictures=True)
    (script,) = re.findall(r'<script>(.*?)</script>', html, re.DOTALL)
    sha256 = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = next(
        value for tag, name, value in page.attributes if (tag, name) == ('meta', 'content') and 'src' in value
    )
    assert policy == (f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{sha256}'")
    addresses = [value for _, name, value in page.attributes if name in ('src', 'href', 'xlink:href', 'action')]
    assert all(value.startswith(('data:', '#')) for value in addresses)


def test_names_are_text_not_markup(bags: Bags) -> None:
    html, _ = page_of({'<script>alert(1)</script>': bags['b']})
    assert html.count('<script') == 1


def test_the_same_answers_give_the_same_page(bags: Bags) -> None:
    assert page_of(bags)[0] == page_of(bags)[0]


def test_lines_of_the_table_fit_a_terminal(bags: Bags) -> None:
    shown = table({'a rather long name of a bag of some robot': bags['a'], 'b': bags['b']})
    assert max(map(len, shown.splitlines())) <= 120
    assert shown.splitlines()[1].startswith('… of a bag of some robot  ')
