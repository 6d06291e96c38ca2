"""The page of bags in a real browser: what it looks like is not in the text of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from blendfer_ros.core.answers import Segment
from blendfer_ros.evaluation.streams.bag_answers import AnsweredBag
from blendfer_ros.evaluation.streams.bag_scores import ScoredBag
from blendfer_ros.evaluation.streams.worst_moments import worst_moments
from blendfer_ros.pages.bags_page import bags_page

pytest.importorskip('matplotlib', reason='needs matplotlib: pip install blendfer_ros[train]')
webdriver = pytest.importorskip('selenium.webdriver', reason='needs selenium: pip install selenium')

CHROMIUM = Path('/usr/bin/chromium')
PHONE_PX = (390, 844)
FLAGS = (
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
)


@pytest.fixture(scope='module')
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Chromium with the screen of a phone, which writes down what it says and what it loads."""
    chromedriver = shutil.which('chromedriver')
    if not CHROMIUM.is_file() or not chromedriver:
        pytest.skip('needs Chromium: apt install chromium chromium-driver')
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f'--user-data-dir={tmp_path_factory.mktemp("chromium")}'):
        options.add_argument(flag)
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL', 'performance': 'ALL'})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(chromedriver))
    width, height = PHONE_PX
    screen = {'width': width, 'height': height, 'deviceScaleFactor': 2, 'mobile': True}
    driver.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', screen)
    yield driver
    driver.quit()


@pytest.fixture
def page(made_bag: Callable[..., AnsweredBag], tmp_path: Path) -> Path:
    """Of three bags: their lengths are in another order than their names, one has no confidence."""
    said = {'b': ['happy'] * 4, 'a': ['sad'] * 9 + ['happy'] * 12, 'c': ['unknown'] * 6}
    bags = {name: ScoredBag.of(made_bag(each), [Segment(0, 99, 'sad')]) for name, each in said.items()}
    failed = {'a_bag_with_a_name_too_long_for_any_phone_' * 3: 'it is no bag'}
    path = tmp_path / 'bags.html'
    path.write_text(bags_page('blendfer on 3 bags', 'blendfer', bags, failed, {}, worst_moments(bags, 9)))
    return path


def names(browser: Any, table: str) -> list[str]:
    return [cell.text for cell in browser.find_elements('css selector', f'{table} tbody th')]


def test_the_page_fits_a_phone_says_no_error_and_loads_nothing(browser: Any, page: Path) -> None:
    for log in ('browser', 'performance'):
        browser.get_log(log)
    browser.get(page.as_uri())
    assert browser.title == 'blendfer on 3 bags'
    assert browser.execute_script('return document.documentElement.scrollWidth') == PHONE_PX[0]
    assert all(svg.size['height'] > 100 for svg in browser.find_elements('css selector', 'svg'))
    assert browser.get_log('browser') == []
    requests = [
        entry['message'] for entry in browser.get_log('performance') if 'requestWillBeSent"' in entry['message']
    ]
    assert len(requests) == 1
    assert page.as_uri() in requests[0]


def test_a_click_on_a_heading_sorts_and_a_second_one_the_other_way_round(browser: Any, page: Path) -> None:
    browser.get(page.as_uri())
    table = '#bags + .box .sortable'
    assert names(browser, table) == ['b', 'a', 'c']
    headings = {button.text: button for button in browser.find_elements('css selector', f'{table} button')}
    for heading, orders in {
        'bag': ('abc', 'cba'),
        'length s': ('bca', 'acb'),
        'flips/min': ('cba', 'acb'),
        # c, which claims nothing, is sure of nothing, and last both times.
        'sure': ('abc', 'abc'),
    }.items():
        for order, direction in zip(orders, ('ascending', 'descending'), strict=True):
            browser.execute_script('arguments[0].click()', headings[heading])
            sorted_by = browser.find_elements('css selector', f'{table} [aria-sort={direction}]')
            assert [cell.text.split(' ↑')[0].split(' ↓')[0] for cell in sorted_by] == [heading]
            assert ''.join(names(browser, table)) == order
    overall = browser.find_element('css selector', f'{table} tfoot th')
    assert overall.text == 'overall'


def test_the_page_is_light_or_dark_as_the_reader_wants_it(browser: Any, page: Path) -> None:
    colours = []
    for scheme in ('light', 'dark'):
        features = [{'name': 'prefers-color-scheme', 'value': scheme}]
        browser.execute_cdp_cmd('Emulation.setEmulatedMedia', {'features': features})
        browser.get(page.as_uri())
        script = 'const s = getComputedStyle(document.body); return [s.color, s.backgroundColor]'
        colours.append([sum(map(int, colour[4:-1].split(','))) for colour in browser.execute_script(script)])
    (light_ink, light_paper), (dark_ink, dark_paper) = colours
    assert light_ink < light_paper
    assert dark_ink > dark_paper
