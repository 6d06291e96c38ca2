"""One table of parameters: its page and the shipped configuration say what it says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from blendfer_ros.classification.estimator import EstimatorOptions
from blendfer_ros.core.assets import find_config
from blendfer_ros.core.errors import BlendferError, ParameterError
from blendfer_ros.core.options import options_of
from blendfer_ros.parameters.documents import LAUNCHED, configuration, with_tables
from blendfer_ros.parameters.table import EMOTION_CLASSIFIER, NODES, Parameter, estimator_options

PAGE = find_config('emotion.yaml').resolve().parent.parent / 'docs' / 'parameters.md'


def test_the_readme_and_the_configuration_are_those_of_the_table() -> None:
    assert with_tables(PAGE.read_text()) == PAGE.read_text(), 'run `make docs`'
    assert find_config('emotion.yaml').read_text() == configuration(), 'run `make docs`'


def test_the_shipped_configuration_names_every_parameter_at_its_default() -> None:
    content = yaml.safe_load(find_config('emotion.yaml').read_text())
    assert content == {
        node: {'ros__parameters': {parameter.name: parameter.default for parameter in NODES[node]}} for node in LAUNCHED
    }


def test_a_document_without_a_table_for_each_node_is_refused() -> None:
    with pytest.raises(BlendferError, match='expected a heading `face_landmarker_node` parameters'):
        with_tables('# nothing\n')


@pytest.mark.parametrize('node', NODES)
def test_defaults_lie_in_their_ranges_and_units_are_in_the_names_that_carry_one(node: str) -> None:
    for parameter in NODES[node]:
        parameter.check(parameter.default)
        assert (parameter.low is None) == (parameter.high is None) == isinstance(parameter.default, (str, bool))
        assert parameter.name.endswith('_s') == (parameter.unit == 's')


def test_no_node_has_two_parameters_of_one_name() -> None:
    for parameters in NODES.values():
        names = [parameter.name for parameter in parameters]
        assert len(names) == len(set(names))


def test_every_option_of_the_estimator_is_set_by_one_parameter_and_no_other_does_anything() -> None:
    shipped = EstimatorOptions()
    owners = {'': EstimatorOptions, 'smoothing': None, 'quality': None, 'primary': None}
    n_options = sum(len(options_of(getattr(shipped, part) if part else EstimatorOptions)) for part in owners)
    changed = []
    for parameter in EMOTION_CLASSIFIER:
        other = {'primary': 'nearest', 'primary_face_id': 'face_7'}.get(parameter.name, another_value(parameter))
        options = estimator_options({parameter.name: other})
        if options != shipped:
            changed.append(parameter.name)
            # Set back to its default, nothing is changed: one parameter, one option.
            assert estimator_options({parameter.name: parameter.default}) == shipped
    assert len(changed) == n_options
    of_the_node = {'autostart', 'lazy', 'model', 'publish_rate', 'time_limit_s'}
    assert set(changed) == {p.name for p in EMOTION_CLASSIFIER} - of_the_node


def another_value(parameter: Parameter) -> Any:
    if isinstance(parameter.default, bool):
        return not parameter.default
    if isinstance(parameter.default, str):
        return f'another {parameter.default}'
    return parameter.high if parameter.default != parameter.high else parameter.low


def test_options_come_from_parameters_and_what_is_missing_is_as_shipped() -> None:
    options = estimator_options(
        {'stale_after_s': 3.0, 'min_dwell_s': 0.7, 'smoothing_time_constant_s': 0.2, 'primary': 'nearest', 'other': 1}
    )
    shipped = EstimatorOptions()
    assert (options.stale_after_s, options.face_timeout_s) == (3.0, shipped.face_timeout_s)
    assert options.smoothing == replace(shipped.smoothing, min_dwell_s=0.7, time_constant_s=0.2)
    assert (options.quality, options.primary) == (shipped.quality, replace(shipped.primary, rule='nearest'))
    assert estimator_options({}) == shipped


def test_values_that_do_not_go_together_are_refused() -> None:
    with pytest.raises(ParameterError, match='primary is given, but primary_face_id is empty'):
        estimator_options({'primary': 'given'})
