"""The files for RViz and Foxglove show topics of ours, and fields that there are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import yaml

from blendfer_ros.core.assets import find_config
from blendfer_ros.msg import Emotion

TOPICS = {'/annotated', '/emotion'}
EMOTION_FIELDS = set(Emotion.get_fields_and_field_types())


def panels(layout: Any) -> Iterator[str]:
    """The panels that a layout's tree shows."""
    if isinstance(layout, str):
        yield layout
    else:
        yield from panels(layout['first'])
        yield from panels(layout['second'])


def values(tree: Any, *names: str) -> Iterator[str]:
    """Whatever stands under one of `names`, at any depth."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            if name in names:
                yield value
            yield from values(value, *names)
    elif isinstance(tree, list):
        for value in tree:
            yield from values(value, *names)


def test_rviz_shows_the_annotated_image_best_effort_so_that_it_waits_for_none_that_was_lost() -> None:
    manager = yaml.safe_load(find_config('emotion.rviz').read_text())['Visualization Manager']
    (display,) = manager['Displays']
    assert display['Class'] == 'rviz_default_plugins/Image'
    assert display['Enabled']
    assert display['Topic']['Value'] in TOPICS
    assert display['Topic']['Reliability Policy'] == 'Best Effort'


def test_the_foxglove_layout_shows_every_panel_it_configures() -> None:
    layout = json.loads(find_config('foxglove_layout.json').read_text())
    shown = list(panels(layout['layout']))
    assert sorted(shown) == sorted(layout['configById'])
    assert {name.split('!')[0] for name in shown} == {'Image', 'StateTransitions', 'Plot', 'RawMessages'}


def test_the_foxglove_layout_names_topics_of_ours_and_fields_of_their_messages() -> None:
    panels_by_id = json.loads(find_config('foxglove_layout.json').read_text())['configById']
    assert set(values(panels_by_id, 'imageTopic', 'topicPath')) == TOPICS
    paths = [path.split('.') for path in values(panels_by_id, 'value')]
    assert paths
    for topic, field in paths:
        assert topic in TOPICS
        assert field in EMOTION_FIELDS
