"""What every adapter is."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Final, Protocol

from blendfer_ros.core.errors import DependencyError
from blendfer_ros.dialogue.events import DialogueEvent
from blendfer_ros.nodes.managed_node import ManagedNode

# Packages that only one adapter needs.
SOURCES: Final = {
    'chatbot_msgs': 'https://github.com/pal-robotics/chatbot_msgs',
    'hri_actions_msgs': 'https://github.com/ros4hri/hri_actions_msgs',
}


class Adapter(Protocol):
    """Tells events to one kind of dialogue manager."""

    @property
    def problem(self) -> str:
        """Why events do not arrive at present; empty when nothing is known to be wrong."""

    def send(self, event: DialogueEvent) -> None:
        """Tell it, without waiting for whoever listens."""

    def close(self) -> None:
        """Let go of everything; what has not been told by now never is."""


# Checks when the node is configured that it can work, raising BlendferError, and gives what makes it on activation.
Prepare = Callable[[ManagedNode], Callable[[], Adapter]]


def installed(package: str, module: str, name: str) -> Any:
    """An interface of a package that need not be there; raises DependencyError when it is not."""
    source = SOURCES[package]
    try:
        interface = getattr(importlib.import_module(f'{package}.{module}'), name, None)
    except ImportError as error:
        raise DependencyError(
            f'this adapter needs the package {package}, which is not installed: build it from {source}, '
            'or choose another adapter'
        ) from error
    if interface is None:
        raise DependencyError(f'this adapter needs {name}, which the installed {package} lacks: see {source}')
    return interface
