"""`blendfer record`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from blendfer_ros.commands.command import Command, add_bundle, count
from blendfer_ros.core import assets
from blendfer_ros.core.errors import DatasetError


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('source', metavar='SOURCE', help='bag with images, video file, or folder of pictures')
    parser.add_argument('out', type=Path, metavar='BAG', help='bag folder to write; must not exist')
    parser.add_argument('--topic', default='', help='of a bag: its topic of images (default: the only one)')
    parser.add_argument('--every', type=count, default=1, metavar='N', help='keep one image in N (%(default)s)')
    add_bundle(parser)
    parser.set_defaults(run=_record)


def _record(arguments: argparse.Namespace) -> None:
    from blendfer_ros.bags.reading import is_bag
    from blendfer_ros.bags.recording import record_bag, record_video

    bundle = assets.find_bundle(arguments.bundle)
    if is_bag(Path(arguments.source)):
        recorded = record_bag(Path(arguments.source), arguments.out, bundle, arguments.every, arguments.topic)
    elif arguments.topic:
        raise DatasetError(f'--topic is for bags, and {arguments.source} is none')
    else:
        recorded = record_video(arguments.source, arguments.out, bundle, arguments.every)
    if recorded.damage:
        print(f'{recorded.damage}; recorded up to there', file=sys.stderr)
    skipped = f', {recorded.n_skipped} could not be used' if recorded.n_skipped else ''
    print(f'{arguments.out}: {recorded.n_images} images, numbers only{skipped}')


RECORD = Command(
    name='record',
    summary='turn a bag with images, or a video, into a blendshape recording',
    description=(
        'Run FaceLandmarker on the images of a bag or a video and write the results as a rosbag2 (MCAP) folder:\n'
        'the numbers of every face, and no pixels. A bag keeps its stamps, frame and recording times.\n'
        'BAG is written completely or not at all; Ctrl-C leaves nothing behind.'
    ),
    example='blendfer record camera_bag faces_bag --topic /camera/image_raw',
    configure=_configure,
)
