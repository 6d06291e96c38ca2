"""`blendfer evaluate bag`."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from blendfer_ros.commands.bag_arguments import candidate_of, described, rivals_of, segments_of
from blendfer_ros.commands.bounds import check_bounds, lower_bound, upper_bound
from blendfer_ros.commands.command import Command, add_bundle, count
from blendfer_ros.core import assets
from blendfer_ros.core.errors import BlendferError, DatasetError
from blendfer_ros.core.files import require_folder_of, write_text

if TYPE_CHECKING:
    # What these bring with them takes seconds to import, which --help and refusals are spared.
    from blendfer_ros.core.answers import Segment
    from blendfer_ros.core.image_types import RgbImage
    from blendfer_ros.evaluation.streams.bag_answers import AnsweredBag, Candidate
    from blendfer_ros.evaluation.streams.bag_scores import ScoredBag
    from blendfer_ros.evaluation.streams.worst_moments import WrongMoment
    from blendfer_ros.pages.bags_page import Comparison

MOMENTS_SHOWN: Final = 12


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        'bags',
        type=Path,
        nargs='+',
        metavar='BAG',
        help='rosbag2 folder, .mcap or .db3 file, or a folder of these; damaged bags are evaluated up to the damage',
    )
    parser.add_argument(
        '--labels',
        type=Path,
        metavar='LABELS.csv',
        help="ground truth: file,start_s,end_s,label in each row, file being the bag's name",
    )
    parser.add_argument(
        '--topic',
        default='',
        metavar='T',
        help='topic of images or blendshapes (default: the only one; blendshapes take precedence over images)',
    )
    parser.add_argument(
        '--model',
        default='',
        help='name of a shipped model, or path of a .tflite file '
        f'(default: the one in --params, else {assets.DEFAULT_MODEL})',
    )
    parser.add_argument(
        '--params', type=Path, metavar='FILE.yaml', help='answer as the nodes would with this parameter file'
    )
    parser.add_argument(
        '--compare',
        nargs='+',
        default=[],
        metavar='OTHER',
        help='models or parameter files to compare with the first, on the same images',
    )
    parser.add_argument(
        '--fail-under',
        type=lower_bound,
        action='append',
        default=[],
        dest='bounds',
        metavar='KEY=VALUE',
        help='exit with 1 when this number of the JSON is lower than VALUE; repeatable',
    )
    parser.add_argument(
        '--fail-over',
        type=upper_bound,
        action='append',
        dest='bounds',
        metavar='KEY=VALUE',
        help='the same when it is higher, for flips_per_min or time_to_label_s_p95, say',
    )
    parser.add_argument('--json', type=Path, metavar='OUT', help='write everything except times per image to this file')
    parser.add_argument('--html', type=Path, metavar='REPORT.html', help='write everything, with plots, to this page')
    parser.add_argument(
        '--thumbnails',
        action='store_true',
        help='show the worst moments of labelled bags of images on the page, which then contains pictures of people; '
        'it stays where it is written',
    )
    parser.add_argument(
        '--workers', type=count, metavar='N', help='bags processed at a time (default: as many as there are cores)'
    )
    parser.add_argument(
        '--backend',
        choices=('loky', 'dask', 'ray'),
        default='loky',
        help='loky: this machine; dask, ray: a cluster that has the same files (%(default)s)',
    )
    parser.add_argument('--fresh', action='store_true', help='ignore cached answers and evaluate everything again')
    add_bundle(parser)
    parser.set_defaults(run=_evaluate_bags)


def _evaluate_bags(arguments: argparse.Namespace) -> None:
    from blendfer_ros.bags.finding import find_bags
    from blendfer_ros.evaluation.streams.bag_answers import AnsweredBag
    from blendfer_ros.evaluation.streams.bag_runs import BagQuery, Work, answer_bags
    from blendfer_ros.evaluation.streams.bag_scores import ScoredBag, overall_as_json

    _check(arguments)
    first = candidate_of(arguments.model, arguments.params)
    candidates = [first, *rivals_of(first, arguments.compare)]
    bags = find_bags(arguments.bags)
    segments = segments_of(arguments.labels, bags) if arguments.labels else {}
    query = BagQuery(tuple(candidates), arguments.topic, arguments.bundle)
    try:
        results = answer_bags(bags, query, Work(arguments.workers, arguments.backend, arguments.fresh))
    except KeyboardInterrupt:
        print('finished bags are kept: run the same command to continue', file=sys.stderr)
        raise
    failed = {name: str(result) for name, result in results.items() if isinstance(result, BlendferError)}
    answered = {name: result for name, result in results.items() if isinstance(result, AnsweredBag)}
    scored = {name: ScoredBag.of(bag, segments.get(name, ())) for name, bag in answered.items()}
    compared = _compared(candidates, answered, segments) if answered else {}
    summary = overall_as_json(list(scored.values())) if scored else {}
    # Print first, then write, so that a full disk does not lose the numbers.
    _print(first.name, scored, compared)
    if arguments.json:
        content = {
            **described(first),
            **summary,
            'compared': {
                other.name: described(other) | comparison.as_json()
                for other, comparison in zip(candidates[1:], compared.values(), strict=False)
            },
            'bags': {name: bag.as_json() for name, bag in scored.items()},
            'failed': failed,
        }
        write_text(arguments.json, json.dumps(content, indent=1, allow_nan=False) + '\n')
    if arguments.html and scored:
        _write_page(arguments, first.name, scored, failed, compared, bags)
    _tell_of_trouble(scored, failed, segments)
    if not scored:
        raise DatasetError('no bag can be measured, for the reasons above')
    if arguments.bounds and failed:
        raise DatasetError(
            f'bounds are for all bags, and {", ".join(failed)} cannot be measured, for the reasons above'
        )
    broken = [sentence for bound in arguments.bounds if (sentence := bound.broken_by(summary[bound.key]))]
    if broken:
        raise BlendferError('; '.join(broken))


def _check(arguments: argparse.Namespace) -> None:
    """Refuse before the work what cannot be done after it."""
    from blendfer_ros.evaluation.streams.bag_scores import LABELLED_KEYS, OVERALL_KEYS
    from blendfer_ros.pages.svg import require_matplotlib

    for path in (arguments.json, arguments.html):
        if path:
            require_folder_of(path)
    if arguments.html:
        require_matplotlib()
    if arguments.thumbnails and not (arguments.html and arguments.labels):
        raise BlendferError('--thumbnails shows where answers are wrong on the page: it needs --html and --labels')
    check_bounds(arguments.bounds, OVERALL_KEYS, LABELLED_KEYS, are_labelled=bool(arguments.labels))


def _compared(
    candidates: Sequence[Candidate],
    answered: Mapping[str, AnsweredBag],
    segments: Mapping[str, tuple[Segment, ...]],
) -> dict[str, Comparison]:
    from blendfer_ros.evaluation.streams.bag_scores import ScoredBag, agreement
    from blendfer_ros.metrics.bootstrap import difference
    from blendfer_ros.pages.bags_page import Comparison

    parts = [
        [part for name, bag in answered.items() for part in ScoredBag.of(bag, segments.get(name, ()), i).parts()]
        for i in range(len(candidates))
    ]
    return {
        other.name: Comparison(agreement(list(answered.values()), i), difference(parts[0], parts[i]))
        for i, other in enumerate(candidates[1:], start=1)
    }


def _print(first: str, scored: Mapping[str, ScoredBag], compared: Mapping[str, Comparison]) -> None:
    from blendfer_ros.pages.bags_page import labelled_scores
    from blendfer_ros.pages.bags_table import EXPLANATION, table
    from blendfer_ros.pages.segments_table import EXPLANATION as SCORE_EXPLANATION
    from blendfer_ros.pages.segments_table import MAX_COLUMNS
    from blendfer_ros.pages.segments_table import table as score_table

    if scored:
        print(table(scored))
        print(textwrap.fill(EXPLANATION, MAX_COLUMNS))
    if scores := labelled_scores(scored):
        print(f'\n{score_table(scores, None, "bag")}')
        print(textwrap.fill(SCORE_EXPLANATION, MAX_COLUMNS))
    for name, comparison in compared.items():
        print(f'\n{name} instead of {first}: agrees on {comparison.agreement:.1%} of images')
        if of := comparison.difference:
            blocks, segments = f'{of.n_blocks} blocks of time', f'{of.n_segments} segments'
            for score, interval, over in (
                ('accuracy', of.frame_accuracy, blocks),
                ('macro-F1', of.macro_f1, blocks),
                ('flips/min', of.flips_per_min, segments),
                ('median s to the right answer', of.time_to_label_s_median, segments),
            ):
                if interval is not None:
                    print(
                        f'  {score} {interval.value:+.3f}, 95 % confidence interval {interval.low:+.3f} to '
                        f'{interval.high:+.3f}, over {over}'
                    )


def _write_page(
    arguments: argparse.Namespace,
    first: str,
    scored: Mapping[str, ScoredBag],
    failed: Mapping[str, str],
    compared: Mapping[str, Comparison],
    bags: Mapping[str, Path],
) -> None:
    from blendfer_ros.evaluation.streams.worst_moments import worst_moments
    from blendfer_ros.pages.bags_page import bags_page

    moments = worst_moments(scored, MOMENTS_SHOWN)
    pictures = _pictures(moments, bags, scored) if arguments.thumbnails else None
    bags_word = next(iter(scored)) if len(scored) == 1 else f'{len(scored)} bags'
    page = bags_page(f'{first} on {bags_word}', first, scored, failed, compared, moments, pictures)
    write_text(arguments.html, page)
    print(f'{arguments.html}: the answers over time{", with pictures of people" if pictures else ""}')


def _pictures(
    moments: Sequence[WrongMoment], bags: Mapping[str, Path], scored: Mapping[str, ScoredBag]
) -> dict[WrongMoment, RgbImage]:
    from blendfer_ros.bags.frames import choose_topic, pictures_at
    from blendfer_ros.bags.reading import Bag

    found: dict[tuple[str, int | None], RgbImage] = {}
    for name in dict.fromkeys(moment.bag for moment in moments):
        bag = Bag(bags[name])
        stamps_ns = {moment.stamp_ns for moment in moments if moment.bag == name and moment.stamp_ns is not None}
        pictures = pictures_at(bag, choose_topic(bag, scored[name].bag.topic), stamps_ns)
        found |= {(name, stamp_ns): rgb for stamp_ns, rgb in pictures.items()}
    keys = ((moment, (moment.bag, moment.stamp_ns)) for moment in moments)
    return {moment: found[key] for moment, key in keys if key in found}


def _tell_of_trouble(
    scored: Mapping[str, ScoredBag], failed: Mapping[str, str], segments: Mapping[str, tuple[Segment, ...]]
) -> None:
    for name, bag in scored.items():
        if bag.bag.damage:
            print(f'{name}: {bag.bag.damage}; evaluated up to there', file=sys.stderr)
        for segment in segments.get(name, ()):
            if segment not in bag.segments:
                print(
                    f'{segment.where}: start_s is {segment.start_s:g}, but {name} ends after '
                    f'{bag.bag.stream.end_s:.2f} s',
                    file=sys.stderr,
                )
    for name, sentence in failed.items():
        print(f'{name} is left out: {sentence}', file=sys.stderr)


BAG = Command(
    name='bag',
    summary='ROS 2 bags, with labels or without',
    description=(
        'Evaluate what the nodes would answer to recordings of a robot: the share of time of each answer, how steady\n'
        'and confident answers are, how regularly images came, the time per image; with labels also how often and how\n'
        'soon answers are right.\n\n'
        'LABELS.csv is as for `blendfer evaluate clips`: a header, and a row for each segment, with a label of happy,\n'
        "sad, unknown or no_face; file is the name of the bag's folder or file, seconds count from its first image:\n\n"
        '  file,start_s,end_s,label\n'
        '  rosbag2_2026_05_04-10_00_00,12.5,20,happy\n\n'
        'In the JSON, flips_per_min and n_frames cover the whole time, labelled_flips_per_min and labelled_n_frames\n'
        'the labelled segments. Answers to finished bags are cached: after Ctrl-C the same command continues where it\n'
        'stopped, and a second run is fast. A bag that cannot be read does not stop the others.'
    ),
    example='blendfer evaluate bag bags/ --labels labels.csv --compare calm.yaml --html bags.html',
    configure=_configure,
)
