"""The `blendfer` command: all that needs no ROS."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from blendfer_ros import __version__
from blendfer_ros.core.errors import BlendferError


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code: 0 done, 1 refused with a sentence, 130 interrupted."""
    try:
        arguments = _parser().parse_args(argv)
        arguments.run(arguments)
    except BlendferError as error:
        print(f'blendfer: {error}', file=sys.stderr)
        return 1
    except OSError as error:
        # A full disk, a missing permission: whoever reads this can do something about it.
        print(f'blendfer: {error.filename or "a file"}: {error.strerror or error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('blendfer: interrupted', file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    # Here, because this takes a second, in which Ctrl-C must end as quietly as later.
    from blendfer_ros.commands.calibrate import CALIBRATE
    from blendfer_ros.commands.command import add_commands
    from blendfer_ros.commands.evaluate import EVALUATE
    from blendfer_ros.commands.record import RECORD
    from blendfer_ros.commands.report import REPORT
    from blendfer_ros.commands.search import SEARCH
    from blendfer_ros.commands.security import SECURITY
    from blendfer_ros.commands.show import SHOW
    from blendfer_ros.commands.train import TRAIN
    from blendfer_ros.commands.train_expressions import TRAIN_EXPRESSIONS

    parser = argparse.ArgumentParser(
        prog='blendfer',
        description=(
            'Happy or sad: show what a face shows, train, evaluate, report, record.\n\n'
            'example:\n  blendfer show film.mp4    (blendfer COMMAND --help says more)'
        ),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('--version', action='version', version=f'%(prog)s {__version__}')
    commands = (SHOW, TRAIN, TRAIN_EXPRESSIONS, CALIBRATE, SEARCH, EVALUATE, REPORT, RECORD, SECURITY)
    add_commands(parser, 'COMMAND', commands)
    return parser


if __name__ == '__main__':
    sys.exit(main())
