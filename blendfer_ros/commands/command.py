"""What the sub-commands have in common."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

FER2013_HELP = 'FER2013: the zip, the unpacked folder, or the original fer2013.csv'


@dataclass(frozen=True)
class Command:
    """One sub-command.

    summary: for the list of commands. description, example: for its own --help.
    configure: adds its arguments, and sets `run` to what takes them.
    """

    name: str
    summary: str
    description: str
    example: str
    configure: Callable[[argparse.ArgumentParser], None]


def add_commands(parser: argparse.ArgumentParser, metavar: str, commands: tuple[Command, ...]) -> None:
    """Make `parser` one that wants one of `commands`."""
    parsers: Any = parser.add_subparsers(required=True, metavar=metavar)
    for command in commands:
        command.configure(
            parsers.add_parser(
                command.name,
                help=command.summary,
                description=f'{command.description}\n\nexample:\n  {command.example}',
                formatter_class=argparse.RawDescriptionHelpFormatter,
            )
        )


def add_model(parser: argparse.ArgumentParser, default: str) -> None:
    """Add `--model`, which `assets.find_model` takes."""
    parser.add_argument(
        '--model', default=default, help='name of a shipped model, or path of a .tflite file (%(default)s)'
    )


def add_bundle(parser: argparse.ArgumentParser) -> None:
    """Add `--bundle`, which `assets.find_bundle` takes."""
    parser.add_argument(
        '--bundle', default='', metavar='TASK', help='face_landmarker.task (default: the usual places, then downloaded)'
    )


def count(text: str) -> int:
    """A number from 1 on; argparse makes a sentence of the error, with this function's name."""
    value = int(text)
    if value < 1:
        raise ValueError
    return value
