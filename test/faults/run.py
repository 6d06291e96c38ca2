"""Try the faults of the table on real nodes, and say what came of it.

`make faults`, or `PYTHONPATH=test:tools python test/faults/run.py` in its environment.

Every fault is tried `--repeat` times. Nothing else should run on the machine meanwhile, for how long it takes until
/emotion is right again is measured. With `--write FILE` the results go into that document, between its markers.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest
from domain_coordinator import domain_id
from faults.bench import Bench
from faults.fault import Arrangement, Broken, CannotTry, Fault, Outcome, SceneFault, StreamFault
from faults.frames import decode_clip
from faults.report import as_json, summary, write_table
from faults.scene import Scene
from faults.table import TABLE
from faults.watch import Watch
from tqdm import tqdm

# Whoever is there has announced themselves by then.
LOOK_AROUND_S: Final = 1.0


class Runner:
    """Tries faults in turn; an arrangement runs on from one fault to the next, as it would on a robot."""

    def __init__(self, frames: Path, patience: float = 1.0) -> None:
        self._frames, self._patience = frames, patience
        self._bench: Bench | None = None
        self._stack = ExitStack()

    def try_fault(self, fault: Fault) -> Outcome:
        """What came of it; raises nothing."""
        try:
            if isinstance(fault, SceneFault):
                self.close()
                return self._scene(fault)
            assert isinstance(fault, StreamFault)
            if fault.arrangement.own_network:
                self.close()
                return in_own_network(fault, self._frames, self._patience)
            if fault.anew:
                self.close()
            outcome = self._running(fault.arrangement).try_fault(fault)
            if not outcome.passed:
                self.close()
            return outcome
        except CannotTry as reason:
            self.close()
            return Outcome(cannot=str(reason))
        except (Broken, pytest.fail.Exception) as error:
            self.close()
            return Outcome((str(error),))
        except Exception:  # noqa: BLE001, one fault that cannot be had must not cost the others
            self.close()
            return Outcome((f'the harness itself failed: {traceback.format_exc()}',))

    def _running(self, arrangement: Arrangement) -> Bench:
        if self._bench is None or self._bench.arrangement != arrangement:
            self.close()
            domain = self._stack.enter_context(empty_domain())
            self._bench = Bench(arrangement, self._frames, domain, self._patience)
        return self._bench

    def _scene(self, fault: SceneFault) -> Outcome:
        with empty_domain() as domain, Scene(domain, self._frames, self._patience) as scene:
            recovered_s = fault.act(scene)
        if recovered_s is not None and recovered_s > fault.limit_s * self._patience:
            late = f'right again after {recovered_s:.1f} s, promised are {fault.limit_s:g} s'
            return Outcome((late,), recovered_s)
        return Outcome(recovered_s=recovered_s)

    def close(self) -> None:
        """End what runs."""
        if self._bench is not None:
            self._bench.close()
            self._bench = None
        self._stack.close()


@contextmanager
def empty_domain() -> Iterator[int]:
    """A DDS domain that no other test has taken, and in which nobody is who did not ask."""
    with ExitStack() as taken:
        while True:
            domain = taken.enter_context(domain_id())
            with closing(Watch(domain)) as watch:
                time.sleep(LOOK_AROUND_S)
                if set(watch.node.get_node_names()) == {watch.node.get_name()}:
                    break
        yield domain


def in_own_network(fault: StreamFault, frames: Path, patience: float) -> Outcome:
    """As `Runner.try_fault`, in a process whose network is a loopback of its own."""
    if shutil.which('nft') is None:
        raise CannotTry('losing packets needs nft (apt install nftables)')
    # Without this route nobody finds anybody by multicast.
    network = 'ip link set lo up multicast on && ip route add 224.0.0.0/4 dev lo && nft list ruleset'
    unshared = ['unshare', '--net', '--map-root-user', 'sh', '-c']
    tried = subprocess.run([*unshared, network], capture_output=True, text=True, check=False)
    if tried.returncode:
        raise CannotTry(f'a network of its own cannot be had here: {tried.stderr.strip()}')
    inside = [sys.executable, str(Path(__file__).with_name('inside.py')), fault.name, str(frames), str(patience)]
    command = [*unshared, f'{network} && exec "$0" "$@"', *inside]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return Outcome((f'the harness itself failed: {done.stderr}',))
    told = json.loads(done.stdout.splitlines()[-1])
    return Outcome(**{**told, 'problems': tuple(told['problems'])})


def by_arrangement(faults: Iterable[Fault], repeat: int) -> Iterator[Fault]:
    """Each fault so often, those of one arrangement together, so that it is started once."""
    groups: dict[str, list[Fault]] = {}
    for fault in faults:
        name = fault.arrangement.name if isinstance(fault, StreamFault) else ''
        groups.setdefault(name, []).append(fault)
    for group in groups.values():
        yield from (fault for _ in range(repeat) for fault in group)


def main(argv: Sequence[str] | None = None) -> int:
    """Try them; 0 when all that could be tried passed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--only', action='append', metavar='NAME', help='this fault only; may be given again')
    parser.add_argument('--list', action='store_true', help='print the names of all faults')
    parser.add_argument('--repeat', type=int, default=1, metavar='N', help='try each so often (%(default)s)')
    parser.add_argument('--patience', type=float, default=1.0, help='times the promised limits (%(default)s)')
    parser.add_argument('--json', type=Path, metavar='OUT', help='write what came of each to this file')
    parser.add_argument('--write', type=Path, metavar='FILE', help='write the table into this document')
    arguments = parser.parse_args(argv)
    if arguments.list:
        print('\n'.join(f'{fault.name:<28} {fault.what}' for fault in TABLE))
        return 0
    names = [fault.name for fault in TABLE]
    if unknown := set(arguments.only or ()) - set(names):
        parser.error(f'there is no fault {", ".join(sorted(unknown))}: --list names all')
    chosen = [fault for fault in TABLE if not arguments.only or fault.name in arguments.only]
    outcomes: dict[str, list[Outcome]] = {fault.name: [] for fault in chosen}
    with running(arguments.patience) as runner, tqdm(total=len(chosen) * arguments.repeat, unit='fault') as progress:
        for fault in by_arrangement(chosen, arguments.repeat):
            progress.set_description(fault.name)
            outcome = runner.try_fault(fault)
            outcomes[fault.name].append(outcome)
            progress.write(f'{fault.name:<28} {told(outcome)}', file=sys.stdout)
            progress.update()
    print(summary(outcomes))
    if arguments.json:
        arguments.json.write_text(json.dumps(as_json(chosen, outcomes), indent=1) + '\n')
    if arguments.write:
        write_table(arguments.write, chosen, outcomes)
    return int(any(outcome.problems for found in outcomes.values() for outcome in found))


@contextmanager
def running(patience: float) -> Iterator[Runner]:
    """A runner with a decoded clip."""
    with TemporaryDirectory(prefix='faults_') as folder:
        runner = Runner(decode_clip(Path(folder)), patience)
        try:
            yield runner
        finally:
            runner.close()


def told(outcome: Outcome) -> str:
    """In a line, or a line for each promise broken."""
    if outcome.cannot:
        return f'not tried: {outcome.cannot}'
    again = '' if outcome.recovered_s is None else f'right again after {outcome.recovered_s:.2f} s'
    grown = f' {outcome.noted}' if outcome.noted else ''
    return '\n    '.join([('FAILED ' if outcome.problems else 'passed ') + again + grown, *outcome.problems])


def as_line(outcome: Outcome) -> str:
    """An outcome as JSON in one line."""
    return json.dumps(dataclasses.asdict(outcome))


if __name__ == '__main__':
    sys.exit(main())
