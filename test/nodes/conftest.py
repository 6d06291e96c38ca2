"""Real nodes in real processes over real DDS, on a domain of their own."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator, Mapping

import pytest

if importlib.util.find_spec('rclpy') is None:
    collect_ignore_glob = ['*']

    def pytest_report_header() -> str:
        """Say why this folder is passed over."""
        return 'test/nodes: not run, it needs ROS 2 (rclpy)'
else:
    import rclpy
    from domain_coordinator import domain_id
    from support.ros_process import NodeProcess, Peer, executable


@pytest.fixture(scope='session', autouse=True)
def own_dds_domain() -> Iterator[None]:
    """Nobody else's robot is heard, and large images get through."""
    with domain_id() as number:
        os.environ['ROS_DOMAIN_ID'] = str(number)
        rclpy.init()
        yield
        rclpy.try_shutdown()


@pytest.fixture(scope='module')
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


@pytest.fixture(scope='module')
def start() -> Iterator[Callable[..., NodeProcess]]:
    """Starts an executable with parameters; at the end each must go on Ctrl-C without a trace."""
    processes: list[NodeProcess] = []

    def start(
        name: str, namespace: str = '', remappings: Mapping[str, str] | None = None, **parameters: object
    ) -> NodeProcess:
        settings = [word for key, value in parameters.items() for word in ('-p', f'{key}:={value}')]
        names = {**(remappings or {}), **({'__ns': f'/{namespace}'} if namespace else {})}
        remaps = [word for old, new in names.items() for word in ('-r', f'{old}:={new}')]
        process = NodeProcess([str(executable(name)), '--ros-args', *settings, *remaps])
        processes.append(process)
        return process

    yield start
    # All are ended before any is judged: none may live on into the next test.
    codes = [process.end() for process in processes]
    for process, code in zip(processes, codes, strict=True):
        output = '\n'.join(process.lines)
        assert code in (0, 2), output
        assert 'Traceback' not in output
        assert 'Exception ignored' not in output
