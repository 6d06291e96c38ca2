"""The recordings of many robots, answered on many machines: what is counted of each bag is a file, and files add up.

Whoever answers a bag writes what it counted to a file of the bag's name, whole or not at all. A bag that is answered
twice, because a machine died before it could say that it had done so, therefore counts once; and a second run goes on
where the first one stopped.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import math
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from blendfer_ros.bags.finding import identity_of
from blendfer_ros.core import assets
from blendfer_ros.core.answers import AnswerSeries, Segment
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.errors import BlendferError, one_line
from blendfer_ros.core.files import make_folder, read_json, write_text
from blendfer_ros.core.memory import spare_what_is_there
from blendfer_ros.evaluation.streams.bag_answers import Candidate, answer_bag
from blendfer_ros.metrics.classification import IntArray, accuracy, confusion_matrix, macro_f1
from blendfer_ros.metrics.conduct import Conduct
from blendfer_ros.metrics.numbers import rounded

S_PER_HOUR: Final = 3600.0
# Times a bag may take its worker down with it before the run gives up.
MAX_DEATHS: Final = 3


@dataclass(frozen=True)
class FleetQuery:
    """What is evaluated on each bag. topic: as for `choose_topic`. bundle: as for `assets.find_bundle`."""

    candidate: Candidate
    topic: str = ''
    bundle: str = ''

    @functools.cached_property
    def key(self) -> str:
        """What answers depend on, except the bag and its labels: the model, the options, this package."""
        model = assets.sha256_of(self.candidate.model)
        content = [model, asdict(self.candidate.options), self.topic, assets.BUNDLE_SHA256, assets.sha256_of_room()]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


@dataclass(frozen=True)
class BagTally:
    """What is counted of one bag; tallies add up.

    key: what the counts depend on. n_frames, n_lost, duration_s: as in `Stream`. conduct: of all answers.
    confusion: (3, 4) images, as in `SegmentScores`; zeros without labels. damage: empty where there is none.
    cpu_s: what it took on one core.
    """

    key: str
    n_frames: int
    n_lost: int
    duration_s: float
    conduct: Conduct
    confusion: tuple[tuple[int, ...], ...]
    damage: str
    cpu_s: float

    @classmethod
    def read(cls, path: Path, key: str) -> BagTally | None:
        """The tally of this key in a file; None where there is none; raises BlendferError when the file is damaged."""
        if not path.is_file():
            return None
        try:
            content: dict[str, Any] = read_json(path)
            if content['key'] != key:
                return None
            conduct = content['conduct']
            return cls(
                **content
                | {
                    'conduct': Conduct(**conduct | {'said_s': tuple(conduct['said_s'])}),
                    'confusion': tuple(map(tuple, content['confusion'])),
                }
            )
        except (ValueError, KeyError, TypeError) as error:
            raise BlendferError(f'{path} holds no counts ({one_line(error)}): delete the file') from error


@dataclass(frozen=True)
class Fleet:
    """What came of many bags. tallies: by name, in order. failed: why a bag could not be read, by name."""

    tallies: dict[str, BagTally]
    failed: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """Everything that is the same in every run, in whatever order bags were answered and by whomever."""
        tallies = list(self.tallies.values())
        confusion = np.array([tally.confusion for tally in tallies], np.int64).sum(axis=0)
        said_s = zip(*(tally.conduct.said_s for tally in tallies), strict=True)
        # Sums that do not depend on order to the last bit.
        conduct = Conduct(
            tuple(map(math.fsum, said_s)),
            sum(tally.conduct.flips for tally in tallies),
            sum(tally.conduct.n_claimed for tally in tallies),
            math.fsum(tally.conduct.confidence for tally in tallies),
        )
        return {
            'n_bags': len(tallies),
            'duration_s': rounded(math.fsum(tally.duration_s for tally in tallies)),
            'n_frames': sum(tally.n_frames for tally in tallies),
            'n_lost': sum(tally.n_lost for tally in tallies),
            'n_damaged': sum(bool(tally.damage) for tally in tallies),
            **conduct.as_json(),
            **_labelled(confusion),
            'failed': self.failed,
        }

    @property
    def cpu_s_per_hour(self) -> float:
        """Processor time for an hour of recording [s]."""
        hours = math.fsum(tally.duration_s for tally in self.tallies.values()) / S_PER_HOUR
        return math.fsum(tally.cpu_s for tally in self.tallies.values()) / hours


def tally_fleet(
    bags: Mapping[str, Path],
    segments: Mapping[str, Sequence[Segment]],
    query: FleetQuery,
    results: Path,
    workers: int = 1,
    scheduler: str = '',
) -> Fleet:
    """Count what is answered to each bag, with a progress bar; a bag whose file is in `results` is not answered again.

    Args:
        bags: at least one, as `find_bags` gives them.
        segments: labels, of those bags that have some.
        query: what is evaluated.
        results: folder for a file per bag; made where it is missing. All workers must see it and the bags.
        workers: processes on this machine; 1: this one, without Dask.
        scheduler: address of a Dask scheduler that has workers of its own; empty: `workers` on this machine.

    Raises:
        BlendferError: Dask is needed and not installed, the scheduler cannot be reached, a bag has taken MAX_DEATHS
            workers down, or a file cannot be written.
    """
    make_folder(results)
    jobs = [
        _Job(name, path.absolute(), tuple(segments.get(name, ())), query, results.absolute() / f'{name}.json')
        for name, path in bags.items()
    ]
    failed: dict[str, str] = {}
    if missing := [job for job in jobs if job.kept() is None]:
        done = _by_this_process(missing) if workers == 1 and not scheduler else _by_dask(missing, workers, scheduler)
        failed = {name: reason for name, reason in done if reason}
    tallies = ((job.name, job.kept()) for job in jobs if job.name not in failed)
    return Fleet({name: tally for name, tally in tallies if tally}, dict(sorted(failed.items())))


@dataclass(frozen=True)
class _Job:
    """A bag to be answered, and the file for what is counted."""

    name: str
    bag: Path
    segments: tuple[Segment, ...]
    query: FleetQuery
    file: Path

    @property
    def key(self) -> str:
        labels = [(segment.start_s, segment.end_s, segment.label) for segment in self.segments]
        content = json.dumps([self.query.key, identity_of(self.bag), labels])
        return hashlib.sha256(content.encode()).hexdigest()

    def kept(self) -> BagTally | None:
        """What has been counted before, of this very bag in this very way."""
        return BagTally.read(self.file, self.key)

    def run(self) -> str:
        """Count and write; why the bag cannot be read, empty where it can."""
        spare_what_is_there()
        began_s = time.process_time()
        find_bundle = functools.partial(assets.find_bundle, self.query.bundle)
        try:
            bag = answer_bag(self.bag, [self.query.candidate], find_bundle, self.query.topic, quiet=True)
        except BlendferError as error:
            return str(error)
        (series,), stream = bag.series, bag.stream
        tally = BagTally(
            key=self.key,
            n_frames=stream.n_frames,
            n_lost=stream.n_lost,
            duration_s=stream.duration_s,
            conduct=Conduct.of(series, stream.end_s),
            confusion=_confusion(series, self.segments),
            damage=str(bag.damage or ''),
            cpu_s=time.process_time() - began_s,
        )
        write_text(self.file, json.dumps(asdict(tally)) + '\n')
        return ''


def _run(job: _Job) -> str:
    return job.run()


def _by_this_process(jobs: Sequence[_Job]) -> Iterator[tuple[str, str]]:
    for job in tqdm(jobs, unit='bag', desc='bags'):
        yield job.name, job.run()


def _by_dask(jobs: Sequence[_Job], workers: int, scheduler: str) -> Iterator[tuple[str, str]]:
    """The name of each bag that is done, and why it could not be read."""
    try:
        from distributed import KilledWorker, as_completed
    except ImportError as error:
        raise BlendferError('several workers need Dask: pip install "blendfer_ros[fleet]"') from error
    with _client(workers, scheduler) as client:
        # Keys of our own, because Dask takes equal arguments for equal work.
        futures = {client.submit(_run, job, key=f'bag-{i}', pure=False): job for i, job in enumerate(jobs)}
        with tqdm(total=len(jobs), unit='bag', desc='bags') as progress:
            for future in as_completed(futures):
                try:
                    yield futures.pop(future).name, future.result()
                except KilledWorker as error:
                    raise BlendferError(
                        f'a bag has ended {MAX_DEATHS} workers, which may lack memory: {error}'
                    ) from error
                progress.update()


@contextmanager
def _client(workers: int, scheduler: str) -> Iterator[Any]:
    """A client of a scheduler, or of one of our own with workers on this machine."""
    import dask
    from distributed import Client, LocalCluster

    settings = {'distributed.scheduler.allowed-failures': MAX_DEATHS - 1, 'distributed.comm.timeouts.connect': '30s'}
    with dask.config.set(settings), tempfile.TemporaryDirectory() as folder:
        if scheduler:
            try:
                client = Client(scheduler)
            except (OSError, ValueError) as error:
                raise BlendferError(f'the Dask scheduler {scheduler} cannot be reached: {error}') from error
            with client:
                yield client
            return
        # Without dashboard, and without words about workers that die: the bags they had are given to others.
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            memory_limit=0,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
            local_directory=folder,
        )
        with cluster, Client(cluster) as client:
            yield client


def _confusion(series: AnswerSeries, segments: Sequence[Segment]) -> tuple[tuple[int, ...], ...]:
    """As `metrics.segments.confusion_of` counts, (3, 4)."""
    counts: IntArray = np.zeros((len(EMOTIONS), len(EMOTIONS) + 1), np.int64)
    for segment in segments:
        if segment.label in EMOTIONS:
            first, end = np.searchsorted(series.stamp_s, (segment.start_s, segment.end_s))
            said = np.minimum(series.said[first:end].astype(np.int64), len(EMOTIONS))
            counts += confusion_matrix(np.full(len(said), EMOTIONS.index(segment.label)), said, len(EMOTIONS) + 1)
    return tuple(tuple(row) for row in counts.tolist())


def _labelled(confusion: IntArray) -> dict[str, Any]:
    """Scores of (3, 4) labelled images; empty where there are none."""
    if not confusion.sum():
        return {}
    return {
        'labelled_n_frames': int(confusion.sum()),
        'frame_accuracy': rounded(float(accuracy(confusion))),
        'macro_f1': rounded(float(macro_f1(confusion))),
        'confusion': confusion.tolist(),
    }
