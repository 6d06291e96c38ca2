"""An SROS 2 policy of least permission for our nodes, as `ros2 security create_permission` takes it.

Its form is that of https://github.com/ros2/sros2/blob/rolling/sros2/sros2/policy/schemas/policy.xsd.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final
from xml.etree import ElementTree

from blendfer_ros.core.errors import ParameterError
from blendfer_ros.security.interfaces import NODES, PROCESSES, Interface, Names

VERSION: Final = '0.2.0'
ENCLAVES: Final = '/blendfer_ros'
# See https://design.ros2.org/articles/topic_and_service_names.html; ending in `*` it stands for many.
NAME: Final = re.compile(r'/?[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*')


def enclave_of(executable: str) -> str:
    """What `--ros-args --enclave` is given for an executable."""
    return f'{ENCLAVES}/{executable}'


def resolved(
    interface: Interface, node: str, namespace: str = '/', remaps: Mapping[str, str] | None = None
) -> Interface:
    """The full names that a node uses.

    Args:
        interface: as NODES has it.
        node: its name.
        namespace: that it runs in.
        remaps: new names by the old ones, as `-r OLD:=NEW` gives them; names below a remapped one go with it.

    Raises:
        ParameterError: the namespace, or a new name, is none that ROS knows.
    """
    for name in (namespace.strip('/'), *(remaps or {}).values()):
        if name and not NAME.fullmatch(name):
            raise ParameterError(f'{name!r} is no name of ROS: expected something like /robot/camera/image_raw')
    top = f'/{namespace.strip("/")}'.rstrip('/')
    full = {_full(old, top, node): _full(new, top, node) for old, new in (remaps or {}).items()}
    return Interface(*(_resolved(names, top, node, full) for names in vars(interface).values()))


def policy(
    executables: Collection[str] = tuple(PROCESSES), namespace: str = '/', remaps: Mapping[str, str] | None = None
) -> str:
    """The policy as XML: an enclave for each executable, a profile for each of its nodes.

    Args:
        executables: of PROCESSES.
        namespace: that they run in.
        remaps: as for `resolved`.

    Raises:
        ParameterError: there is no such executable, or a name is none of ROS.
    """
    root = ElementTree.Element('policy', version=VERSION)
    enclaves = ElementTree.SubElement(root, 'enclaves')
    for executable in executables:
        if executable not in PROCESSES:
            raise ParameterError(f'there is no executable {executable}: expected of {", ".join(PROCESSES)}')
        enclave = ElementTree.SubElement(enclaves, 'enclave', path=enclave_of(executable))
        profiles = ElementTree.SubElement(enclave, 'profiles')
        for node in PROCESSES[executable]:
            place = f'/{namespace.strip("/")}'
            profile = ElementTree.SubElement(profiles, 'profile', ns=place, node=node)
            names = resolved(NODES[node].allowed, node, namespace, remaps)
            _allow(profile, 'services', 'service', 'reply', names.serves)
            _allow(profile, 'services', 'service', 'request', names.calls)
            _allow(profile, 'topics', 'topic', 'publish', names.publishes)
            _allow(profile, 'topics', 'topic', 'subscribe', names.subscribes)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _allow(profile: ElementTree.Element, kind: str, item: str, verb: str, names: Names) -> None:
    if names:
        parent = ElementTree.SubElement(profile, kind, {verb: 'ALLOW'})
        for name in sorted(set(names)):
            ElementTree.SubElement(parent, item).text = name


def _full(name: str, top: str, node: str) -> str:
    if name.startswith('/'):
        return name
    return f'{top}/{node}{name[1:]}' if name.startswith('~') else f'{top}/{name}'


def _resolved(names: Names, top: str, node: str, remaps: Mapping[str, str]) -> Names:
    """Full names; of `image/compressed`, `image` is what is remapped, as image_transport does it."""
    found = []
    for name in names:
        full = _full(name, top, node)
        base, slash, transport = full.rpartition('/')
        if full in remaps:
            full = remaps[full]
        elif transport == 'compressed' and base in remaps:
            full = f'{remaps[base]}{slash}{transport}'
        found.append(full)
    return tuple(found)
