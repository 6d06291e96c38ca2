"""A share of `make fuzz` with fixed seeds: for every entry its seeds, and what is left of them after some mutilation.

Each entry runs in a process of its own, whose memory is limited: a crash of native code fails its test, and no other.
"""

from __future__ import annotations

import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

import pytest
from fuzz.harnesses import HARNESSES

SECONDS = 0.2
N_CASES = 400
TIMEOUT_S = 120.0
NAMES = [name for name, harness in HARNESSES.items() if not harness.trusted]

# Loads everything once; each entry then has a child of that.
PROGRAM = 'import sys; from fuzz.test_fuzz import run_all; run_all(sys.argv[1])'


def mutilated(data: bytes, rng: random.Random) -> bytes:
    """Some bytes changed, cut out, doubled, or put in."""
    found = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at = rng.randrange(len(found) + 1)
        length = rng.choice((1, 1, 2, 4, 8, 64))
        way = rng.randrange(5)
        if way == 0:
            found[at : at + length] = rng.randbytes(length)
        elif way == 1:
            del found[at : at + length]
        elif way == 2:
            found[at:at] = found[at : at + length]
        elif way == 3:
            found[at : at + length] = rng.choice((b'\0', b'\xff')) * length
        else:
            del found[at:]
    return bytes(found)


def run_cases(name: str, folder: Path) -> None:
    """All seeds and then, for a while, what is made of them; ends with how many there were."""
    harness = HARNESSES[name]
    run = harness.runner(folder)
    run(b'')
    pages = int(Path('/proc/self/statm').read_text().split()[0])
    limit = pages * resource.getpagesize() + harness.memory_mib * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    rng = random.Random(name)
    seeds = harness.seeds()
    until_s = time.monotonic() + SECONDS
    n = 0
    for n, data in enumerate((*seeds, *(mutilated(rng.choice(seeds), rng) for _ in range(N_CASES))), 1):
        try:
            run(data)
        except Exception:
            (folder / 'found').write_bytes(data)
            raise
        if n >= len(seeds) and time.monotonic() > until_s:
            break
    print(f'{n} cases')


def run_all(folder: str) -> None:
    """Run each entry in a process of its own, and write what came of it below `folder`."""
    for name in NAMES:
        place = Path(folder, name)
        place.mkdir()
        child = os.fork()
        if not child:
            code = 1
            with (place / 'log').open('w') as log:
                os.dup2(log.fileno(), 1)
                os.dup2(log.fileno(), 2)
                # Of native code that neither returns nor lets Python run.
                signal.alarm(int(TIMEOUT_S) // 2)
                try:
                    run_cases(name, place)
                    code = 0
                except BaseException:  # noqa: BLE001, told by exit code and log
                    traceback.print_exc()
                finally:
                    sys.stdout.flush()
                    sys.stderr.flush()
                    os._exit(code)
        _, status = os.waitpid(child, 0)
        (place / 'status').write_text(str(os.waitstatus_to_exitcode(status)))


@pytest.fixture(scope='module')
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a folder for each entry: its exit code, and what it printed."""
    folder = tmp_path_factory.mktemp('fuzz')
    environment = {**os.environ, 'PYTHONPATH': f'{Path(__file__).parents[1]}:{os.environ.get("PYTHONPATH", "")}'}
    command = [sys.executable, '-c', PROGRAM, str(folder)]
    # Not where the sources are, which would come before what was built.
    subprocess.run(command, check=True, cwd=folder, env=environment, timeout=2 * TIMEOUT_S)
    return folder


@pytest.mark.parametrize('name', NAMES)
def test_hostile_bytes_are_refused_in_our_own_words(name: str, outcomes: Path) -> None:
    if HARNESSES[name].needs_ros:
        pytest.importorskip('rclpy', reason='needs ROS 2 (rclpy)')
    log = (outcomes / name / 'log').read_text(errors='replace')
    assert (outcomes / name / 'status').read_text() == '0', log[-4000:]
    assert int(re.findall(r'^(\d+) cases$', log, re.MULTILINE)[-1]) >= len(HARNESSES[name].seeds())
