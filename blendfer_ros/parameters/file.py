"""ROS parameter files, as `emotion_classifier_node` takes them, read without ROS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from blendfer_ros.classification.estimator import EstimatorOptions
from blendfer_ros.core.errors import ParameterError, cause, one_line, shown
from blendfer_ros.core.files import read_yaml
from blendfer_ros.parameters.table import EMOTION_CLASSIFIER, estimator_options

NODE: Final = 'emotion_classifier_node'
SECTION: Final = 'ros__parameters'
MODEL: Final = 'model'
# They say when answers are published, and change none; every node has the last one.
PASSED_OVER: Final = ('autostart', 'publish_rate', 'use_sim_time')
TAKEN: Final = {parameter.name: parameter for parameter in EMOTION_CLASSIFIER if parameter.name not in PASSED_OVER}


@dataclass(frozen=True)
class ClassifierParameters:
    """What a parameter file says. model: as `assets.find_model` takes it; empty where the file does not say."""

    model: str
    options: EstimatorOptions


def read_parameter_file(path: Path) -> ClassifierParameters:
    """Read the section of `emotion_classifier_node`; what is missing in it is as shipped.

    Raises:
        ParameterError: the file cannot be read, has no such section, or a parameter in it that the node would refuse.
    """
    sections = read_sections(path)
    try:
        values = _section(sections)
        for name, value in values.items():
            _check(name, value)
        return ClassifierParameters(values.get(MODEL, ''), estimator_options(values))
    except ParameterError as error:
        raise ParameterError(f'{path}: {error}') from error


def read_sections(path: Path) -> Mapping[str, Any]:
    """What a parameter file has for each node, or pattern of nodes, that it names.

    Raises:
        ParameterError: the file cannot be read, or has no sections.
    """
    try:
        content = read_yaml(path)
    except (OSError, ValueError) as error:
        raise ParameterError(f'{path} cannot be read as a ROS parameter file: {cause(error)}') from error
    if not isinstance(content, Mapping):
        raise ParameterError(f'{path} cannot be read as a ROS parameter file: it names no nodes')
    return content


def _section(sections: Mapping[str, Any]) -> Mapping[str, Any]:
    found = [section for key, section in sections.items() if str(key).rpartition('/')[2] == NODE]
    if len(found) != 1:
        raise ParameterError(f'expected one section for {NODE}, as in config/emotion.yaml, found {len(found)}')
    values = found[0].get(SECTION) if isinstance(found[0], Mapping) else None
    if not isinstance(values, Mapping):
        raise ParameterError(f'the section for {NODE} has no {SECTION}')
    return values


def _check(name: object, value: Any) -> None:
    if not isinstance(name, str):
        raise ParameterError(f'{shown(name)} is no name of a parameter')
    if name in PASSED_OVER:
        return
    if name not in TAKEN:
        raise ParameterError(
            f'{NODE} has no parameter {one_line(name)}: expected one of {", ".join((*PASSED_OVER, *TAKEN))}'
        )
    TAKEN[name].check(value)
