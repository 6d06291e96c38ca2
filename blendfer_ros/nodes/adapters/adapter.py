"""What every adapter is."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Protocol

from blendfer_ros.dialogue.events import DialogueEvent
from blendfer_ros.errors import ParameterError
from blendfer_ros.nodes.managed_node import ManagedNode


class Adapter(Protocol):
    """Tells events to one kind of dialogue manager."""

    @property
    def problem(self) -> str:
        """Why events do not arrive at present; empty when nothing is known to be wrong."""

    def send(self, event: DialogueEvent) -> None:
        """Tell it, without waiting for whoever listens."""

    def close(self) -> None:
        """Let go of everything; what has not been told by now never is."""


# Checks when the node is configured that it can work, raising ParameterError, and gives what makes it on activation.
Prepare = Callable[[ManagedNode], Callable[[], Adapter]]


def installed(adapter: str, package: str, module: str, name: str) -> Any:
    """An interface of a package that need not be there; raises ParameterError when it is not."""
    try:
        interface = getattr(importlib.import_module(f'{package}.{module}'), name, None)
    except ImportError as error:
        raise ParameterError(
            f'adapter is {adapter}, but the package {package} is not installed: '
            'build it in your workspace or choose another adapter'
        ) from error
    if interface is None:
        raise ParameterError(f'adapter is {adapter}, but the installed {package} has no {module}/{name}')
    return interface
