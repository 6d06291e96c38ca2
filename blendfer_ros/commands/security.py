"""`blendfer security`."""

from __future__ import annotations

import argparse
from pathlib import Path

from blendfer_ros.commands.command import Command
from blendfer_ros.core.errors import ParameterError
from blendfer_ros.core.files import write_text
from blendfer_ros.security.interfaces import PROCESSES
from blendfer_ros.security.policy import policy


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        'executables', nargs='*', metavar='EXECUTABLE', help=f'of {", ".join(PROCESSES)} (default: all of them)'
    )
    parser.add_argument(
        '--out', type=Path, default=Path('/dev/stdout'), help='XML file to write (default: the terminal)'
    )
    parser.add_argument('--namespace', default='/', metavar='NS', help='the nodes run in (%(default)s)')
    parser.add_argument(
        '--remap', action='append', default=[], metavar='OLD:=NEW', help='as the nodes are given by -r; may be repeated'
    )
    parser.set_defaults(run=_security)


def _security(arguments: argparse.Namespace) -> None:
    remaps = {}
    for remap in arguments.remap:
        old, sign, new = remap.partition(':=')
        if not (old and sign and new):
            raise ParameterError(f'--remap is {remap!r}, expected something like image:=/camera/image_raw')
        remaps[old] = new
    write_text(arguments.out, policy(arguments.executables or tuple(PROCESSES), arguments.namespace, remaps))


SECURITY = Command(
    name='security',
    summary='write an SROS 2 policy that allows each node what it needs, and no more',
    description=(
        'Write the topics and services of each executable as a policy for SROS 2,\n'
        'of which ROS makes permissions:\n'
        '  ros2 security create_keystore keys\n'
        '  ros2 security create_enclave keys /blendfer_ros/emotion_pipeline\n'
        '  ros2 security create_permission keys /blendfer_ros/emotion_pipeline policy.xml'
    ),
    example='blendfer security emotion_pipeline --remap image:=/camera/image_raw --out policy.xml',
    configure=_configure,
)
