"""The list of domains that people write: YAML → what to measure on."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from blendfer_ros.core.emotions import EMOTIONS, emotion_of_label
from blendfer_ros.core.errors import DatasetError, cause, one_line, shown
from blendfer_ros.core.files import read_yaml
from blendfer_ros.datasets.fer2013 import ROLES, read_fer2013
from blendfer_ros.datasets.ferplus import read_ferplus, relabelled
from blendfer_ros.datasets.folders import read_folders
from blendfer_ros.datasets.pictures import Role
from blendfer_ros.datasets.segments import read_labels
from blendfer_ros.evaluation.domains import ClipsDomain, Domain, StillsDomain


def read_domains(path: Path) -> dict[str, Domain]:
    """Read a list of domains.

    Args:
        path: YAML with `domains`, and below it for each name what it consists of; paths are relative to the file and
            may have environment variables in them:
            `fer2013` with `split`, and `ferplus` for labels by its votes; or `stills`, with `labels` (the emotion of
            each sub-folder that counts) and `person` (a regular expression whose first group is who a file shows); or
            `clips` (a csv of labels over time), with `smoothing: true` or `false`.

    Raises:
        DatasetError: the file, or a data set it names, cannot be read; names the file and the domain.
    """
    try:
        content = read_yaml(path)
    except (OSError, ValueError) as error:
        raise DatasetError(f'{path} cannot be read as a list of domains: {cause(error)}') from error
    named = content.get('domains') if isinstance(content, Mapping) else None
    if not isinstance(named, Mapping) or not named:
        raise DatasetError(f'{path} has no domains: expected `domains:` and below it a name for each')
    domains = {}
    for name, entry in named.items():
        try:
            domains[str(name)] = _domain(entry, path.parent)
        except DatasetError as error:
            raise DatasetError(f'{path}: domain {one_line(name)}: {error}') from error
    return domains


def _domain(entry: Any, folder: Path) -> Domain:
    kinds = [kind for kind in KINDS if isinstance(entry, Mapping) and kind in entry]
    if len(kinds) != 1:
        raise DatasetError(f'expected one of {", ".join(KINDS)} in it')
    read, keys = KINDS[kinds[0]]
    unknown = sorted(set(map(str, entry)) - {kinds[0], *keys})
    if unknown:
        raise DatasetError(f'there is no key {one_line(unknown[0])} beside {kinds[0]}: expected {", ".join(keys)}')
    return read(entry, folder)


def _fer2013(entry: Mapping[str, Any], folder: Path) -> Domain:
    split = entry.get('split', DEFAULT_SPLIT)
    if split not in ROLES:
        raise DatasetError(f'split is {shown(split)}, expected one of {", ".join(ROLES)}')
    dataset = read_fer2013(_path(entry['fer2013'], folder)).of_role(ROLES[split])
    if 'ferplus' in entry:
        dataset = relabelled(dataset, read_ferplus(_path(entry['ferplus'], folder)))
    return StillsDomain(dataset)


def _stills(entry: Mapping[str, Any], folder: Path) -> Domain:
    labels = entry.get('labels')
    if labels is not None and not isinstance(labels, Mapping):
        raise DatasetError(f'labels are {shown(labels)}, expected an emotion for each sub-folder')
    if labels is not None:
        labels = {str(label): _emotion(str(meant)) for label, meant in labels.items()}
    return StillsDomain(read_folders(_path(entry['stills'], folder), labels, str(entry.get('person', '')), Role.TEST))


def _clips(entry: Mapping[str, Any], folder: Path) -> Domain:
    smoothing = entry.get('smoothing', True)
    if not isinstance(smoothing, bool):
        raise DatasetError(f'smoothing is {shown(smoothing)}, expected true or false')
    return ClipsDomain(read_labels(_path(entry['clips'], folder)), smoothing)


def _path(text: Any, folder: Path) -> Path:
    return folder / os.path.expandvars(str(text))


def _emotion(name: str) -> str:
    emotion = emotion_of_label(name)
    if emotion is None:
        raise DatasetError(f'{shown(name)} is no emotion, expected one of {", ".join(EMOTIONS)}')
    return emotion


# PrivateTest is no domain to choose by.
DEFAULT_SPLIT: Final = 'PublicTest'
KINDS: Final[dict[str, tuple[Callable[[Mapping[str, Any], Path], Domain], tuple[str, ...]]]] = {
    'fer2013': (_fer2013, ('split', 'ferplus')),
    'stills': (_stills, ('labels', 'person')),
    'clips': (_clips, ('smoothing',)),
}
