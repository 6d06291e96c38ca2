"""What is promised for when something breaks, on real nodes: a share of the faults of `make faults`, or all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.fault import Fault
from faults.frames import decode_clip
from faults.run import Runner, by_arrangement
from faults.table import TABLE

ALL = 'BLENDFER_ALL_FAULTS'
# Machines that run tests do other things as well.
PATIENCE = 3.0


@pytest.fixture(scope='module')
def runner(bundle: Path, clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    runner = Runner(decode_clip(tmp_path_factory.mktemp('frames')), PATIENCE)
    yield runner
    runner.close()


@pytest.mark.parametrize('fault', list(by_arrangement(TABLE, 1)), ids=lambda fault: fault.name)
def test_what_is_promised_for_when_something_breaks_is_kept(fault: Fault, request: pytest.FixtureRequest) -> None:
    if not fault.quick and not os.environ.get(ALL):
        pytest.skip(f'takes long: set {ALL}=1, or run make faults')
    outcome = request.getfixturevalue('runner').try_fault(fault)
    if outcome.cannot:
        pytest.skip(outcome.cannot)
    assert not outcome.problems, '\n'.join(outcome.problems)
