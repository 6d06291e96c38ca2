"""What is there before the first image and between images: starting, and having nothing to do."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from live import HERE, NODES, Listener, Nodes, camera, change_domain, running

WATCH_S: Final = 10.0
START_TIMEOUT_S: Final = 30.0
FOR_EVER: Final = ('--images', '1000000', '--do-not-wait')

Numbers = dict[str, Any]


def start(arguments: argparse.Namespace) -> Numbers:
    """From the start of the processes to the first answer about an image; the camera is there already.

    Beside them a plain subscription, from its start to its first image: how long DDS takes.
    """
    found: Numbers = {}
    for name, executables in NODES.items():
        times_s, plain_s, tensorflow = [], [], False
        for _ in range(arguments.rounds):
            plain_s.append(_first_image_s(arguments.clip))
            change_domain()
            with camera(arguments.clip, *FOR_EVER), running(executables) as nodes:
                times_s.append(_first_answer_s(nodes))
                tensorflow |= any('tensorflow' in Path(f'/proc/{pid}/maps').read_text() for pid in nodes.pids)
        later_s = float(np.median(times_s[1:] or times_s))
        found[name] = {
            'first_s': times_s[0],
            'later_s': later_s,
            'least_s': min(times_s),
            'plain_s': float(np.median(plain_s)),
            'tensorflow': tensorflow,
        }
        all_of_them, plain = (', '.join(f'{time_s:.2f}' for time_s in times) for times in (times_s, plain_s))
        print(f'{name:<16} {all_of_them} s; plain subscriptions {plain} s')
    return {'start': found}


def idle(arguments: argparse.Namespace) -> Numbers:
    """Share of one core while there is nothing to do."""
    found: Numbers = {}
    for name, executables in NODES.items():
        change_domain()
        with running(executables) as nodes:
            with camera(arguments.clip, *FOR_EVER):
                found[f'{name}: images, nobody listens'] = _share(nodes.cpu_s)
            listener = Listener()
            found[f'{name}: no images'] = _share(nodes.cpu_s)
            listener.close()
    for what, share in found.items():
        print(f'{what:<44} {share:6.2%}')
    return {'idle': found}


def _first_image_s(clip: str) -> float:
    """How long a plain subscription takes from the start of its process to its first image [s]."""
    change_domain()
    with camera(clip, *FOR_EVER):
        began_s = time.monotonic()
        subprocess.run([sys.executable, str(HERE / 'plain.py')], check=True, timeout=START_TIMEOUT_S)
        return time.monotonic() - began_s


def _first_answer_s(nodes: Nodes) -> float:
    answers: list[float] = []
    listener = Listener(lambda _message: answers.append(time.monotonic()))
    listener.listen(lambda: bool(answers), START_TIMEOUT_S)
    listener.close()
    return answers[0] - nodes.started_s if answers else float('nan')


def _share(cpu: Callable[[], float]) -> float:
    """Of one core, over WATCH_S, once start-up and the grace after the last listener are over."""
    time.sleep(WATCH_S)
    began_s, before_s = time.monotonic(), cpu()
    time.sleep(WATCH_S)
    return (cpu() - before_s) / (time.monotonic() - began_s)
