#!/usr/bin/env python3
"""How much do robots in one network say to each other before anybody asks them anything?

Gives each robot a network namespace of its own (Linux, as root), joins them by a bridge as an access point would, and
starts on each `emotion_classifier_node` and a publisher of made-up blendshapes, all in the namespace /robot_N. Counts
what goes over the bridge: nothing of it is anybody's data, since each robot listens to itself alone; that it hears no
other is checked. Source tools/ros_env.sh first. Discovery by:

  simple    every process tells every other by multicast, then by unicast; all robots in domain 0
  domains   the same, each robot in a domain of its own
  server    a Fast DDS discovery server in the network, at 10.77.0.250:11811 (ROS_DISCOVERY_SERVER)
  localhost nobody looks beyond their own machine (ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST)
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

HUB: Final = 'blendfer_hub'
SERVER_HOST: Final = 250
SERVER: Final = f'10.77.0.{SERVER_HOST}:11811'
IP: Final = shutil.which('ip') or 'ip'
RATE_HZ: Final = 10.0
READY_TIMEOUT_S: Final = 300.0


@dataclass(frozen=True)
class Traffic:
    """What machines have sent, and what the bridge has brought to machines, which multicast makes more."""

    sent_bytes: int
    sent_packets: int
    delivered_bytes: int

    def __sub__(self, other: Traffic) -> Traffic:
        return Traffic(
            self.sent_bytes - other.sent_bytes,
            self.sent_packets - other.sent_packets,
            self.delivered_bytes - other.delivered_bytes,
        )


def main() -> int:
    """Measure each way of discovery and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--robots', type=int, nargs='+', default=[10], help='how many, each in turn (%(default)s)')
    parser.add_argument(
        '--by', nargs='+', default=['simple', 'domains', 'server', 'localhost'], help='ways of discovery (all)'
    )
    parser.add_argument('--settle', type=float, default=20.0, metavar='S', help='after all answer (%(default)s)')
    parser.add_argument('--steady', type=float, default=60.0, metavar='S', help='watched then (%(default)s)')
    parser.add_argument('--json', type=Path, metavar='OUT', help='write the numbers to this file')
    parser.add_argument('--publish', metavar='NAME', help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.publish:
        return publish(arguments.publish)
    if os.geteuid() != 0:
        parser.error('network namespaces need root')
    found = []
    for n_robots in arguments.robots:
        for by in arguments.by:
            found.append({'robots': n_robots, 'by': by} | measure(n_robots, by, arguments.settle, arguments.steady))
            print(json.dumps(found[-1]), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + '\n')
    return 0


def measure(n_robots: int, by: str, settle_s: float, steady_s: float) -> dict[str, Any]:
    """Start the robots, wait until all hear themselves, and count."""
    hosts = [*range(1, n_robots + 1), *([SERVER_HOST] if by == 'server' else [])]
    with network(hosts), contextlib.ExitStack() as stack:
        if by == 'server':
            address, port = SERVER.split(':')
            stack.enter_context(running(SERVER_HOST, ['fast-discovery-server', '42', '-l', address, '-p', port], {}))
        before, began_s = traffic(hosts), time.monotonic()
        publishers = []
        for robot in range(1, n_robots + 1):
            name, environment = f'robot_{robot}', environment_of(robot, by)
            node = [sys.executable, executable('emotion_classifier_node'), '--ros-args', '-r', f'__ns:=/{name}']
            stack.enter_context(running(robot, node, environment))
            made_up = [sys.executable, __file__, '--publish', name]
            publishers.append(stack.enter_context(running(robot, made_up, environment)))
        for publisher in publishers:
            wait_for_answer(publisher, began_s + READY_TIMEOUT_S)
        ready_s = time.monotonic() - began_s
        time.sleep(settle_s)
        started = traffic(hosts)
        time.sleep(steady_s)
        steady = traffic(hosts) - started
    strangers = sum(int(publisher.communicate()[0].split()[-1]) for publisher in publishers)
    start = started - before
    return {
        'processes': 2 * n_robots,
        'ready_s': round(ready_s, 1),
        'start_sent_mb': round(start.sent_bytes / 1e6, 3),
        'start_sent_packets': start.sent_packets,
        'start_delivered_mb': round(start.delivered_bytes / 1e6, 3),
        'steady_sent_kb_s': round(steady.sent_bytes / steady_s / 1e3, 2),
        'steady_delivered_kb_s': round(steady.delivered_bytes / steady_s / 1e3, 2),
        'steady_sent_packets_s': round(steady.sent_packets / steady_s, 1),
        'emotions_of_other_robots': strangers,
    }


def environment_of(robot: int, by: str) -> dict[str, str]:
    """What tells a robot's processes how to find each other."""
    ways = {
        'simple': {'ROS_DOMAIN_ID': '0'},
        'domains': {'ROS_DOMAIN_ID': str(robot)},
        'server': {'ROS_DOMAIN_ID': '0', 'ROS_DISCOVERY_SERVER': SERVER},
        'localhost': {'ROS_DOMAIN_ID': '0', 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'},
    }
    return ways[by]


def executable(name: str) -> str:
    """The path of one of our nodes, in the installation that is sourced."""
    for prefix in os.environ['AMENT_PREFIX_PATH'].split(os.pathsep):
        if (path := Path(prefix, 'lib', 'blendfer_ros', name)).is_file():
            return str(path)
    raise SystemExit('blendfer_ros is not built: make build/.built, then . tools/ros_env.sh')


@contextlib.contextmanager
def network(hosts: list[int]) -> Iterator[None]:
    """A bridge with a network namespace at each of its ports."""
    try:
        ip('netns', 'add', HUB)
        # No snooping, as on a plain access point: nothing here says which port wants which multicast.
        ip('-n', HUB, 'link', 'add', 'br0', 'type', 'bridge', 'mcast_snooping', '0')
        ip('-n', HUB, 'link', 'set', 'br0', 'up')
        for host in hosts:
            name = namespace(host)
            ip('netns', 'add', name)
            ip('-n', HUB, 'link', 'add', f'port{host}', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
            ip('-n', HUB, 'link', 'set', f'port{host}', 'master', 'br0', 'up')
            ip('-n', name, 'address', 'add', f'10.77.0.{host}/24', 'dev', 'eth0')
            for device in ('lo', 'eth0'):
                ip('-n', name, 'link', 'set', device, 'up')
            ip('-n', name, 'route', 'add', 'default', 'dev', 'eth0')
        yield
    finally:
        for name in (*map(namespace, hosts), HUB):
            subprocess.run([IP, 'netns', 'del', name], check=False, capture_output=True)


@contextlib.contextmanager
def running(host: int, command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A process on a machine, ended by Ctrl-C at the end."""
    everything = {key: value for key, value in os.environ.items() if not key.startswith('ROS_DISCOVERY')} | environment
    process = subprocess.Popen(
        [IP, 'netns', 'exec', namespace(host), *command],
        env=everything,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30.0)
        except subprocess.TimeoutExpired:
            process.kill()


def wait_for_answer(publisher: subprocess.Popen[str], until_s: float) -> None:
    """Wait for its line that says that its robot has answered."""
    assert publisher.stdout is not None
    if publisher.stdout.readline().strip() != 'answered' or time.monotonic() > until_s:
        raise SystemExit('a robot has not answered; does emotion_classifier_node start alone?')


def publish(name: str) -> int:
    """On a robot: publish blendshapes of somebody called after it until Ctrl-C; say how many others were heard of."""
    import rclpy

    from blendfer_ros.msg import Blendshapes, BlendshapesArray, EmotionArray
    from blendfer_ros.nodes.qos import RELIABLE, SENSOR_DATA

    rclpy.init()
    node = rclpy.create_node('made_up_faces', namespace=name)
    publisher = node.create_publisher(BlendshapesArray, 'blendshapes', SENSOR_DATA)
    heard: list[str] = []

    def show() -> None:
        message = BlendshapesArray(image_width=640, image_height=480)
        message.header.stamp = node.get_clock().now().to_msg()
        message.faces = [Blendshapes(face_id=name, geometry=[0.0] * 276, x_min=0.3, y_min=0.3, x_max=0.7, y_max=0.7)]
        publisher.publish(message)

    def hear(message: EmotionArray) -> None:
        if message.emotions and not heard:
            print('answered', flush=True)
        heard.extend(emotion.face_id for emotion in message.emotions)

    node.create_timer(1.0 / RATE_HZ, show)
    node.create_subscription(EmotionArray, 'emotions', hear, RELIABLE)
    with contextlib.suppress(KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
        rclpy.spin(node)
    print(sum(face_id != name for face_id in heard))
    return 0


def traffic(hosts: list[int]) -> Traffic:
    """Counted at the ports of the bridge since it was made."""
    shown = ip('-n', HUB, '-s', '-j', 'link', 'show')
    ports = {link['ifname']: link['stats64'] for link in json.loads(shown)}
    of_hosts = [ports[f'port{host}'] for host in hosts]
    return Traffic(
        sum(port['rx']['bytes'] for port in of_hosts),
        sum(port['rx']['packets'] for port in of_hosts),
        sum(port['tx']['bytes'] for port in of_hosts),
    )


def namespace(host: int) -> str:
    """The network namespace of a machine."""
    return f'blendfer_{host}'


def ip(*arguments: str) -> str:
    """Run `ip`."""
    return subprocess.run([IP, *arguments], check=True, capture_output=True, text=True).stdout


if __name__ == '__main__':
    sys.exit(main())
