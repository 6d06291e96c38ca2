"""The picture of the README: numbers alone, small, and made by a command."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

from blendfer_ros import Blendfer
from blendfer_ros.pages.moving_picture import moving_picture

SHIPPED = Path(__file__).parents[2] / 'docs' / 'sad_to_happy.svg'
SVG = '{http://www.w3.org/2000/svg}'
MAX_BYTES = 600_000


def test_the_picture_is_drawn_of_numbers_and_loads_nothing() -> None:
    text = moving_picture(list(Blendfer().stream('sad_to_happy')))
    tags = {element.tag.removeprefix(SVG) for element in ET.fromstring(text).iter()}
    assert tags == {'svg', 'style', 'path', 'animate', 'text', 'rect', 'line', 'polyline'}
    assert not re.search(r'href|url\(|data:', text)
    assert len(text.encode()) < MAX_BYTES


def test_every_moment_is_drawn_with_the_same_strokes() -> None:
    # Else nothing could move from one to the next.
    root = ET.fromstring(SHIPPED.read_text())
    for path in root.iter(f'{SVG}path'):
        values = path.find(f'{SVG}animate').get('values').split(';')
        assert len(values) > 30
        assert len({re.sub(r'[-0-9,]+', '', value) for value in values}) == 1


def test_the_shipped_one_was_made_by_it() -> None:
    made, shipped = (
        ET.fromstring(text) for text in (moving_picture(list(Blendfer().stream('sad_to_happy'))), SHIPPED.read_text())
    )
    assert [element.tag for element in made.iter()] == [element.tag for element in shipped.iter()]
    assert [element.text for element in made.iter(f'{SVG}text')] == [
        element.text for element in shipped.iter(f'{SVG}text')
    ]
