"""Many bags, answered on all cores or machines; the answers are cached."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

import joblib
import numpy as np
from tqdm import tqdm

from blendfer_ros.bags.finding import identity_of
from blendfer_ros.bags.salvage import Damage
from blendfer_ros.core import assets
from blendfer_ros.core.answers import AnswerSeries
from blendfer_ros.core.errors import BlendferError, SkipReason, one_line
from blendfer_ros.core.files import make_folder, parse_json, read_arrays, write_arrays
from blendfer_ros.core.memory import spare_what_is_there
from blendfer_ros.evaluation.streams.bag_answers import AnsweredBag, Candidate, Cost, Stream, answer_bag

LOKY: Final = 'loky'
DASK: Final = 'dask'
RAY: Final = 'ray'
BACKENDS: Final = (LOKY, DASK, RAY)
# A file of the cache has these arrays of each candidate, numbered, and all else of an AnsweredBag as one text of JSON.
ARRAYS: Final = tuple(field.name for field in fields(AnswerSeries))
REST: Final = 'rest'


@dataclass(frozen=True)
class BagQuery:
    """What is evaluated on each bag. topic: as for `choose_topic`. bundle: as for `assets.find_bundle`."""

    candidates: tuple[Candidate, ...]
    topic: str = ''
    bundle: str = ''


@dataclass(frozen=True)
class Work:
    """How the work is spread. workers: processes; None: as many as there are cores, or as the backend has.

    backend: one of BACKENDS. fresh: ignore cached answers.
    """

    workers: int | None = None
    backend: str = LOKY
    fresh: bool = False


def answer_bags(bags: Mapping[str, Path], query: BagQuery, work: Work) -> dict[str, AnsweredBag | BlendferError]:
    """Answer each bag, or say why it cannot be, with a progress bar; whatever the workers, the answers are the same.

    Finished bags are cached in `assets.cache_dir()`, so that an interrupted run resumes where it stopped.

    Args:
        bags: at least one, as `find_bags` gives them.
        query: what is evaluated.
        work: how the work is spread.

    Raises:
        ModelError: a candidate's model cannot be loaded.
        BlendferError: the backend is not installed, or the cache cannot be written.
    """
    folder = assets.cache_dir() / 'bags'
    make_folder(folder)
    of_all = _key(query)
    cache = {name: folder / f'{_sha256([*of_all, identity_of(path)])}.npz' for name, path in bags.items()}
    results: dict[str, AnsweredBag | BlendferError] = {}
    if not work.fresh:
        results |= {name: kept for name, file in cache.items() if (kept := _kept(file)) is not None}
    missing = {name: path for name, path in bags.items() if name not in results}
    for name, result in _answered(missing, query, work):
        if isinstance(result, AnsweredBag):
            _keep(result, cache[name])
        results[name] = result
    return {name: results[name] for name in bags}


def _answered(
    bags: Mapping[str, Path], query: BagQuery, work: Work
) -> Iterator[tuple[str, AnsweredBag | BlendferError]]:
    if len(bags) == 1 and work.backend == LOKY:
        # In this process, which can show a progress bar for it.
        yield from (_work(name, path.absolute(), query, quiet=False) for name, path in bags.items())
    elif bags:
        _require(work.backend)
        # Spawned, not forked, by all of them: the threads of MediaPipe do not survive a fork.
        with joblib.parallel_config(backend=work.backend):
            n_jobs = min(joblib.effective_n_jobs(work.workers or -1), len(bags))
            parallel = joblib.Parallel(n_jobs, return_as='generator_unordered')
            jobs = (joblib.delayed(_work)(name, path.absolute(), query, quiet=True) for name, path in bags.items())
            yield from tqdm(parallel(jobs), total=len(bags), unit='bag', desc='bags')


def _work(name: str, path: Path, query: BagQuery, *, quiet: bool) -> tuple[str, AnsweredBag | BlendferError]:
    spare_what_is_there()
    find_bundle = functools.partial(assets.find_bundle, query.bundle)
    try:
        return name, answer_bag(path, query.candidates, find_bundle, query.topic, quiet=quiet)
    except BlendferError as error:
        return name, error


def _require(backend: str) -> None:
    """Register a backend that comes in a package of its own with joblib."""
    try:
        if backend == DASK:
            from distributed import Client

            # Its scheduler is that of the environment (DASK_SCHEDULER_ADDRESS), otherwise one on this machine.
            Client()
        elif backend == RAY:
            from ray.util.joblib import register_ray

            register_ray()
    except ImportError as error:
        package = 'distributed' if backend == DASK else RAY
        raise BlendferError(f'--backend {backend} needs the package {package}: pip install {package}') from error


def _key(query: BagQuery) -> list[Any]:
    """Everything that answers depend on, except the bag."""
    candidates = [(assets.sha256_of(each.model), asdict(each.options)) for each in query.candidates]
    return [
        candidates,
        query.topic,
        assets.BUNDLE_SHA256,
        assets.sha256_of(assets.find_expressions()),
        assets.sha256_of_room(),
    ]


def _sha256(key: list[Any]) -> str:
    return hashlib.sha256(json.dumps(key).encode()).hexdigest()


def _keep(bag: AnsweredBag, file: Path) -> None:
    rest = {field.name: getattr(bag, field.name) for field in fields(bag) if field.name != 'series'}
    arrays = {f'{name}_{i}': getattr(series, name) for i, series in enumerate(bag.series) for name in ARRAYS}
    write_arrays(file, {**arrays, REST: np.array(json.dumps(rest, default=asdict))})


def _kept(file: Path) -> AnsweredBag | None:
    """The answers kept in a file; None where there are none."""
    if not file.is_file():
        return None
    arrays = read_arrays(file)
    try:
        return _unpacked(arrays)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise BlendferError(f'{file} holds no answers that were kept ({one_line(error)}): delete the file') from error


def _unpacked(arrays: dict[str, Any]) -> AnsweredBag:
    rest: dict[str, Any] = parse_json(str(arrays.pop(REST)))
    stream, damage = rest['stream'], rest['damage']
    skipped = {SkipReason(reason): count for reason, count in stream['skipped'].items()}
    gaps = tuple(map(tuple, stream['gaps']))
    n_candidates = len(arrays) // len(ARRAYS)
    return AnsweredBag(
        **rest
        | {
            'stream': Stream(**stream | {'skipped': skipped, 'gaps': gaps}),
            'series': tuple(AnswerSeries(*(arrays[f'{name}_{i}'] for name in ARRAYS)) for i in range(n_candidates)),
            'damage': damage and Damage(**damage),
            'perception': Cost(**rest['perception']),
            'classification': Cost(**rest['classification']),
        }
    )
