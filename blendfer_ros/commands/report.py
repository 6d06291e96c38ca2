"""`blendfer report`."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

from blendfer_ros import __version__
from blendfer_ros.commands.command import FER2013_HELP, Command, add_bundle
from blendfer_ros.core import assets
from blendfer_ros.core.files import make_folder, require_folder_of, write_text
from blendfer_ros.datasets.ferplus import read_ferplus

RESULTS = 'results.json'
TABLES = 'results.md'
LEDGER = 'private_test.json'


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('fer2013', type=Path, metavar='FER2013', help=FER2013_HELP)
    parser.add_argument(
        '--ferplus',
        type=Path,
        metavar='CSV',
        help='the votes of FER+, which some ablations learn from and everything is measured against, too',
    )
    parser.add_argument(
        '--out',
        type=Path,
        default=Path('docs/report.html'),
        metavar='OUT.html',
        help=f'page to write, {RESULTS} and {TABLES} beside it (%(default)s); '
        f'{LEDGER} there lists the models that were measured on PrivateTest',
    )
    parser.add_argument(
        '--work',
        type=Path,
        default=Path('build/report'),
        metavar='DIR',
        help='folder of the models trained for comparison (%(default)s); models already there are not trained again',
    )
    parser.add_argument(
        '--peer',
        type=Path,
        default=Path('build/peer_fer.json'),
        metavar='FILE',
        help='the results of `make peer`; left out where there are none (%(default)s)',
    )
    parser.add_argument(
        '--domains',
        type=Path,
        metavar='DOMAINS.yaml',
        help='measure the shipped models on these data sets, too, as `blendfer evaluate domains` does',
    )
    parser.add_argument(
        '--no-ablations', action='store_true', help='train nothing for comparison, which needs no TensorFlow'
    )
    parser.add_argument(
        '--pictures',
        action='store_true',
        help='show the worst mistakes with their pictures: the page then contains pictures of people',
    )
    add_bundle(parser)
    parser.set_defaults(run=_report)


def _report(arguments: argparse.Namespace) -> None:
    from blendfer_ros.pages.svg import require_matplotlib

    require_matplotlib()
    _check(arguments.out)
    # These take seconds to import, which --help and refusals do without.
    from blendfer_ros.datasets.fer2013 import read_fer2013
    from blendfer_ros.evaluation.domain_list import read_domains
    from blendfer_ros.pages.report_page import report_page
    from blendfer_ros.study.ablations import VARIANTS
    from blendfer_ros.study.ledger import Ledger
    from blendfer_ros.study.markdown import markdown
    from blendfer_ros.study.study import Plan, run_study

    folder = arguments.out.parent
    plan = Plan(
        dataset=read_fer2013(arguments.fer2013),
        bundle=assets.find_bundle(arguments.bundle),
        ledger=Ledger(folder / LEDGER),
        peer=arguments.peer,
        work=arguments.work,
        variants=() if arguments.no_ablations else tuple(v for v in VARIANTS if arguments.ferplus or not v.needs_votes),
        votes=read_ferplus(arguments.ferplus) if arguments.ferplus else None,
        domains=read_domains(arguments.domains) if arguments.domains else {},
    )
    make_folder(folder)
    if plan.variants:
        make_folder(plan.work)
    try:
        study = run_study(plan)
    except KeyboardInterrupt:
        if plan.variants:
            print(f'trained models are kept in {plan.work}: run the same command to continue', file=sys.stderr)
        raise
    # Before the results change what git says of the checkout.
    written = _written()
    picture_of = plan.dataset.picture_of() if arguments.pictures else None
    tables = markdown(study)
    for note in study.notes:
        print(note, file=sys.stderr)
    print(tables)
    write_text(folder / RESULTS, json.dumps(study.as_json(), indent=1) + '\n')
    write_text(folder / TABLES, tables)
    write_text(arguments.out, report_page(study, picture_of, written))
    print(f'{arguments.out}: the report{", with pictures of people" if arguments.pictures else ""}')


def _written() -> str:
    """When, by which version, and from which commit where this is a checkout."""
    described = f'Written on {date.today():%Y-%m-%d} by blendfer_ros {__version__}'
    git = ['git', '-C', str(Path(__file__).parent), 'describe', '--always', '--dirty']
    try:
        commit = subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return f'{described}.'
    return f'{described}, commit {commit}.'


def _check(out: Path) -> None:
    """Refuse a page whose folder is not there and cannot be made, because more of its path is missing."""
    if out.parent.exists() or not out.parent.parent.is_dir():
        require_folder_of(out)


REPORT = Command(
    name='report',
    summary='all results on one page',
    description=(
        'Measure the shipped models on FER2013, train models for comparison, and write one page.\n'
        'The first run takes long; Ctrl-C loses at most the epoch under way, and a second run trains nothing.'
    ),
    example='blendfer report fer2013.zip --out docs/report.html --no-ablations',
    configure=_configure,
)
