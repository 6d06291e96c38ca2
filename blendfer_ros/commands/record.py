"""`blendfer record`."""

from __future__ import annotations

import argparse
from pathlib import Path

from blendfer_ros import assets
from blendfer_ros.commands.command import Command, add_bundle


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('video', help='video file or folder of pictures')
    parser.add_argument('out', type=Path, help='bag folder to write; must not exist')
    parser.add_argument('--every', type=int, default=1, metavar='N', help='keep one image in N (%(default)s)')
    add_bundle(parser)
    parser.set_defaults(run=_record)


def _record(arguments: argparse.Namespace) -> None:
    from blendfer_ros.evaluation.recording import record_video

    count = record_video(arguments.video, arguments.out, assets.find_bundle(arguments.bundle), arguments.every)
    print(f'{arguments.out}: {count} images, numbers only')


RECORD = Command(
    name='record',
    summary='turn a video into a blendshape recording',
    description=(
        'Run FaceLandmarker on a video and write what it finds as a rosbag2 (MCAP) folder:\n'
        'the numbers of every face and the pixels of none.'
    ),
    example='blendfer record film.mp4 film_bag --every 2',
    configure=_configure,
)
