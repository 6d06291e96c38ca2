"""One fault of a stream, tried in this very process: `python inside.py NAME FRAMES.npy PATIENCE`.

Its last line of output is the outcome as JSON. For `faults.run`, which gives this process a network of its own.
"""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

from faults.bench import Bench
from faults.fault import Broken, Outcome, StreamFault
from faults.run import as_line
from faults.table import TABLE


def main() -> None:
    name, frames, patience = sys.argv[1:]
    (fault,) = (fault for fault in TABLE if fault.name == name)
    assert isinstance(fault, StreamFault)
    try:
        with closing(Bench(fault.arrangement, Path(frames), 0, float(patience))) as bench:
            outcome = bench.try_fault(fault)
    except Broken as error:
        outcome = Outcome((str(error),))
    print(as_line(outcome))


if __name__ == '__main__':
    main()
