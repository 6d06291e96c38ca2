"""Parameter files mean the same without ROS as they do to the node."""

from __future__ import annotations

from pathlib import Path

import pytest

from blendfer_ros.classification.estimator import EstimatorOptions
from blendfer_ros.core.assets import find_config
from blendfer_ros.core.errors import ParameterError
from blendfer_ros.parameters.file import read_parameter_file
from blendfer_ros.parameters.table import EMOTION_CLASSIFIER, Parameter, estimator_options


def written(folder: Path, *lines: str, section: str = '/**/emotion_classifier_node') -> Path:
    path = folder / 'params.yaml'
    path.write_text('\n'.join([f'{section}:', '  ros__parameters:', *(f'    {line}' for line in lines), '']))
    return path


def test_the_shipped_file_says_what_is_shipped() -> None:
    read = read_parameter_file(find_config('emotion.yaml'))
    assert (read.model, read.options) == ('blendfer', EstimatorOptions())


@pytest.mark.parametrize('namespace', ['/**/', '/robot/', ''])
def test_what_is_said_is_taken_and_the_rest_is_as_shipped(namespace: str, tmp_path: Path) -> None:
    lines = ('smoothing_time_constant_s: 1.5', 'primary: nearest', 'auto_neutral: true')
    path = written(tmp_path, *lines, section=f'{namespace}emotion_classifier_node')
    read = read_parameter_file(path)
    assert read.model == ''
    options = read.options
    assert (options.smoothing.time_constant_s, options.primary.rule, options.auto_neutral) == (1.5, 'nearest', True)
    assert options.smoothing.min_dwell_s == EstimatorOptions().smoothing.min_dwell_s


@pytest.mark.parametrize(
    ('line', 'sentence'),
    [
        ('min_dwel_s: 1.0', 'emotion_classifier_node has no parameter min_dwel_s: expected one of autostart, '),
        ('min_dwell_s: 11.0', 'min_dwell_s is 11.0, expected 0 to 10'),
        ('min_dwell_s: .nan', 'min_dwell_s is nan, expected 0 to 10'),
        ('min_dwell_s: 1', 'min_dwell_s is 1, expected a float such as 0.5'),
        ('auto_neutral: 1', 'auto_neutral is 1, expected a bool such as False'),
        ('primary: tallest', "primary is 'tallest', expected one of prominent, nearest, longest_seen, given"),
    ],
)
def test_what_the_node_would_refuse_is_refused_in_one_sentence(line: str, sentence: str, tmp_path: Path) -> None:
    path = written(tmp_path, line)
    with pytest.raises(ParameterError) as refusal:
        read_parameter_file(path)
    assert str(refusal.value).startswith(f'{path}: {sentence}')
    assert '\n' not in str(refusal.value)


@pytest.mark.parametrize(
    ('text', 'sentence'),
    [
        *((text, 'cannot be read as a ROS parameter file: it names no nodes') for text in ('', '- 1\n', '7\n')),
        (
            'face_landmarker_node:\n  ros__parameters: {}\n',
            'expected one section for emotion_classifier_node, as in config/emotion.yaml, found 0',
        ),
    ],
)
def test_a_file_without_the_section_is_refused(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / 'params.yaml'
    path.write_text(text)
    with pytest.raises(ParameterError) as refusal:
        read_parameter_file(path)
    assert str(refusal.value) in (f'{path}: {sentence}', f'{path} {sentence}')


def test_a_section_without_parameters_is_refused(tmp_path: Path) -> None:
    path = tmp_path / 'params.yaml'
    path.write_text('emotion_classifier_node:\n  model: blendfer\n')
    with pytest.raises(ParameterError, match='has no ros__parameters'):
        read_parameter_file(path)


@pytest.mark.parametrize('content', [b'a: [1\n', b'\xff\xfe', b'a: 1\na: 2\n'])
def test_what_is_no_yaml_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / 'params.yaml'
    path.write_bytes(content)
    with pytest.raises(ParameterError) as refusal:
        read_parameter_file(path)
    assert str(refusal.value).startswith(f'{path} cannot be read as a ROS parameter file: ')
    assert '\n' not in str(refusal.value)


@pytest.mark.parametrize('parameter', EMOTION_CLASSIFIER, ids=lambda parameter: parameter.name)
def test_every_parameter_of_the_node_may_be_in_the_file(parameter: Parameter, tmp_path: Path) -> None:
    value = parameter.default
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    read = read_parameter_file(written(tmp_path, f'{parameter.name}: {shown}', 'use_sim_time: true'))
    assert (read.model, read.options) == ('blendfer' if parameter.name == 'model' else '', EstimatorOptions())


def test_what_the_file_says_is_what_the_node_would_be_set_to(tmp_path: Path) -> None:
    values = {
        parameter.name: min(parameter.default + 0.0625, parameter.high or 1.0)
        for parameter in EMOTION_CLASSIFIER
        if isinstance(parameter.default, float) and parameter.name != 'publish_rate'
    }
    assert len(values) > 10
    read = read_parameter_file(written(tmp_path, *(f'{name}: {value!r}' for name, value in values.items())))
    assert read.options == estimator_options(values) != EstimatorOptions()
