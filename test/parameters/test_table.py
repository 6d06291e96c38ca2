"""One table of parameters: the README and the shipped configuration say what it says."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from blendfer_ros.classification.estimator import PARAMETERS, EstimatorOptions
from blendfer_ros.core.assets import find_config
from blendfer_ros.parameters.table import NODES, Parameter

README = find_config('emotion.yaml').resolve().parent.parent / 'README.md'


def range_of(parameter: Parameter) -> str:
    if parameter.minimum is None or parameter.maximum is None:
        return ''
    return f'{parameter.minimum:g} to {parameter.maximum:g}'


def readme_row(parameter: Parameter) -> str:
    default = parameter.default
    shown = str(default).lower() if isinstance(default, bool) else str(default)
    cells = (
        f'`{parameter.name}`{" ●" if parameter.live else ""}',
        f'`{shown}`' if shown else 'empty',
        parameter.unit,
        range_of(parameter),
    )
    return '| ' + ' | '.join((*cells, parameter.description)) + ' |'


@pytest.mark.parametrize('node', NODES)
def test_the_readme_has_a_row_for_each_parameter(node: str) -> None:
    section = re.split(r'^#+ ', README.read_text().split(f'`{node}` parameters')[1], maxsplit=1, flags=re.MULTILINE)[0]
    rows = [re.sub(r' +', ' ', line) for line in section.splitlines() if line.startswith('| `')]
    assert rows == [re.sub(r' +', ' ', readme_row(parameter)) for parameter in NODES[node]]


def test_the_shipped_configuration_names_every_parameter_at_its_default() -> None:
    content = yaml.safe_load(Path(find_config('emotion.yaml')).read_text())
    launched = (
        'face_landmarker_node',
        'emotion_classifier_node',
        'dialogue_bridge_node',
        'video_source_node',
        'ros4hri_node',
    )
    assert content == {
        f'/**/{node}': {'ros__parameters': {parameter.name: parameter.default for parameter in NODES[node]}}
        for node in launched
    }


@pytest.mark.parametrize('node', NODES)
def test_defaults_lie_in_their_ranges_and_units_are_in_the_names_that_carry_one(node: str) -> None:
    for parameter in NODES[node]:
        if parameter.minimum is not None and parameter.maximum is not None:
            assert not isinstance(parameter.default, (str, bool))
            assert parameter.minimum <= parameter.default <= parameter.maximum
        assert parameter.name.endswith('_s') == (parameter.unit == 's')


def test_every_field_of_the_options_is_a_parameter_of_the_classifier() -> None:
    parameters = {parameter.name: parameter.default for parameter in NODES['emotion_classifier_node']}
    shipped: Any = EstimatorOptions()
    for part, fields in PARAMETERS.items():
        whole = getattr(shipped, part) if part else shipped
        own = {field.name for field in dataclasses.fields(whole)} - (set(PARAMETERS) if not part else set())
        assert set(fields) == own
        assert {parameters[key] for key in fields.values()} == {getattr(whole, name) for name in fields}
