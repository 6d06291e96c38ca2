"""How fast does `blendfer evaluate bag` answer recordings of numbers?

Repeats a recording until it is long, as images at 30 Hz, and has the command answer it as one bag and as several on
two workers. Each is also done with bags of a second, which is what starting up costs; the rate is that of the images
beyond. Times are those of the clock; beside them is the processor time, which other programs on the machine lengthen
less. The shipped recording has no expression scores, so that `blendfer` answers by its fallback; one made by
`blendfer record` has.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

from blendfer_ros.bags.frames import BLENDSHAPES, choose_topic
from blendfer_ros.bags.reading import Bag, typestore
from blendfer_ros.bags.upgrade import upgrader
from blendfer_ros.core.assets import find_recording
from blendfer_ros.core.errors import BlendferError
from blendfer_ros.core.files import write_text
from blendfer_ros.core.stamps import NS_PER_S

RATE_HZ: Final = 30
WORKERS: Final = 2


@dataclass(frozen=True)
class Spent:
    """On one run of the command: by the clock, and by all its processes together on processors."""

    wall_s: float
    cpu_s: float


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code: 0 done, 1 refused with a sentence."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        '--recording', default='sad_to_happy', metavar='BAG', help='recording of numbers to repeat (%(default)s)'
    )
    parser.add_argument(
        '--models', nargs='+', default=['blendfer', 'blendfer_landmarks'], help='models that answer (%(default)s)'
    )
    parser.add_argument('--images', type=int, default=108_000, help='in all bags together (%(default)s: an hour)')
    parser.add_argument('--bags', type=int, default=4, help='how many bags they are spread over (%(default)s)')
    parser.add_argument('--runs', type=int, default=5, help='of which the median is given (%(default)s)')
    parser.add_argument('--json', type=Path, metavar='OUT', help='write the numbers to this file')
    arguments = parser.parse_args(argv)
    try:
        found = measure(arguments)
    except (BlendferError, OSError, subprocess.CalledProcessError) as error:
        print(f'evaluate_bag: {error}', file=sys.stderr)
        return 1
    if arguments.json:
        write_text(arguments.json, json.dumps(found, indent=1) + '\n')
    return 0


def measure(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """The numbers of each model, with one bag and with several; each is printed as it is known."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        messages = messages_of(find_recording(arguments.recording))
        for n_bags in (1, arguments.bags):
            n_images = arguments.images // n_bags
            long = [repeat(messages, Path(folder, f'{n_bags}_{i}_long'), n_images) for i in range(n_bags)]
            short = [repeat(messages, Path(folder, f'{n_bags}_{i}_short'), RATE_HZ) for i in range(n_bags)]
            for model in arguments.models:
                runs = [(evaluate(short, model), evaluate(long, model)) for _ in range(arguments.runs)]
                found.append(
                    {'model': model, 'bags': n_bags} | summary(runs, n_bags * (n_images - RATE_HZ), os.getloadavg()[0])
                )
                print_row(found[-1])
    return found


def messages_of(recording: Path) -> list[bytes]:
    """The messages of a recording, in today's definition."""
    bag = Bag(recording)
    topic = choose_topic(bag, kinds=(BLENDSHAPES,))
    upgrade = upgrader(bag, topic)
    return [upgrade(message.cdr) for message in bag.messages([topic.name])]


def repeat(messages: Sequence[bytes], path: Path, n_images: int) -> Path:
    """A bag of `n_images` messages at RATE_HZ, the same ones again and again with stamps of their own."""
    writer = Writer(path, version=9, storage_plugin=StoragePlugin.MCAP)
    writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
    with writer:
        connection = writer.add_connection('/blendshapes', BLENDSHAPES, typestore=typestore())
        for i in range(n_images):
            stamp_ns = NS_PER_S + i * NS_PER_S // RATE_HZ
            message = bytearray(messages[i % len(messages)])
            # The stamp is what a message begins with, after the four bytes that say how it is serialised.
            struct.pack_into('<iI', message, 4, *divmod(stamp_ns, NS_PER_S))
            writer.write(connection, stamp_ns, bytes(message))
    return path


def evaluate(bags: Sequence[Path], model: str) -> Spent:
    """Run the command once, in processes of its own and without answers kept from before."""
    command = [sys.executable, '-m', 'blendfer_ros.commands.cli', 'evaluate', 'bag', *map(str, bags)]
    before, began_s = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([*command, '--fresh', '--model', model, '--workers', str(WORKERS)], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(time.perf_counter() - began_s, cpu_s)


def summary(runs: Sequence[tuple[Spent, Spent]], n_images: int, load: float) -> dict[str, Any]:
    """Of runs with short and with long bags, the latter with so many images more. load: of the machine."""
    rates_hz = [n_images / (long.wall_s - short.wall_s) for short, long in runs]
    cpu_us = [1e6 * (long.cpu_s - short.cpu_s) / n_images for short, long in runs]
    return {
        'images_per_s': float(np.median(rates_hz)),
        'images_per_s_of_runs': sorted(rates_hz),
        'times_real_time': float(np.median(rates_hz)) / RATE_HZ,
        'cpu_us_per_image': float(np.median(cpu_us)),
        'cpu_us_per_image_of_runs': sorted(cpu_us),
        'start_up_s': float(np.median([short.wall_s for short, _ in runs])),
        'load_average': load,
    }


def print_row(row: dict[str, Any]) -> None:
    """One line for people."""
    slowest, fastest = row['images_per_s_of_runs'][0], row['images_per_s_of_runs'][-1]
    print(
        f'{row["model"]:<20} {row["bags"]:>2} bags'
        f'  {row["images_per_s"]:7.0f} images/s ({slowest:.0f} to {fastest:.0f})'
        f'  {row["times_real_time"]:5.0f} times real time  {row["cpu_us_per_image"]:5.1f} us CPU an image'
        f'  start-up {row["start_up_s"]:.1f} s  load {row["load_average"]:.1f}',
        flush=True,
    )


if __name__ == '__main__':
    sys.exit(main())
