"""`blendfer show`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from blendfer_ros.commands.command import Command, add_bundle
from blendfer_ros.core import assets
from blendfer_ros.core.errors import BlendferError
from blendfer_ros.core.files import require_folder_of, write_text, writing_text

if TYPE_CHECKING:
    # These take seconds to import, which --help and refusals do without.
    from blendfer_ros.core.answers import Answer
    from blendfer_ros.pages.film import Film
    from blendfer_ros.pages.window import Window
    from blendfer_ros.reading.blendfer import ReadingStream
    from blendfer_ros.reading.reading import Reading

STDOUT: Final = Path('-')
TRACKING: Final = 'tracking'
# How long a window shows each picture of a folder [s], and how long at most it stands still in a pause of a recording.
STILL_S: Final = 2.0
MAX_PAUSE_S: Final = 1.0


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        'source',
        metavar='SOURCE',
        help='picture, folder of pictures, video file, camera index (0), bag, or name of a shipped recording '
        '(sad_to_happy)',
    )
    parser.add_argument(
        '--system', choices=tuple(assets.SYSTEMS), default=next(iter(assets.SYSTEMS)), help='%(default)s'
    )
    parser.add_argument(
        '--model', default='', help="name of a shipped model, or path of a .tflite file (default: the system's own)"
    )
    parser.add_argument(
        '--out',
        type=Path,
        metavar='OUT',
        help='write the annotated images to this .mp4, .gif or .png file, or to this folder, in place of a window; '
        'they show the people in the source',
    )
    parser.add_argument(
        '--json',
        type=Path,
        metavar='FILE',
        help='write a line of JSON for each image to this file; - is standard output; no window is opened',
    )
    parser.add_argument(
        '--html',
        type=Path,
        metavar='PAGE.html',
        help='write what was said over time to this page, without pictures of people; no window is opened',
    )
    parser.add_argument('--no-smoothing', action='store_true', help='answer each image of a stream for itself')
    parser.add_argument('--topic', default='', help='of a bag: its topic of images or blendshapes')
    add_bundle(parser)
    parser.set_defaults(run=_show)


def _show(arguments: argparse.Namespace) -> None:
    from blendfer_ros.reading.blendfer import Blendfer

    blendfer = Blendfer(
        arguments.model, system=arguments.system, bundle=arguments.bundle, smoothing=not arguments.no_smoothing
    )
    stream = blendfer.stream(arguments.source, arguments.topic)
    _check_page(arguments.html, stream)
    counts: Counter[str] = Counter()
    try:
        with _outputs(arguments, stream) as outputs:
            _show_all(_with_progress(stream, arguments.source), outputs, counts, is_live=stream.is_live)
    except BrokenPipeError:
        # Whoever reads the lines has heard enough; Python must not try to flush more of them.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return
    _report(arguments, stream, counts)


def _check_page(page: Path | None, stream: ReadingStream) -> None:
    """Refuse before the work a page that cannot be written after it."""
    from blendfer_ros.pages.svg import require_matplotlib

    if page is None:
        return
    if stream.are_stills:
        raise BlendferError('--html is what was said over time, and pictures have none: use --json')
    require_folder_of(page)
    require_matplotlib()


def _show_all(readings: Iterator[Reading], outputs: _Outputs, counts: Counter[str], *, is_live: bool) -> None:
    """Until they end or the window is closed; those of a camera until Ctrl-C, for they have no other end."""
    try:
        for reading in readings:
            counts[reading.emotion if reading.state == TRACKING else reading.state] += 1
            outputs.take(reading)
            if not outputs.are_wanted:
                return
    except KeyboardInterrupt:
        if not is_live:
            raise


def _with_progress(stream: ReadingStream, name: str) -> Iterator[Reading]:
    from tqdm import tqdm

    # A bar of a camera would have no end, one of a picture no beginning.
    is_quick = stream.is_live or stream.n_images == 1
    yield from tqdm(stream, total=stream.n_images, unit='img', desc=Path(name).name, disable=is_quick)


def _report(arguments: argparse.Namespace, stream: ReadingStream, counts: Counter[str]) -> None:
    """Say what was seen, what was left out and why, and what was written."""
    for reason, n in Counter(error.reason for error in stream.skipped).items():
        example = next(error for error in stream.skipped if error.reason is reason)
        print(f'left out {n} of {arguments.source}: {example}', file=sys.stderr)
    if stream.damage:
        print(f'{stream.damage}; shown up to there', file=sys.stderr)
    if not counts:
        raise BlendferError(f'no image of {arguments.source} can be used')
    tell = sys.stderr if arguments.json == STDOUT else sys.stdout
    shares = ', '.join(f'{name} {n}' for name, n in counts.most_common())
    print(f'{arguments.source}: {shares} of {counts.total()} images', file=tell)
    for path in (arguments.out, arguments.json, arguments.html):
        if path and path != STDOUT:
            print(f'{path}: written', file=tell)


class _Outputs:
    """Where readings go: lines of JSON, a film, a window; `answers` are for a page."""

    def __init__(self, lines: TextIO | None, film: Film | None, window: Window | None, stream: ReadingStream) -> None:
        from blendfer_ros.pages.shown_reading import ReadingView

        self.answers: list[Answer] = []
        self._first_s: float | None = None
        self._lines, self._film, self._window = lines, film, window
        self._view = ReadingView(are_stills=stream.are_stills)
        self._clock = _Clock(stream)

    @property
    def are_wanted(self) -> bool:
        """False once the window that alone wanted them was closed."""
        return self._window is None or self._window.is_open

    def take(self, reading: Reading) -> None:
        """Give the next reading to all of them."""
        from blendfer_ros.core.answers import Answer

        self._first_s = reading.stamp_s if self._first_s is None else self._first_s
        self.answers.append(Answer.of(reading.stamp_s - self._first_s, reading.primary))
        if self._lines is not None:
            print(json.dumps(reading.as_json()), file=self._lines, flush=True)
        if self._film is None and self._window is None:
            return
        image = self._view.draw(reading)
        if self._film is not None:
            self._film.add(image, reading.stamp_s)
        if self._window is not None:
            self._window.show(image, self._clock.until_next_s(reading.stamp_s))


class _Clock:
    """How long to show each image, so that a window plays a recording as fast as it was taken."""

    def __init__(self, stream: ReadingStream) -> None:
        self._stream = stream
        self._due_s: float | None = None
        self._last_s = 0.0

    def until_next_s(self, stamp_s: float) -> float:
        """From now on [s], for the image of `stamp_s` [s]."""
        if self._stream.is_live:
            return 0.0
        if self._stream.are_stills:
            return STILL_S
        now_s = time.monotonic()
        step_s = stamp_s - self._last_s if self._due_s is not None else 0.0
        self._last_s = stamp_s
        # Slower than it was taken, it is not caught up with in a rush.
        self._due_s = max(now_s, (self._due_s or now_s) + min(max(step_s, 0.0), MAX_PAUSE_S))
        return self._due_s - now_s


@contextmanager
def _outputs(arguments: argparse.Namespace, stream: ReadingStream) -> Iterator[_Outputs]:
    """Whole when the block ends, not there when it is left by an error or by Ctrl-C."""
    with ExitStack() as stack:
        film = stack.enter_context(_film(arguments.out, stream)) if arguments.out else None
        lines = stack.enter_context(_lines(arguments.json)) if arguments.json else None
        wants_window = not (arguments.out or arguments.json or arguments.html)
        window = stack.enter_context(_window(arguments.source)) if wants_window else None
        outputs = _Outputs(lines, film, window, stream)
        yield outputs
        if arguments.html and outputs.answers:
            _write_page(arguments.html, Path(arguments.source).name, outputs.answers)
        if window is not None and stream.are_stills:
            window.wait()


def _write_page(path: Path, name: str, answers: list[Answer]) -> None:
    from blendfer_ros.pages.shown_page import shown_page

    write_text(path, shown_page(name, answers))


@contextmanager
def _film(path: Path, stream: ReadingStream) -> Iterator[Film]:
    from blendfer_ros.pages.film import open_film

    film = open_film(path, stream.rate_hz, are_stills=stream.are_stills, n_images=stream.n_images)
    try:
        yield film
        if note := film.close():
            print(f'{path}: {note}', file=sys.stderr)
    finally:
        film.drop()


@contextmanager
def _lines(path: Path) -> Iterator[TextIO]:
    if path == STDOUT:
        yield sys.stdout
        return
    require_folder_of(path)
    with writing_text(path) as file:
        yield file


@contextmanager
def _window(title: str) -> Iterator[Window]:
    from blendfer_ros.pages.window import Window

    window = Window(f'blendfer: {title}')
    try:
        yield window
    finally:
        window.close()


SHOW = Command(
    name='show',
    summary='see what a picture, video, webcam or bag shows, in a window, a file or lines of JSON',
    description=(
        'Read the emotions in a source as the nodes would and show them: the image with what is seen in it and,\n'
        'below, the last ten seconds. A recording of numbers is drawn from these.\n\n'
        'Pictures are answered one by one, each for itself. Lines of JSON have stamp_s [s], state (tracking or\n'
        'no_face) and faces, each with face_id, emotion, probabilities and box: [x_min, y_min, x_max, y_max] as\n'
        'fractions of the image. A webcam is shown until Ctrl-C, or until the window is closed; files are whole then.'
    ),
    example='blendfer show film.mp4 --out annotated.mp4 --json film.jsonl',
    configure=_configure,
)
