"""What a launch file gives its nodes beside the user's parameter file, so that launch arguments always win.

ROS takes sections of parameter files in the order in which their names first appear, whichever file they are in: a
launch argument under `/**` loses to the file's own section as soon as anything before the file, such as
`SetParameter`, has named `/**`. A section under the node's full name comes last, and wins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from blendfer_ros.parameters.file import SECTION


def overriding_sections(
    sections: Mapping[str, Any], names: Sequence[str], namespace: str, given: Mapping[str, Any]
) -> dict[str, dict[str, dict[str, Any]]]:
    """The sections that go after the user's file.

    Args:
        sections: of the user's file. One under the bare name of a node is for that node in whatever namespace it is
            started, as `config/emotion.yaml` has it; to ROS itself it would be for the root namespace alone.
        names: of the nodes in one process, without namespace.
        namespace: theirs, absolute.
        given: by launch arguments.
    """
    found = {}
    for name in names:
        full_name = f'{namespace.rstrip("/")}/{name}'
        values = {**_values(sections, name), **_values(sections, full_name), **given}
        if values:
            found[full_name] = {SECTION: values}
    return found


def _values(sections: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = sections.get(name)
    values = section.get(SECTION) if isinstance(section, Mapping) else None
    return values if isinstance(values, Mapping) else {}
