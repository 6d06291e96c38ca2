"""Many bags: found, answered on all cores or machines, and none a second time."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import joblib
import numpy as np
from tqdm import tqdm

from blendfer_ros.bags.reading import Damage
from blendfer_ros.core import assets
from blendfer_ros.core.answers import AnswerSeries
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.errors import BlendferError, SkipReason
from blendfer_ros.core.files import make_folder, write_text
from blendfer_ros.evaluation.streams.bag_answers import AnsweredBag, Candidate, Cost, Stream, answer_bag

LOKY: Final = 'loky'
DASK: Final = 'dask'
RAY: Final = 'ray'
BACKENDS: Final = (LOKY, DASK, RAY)
# The arrays of AnswerSeries as they are kept, to the last bit.
ARRAYS: Final = {'stamp_s': '<f8', 'said': 'u1', 'probabilities': '<f4'}


@dataclass(frozen=True)
class BagQuery:
    """Who is asked about each bag, and how. topic: as for `choose_topic`. bundle: as for `assets.find_bundle`."""

    candidates: tuple[Candidate, ...]
    topic: str = ''
    bundle: str = ''


@dataclass(frozen=True)
class Work:
    """Who does the work. workers: processes; None: as many as there are cores, or the backend has.

    backend: one of BACKENDS. fresh: answers of earlier runs are not used.
    """

    workers: int | None = None
    backend: str = LOKY
    fresh: bool = False


def answer_bags(bags: Mapping[str, Path], asked: BagQuery, work: Work) -> dict[str, AnsweredBag | BlendferError]:
    """Answer each bag, or say why it cannot be, with a progress bar; whatever the workers, the answers are the same.

    What is finished is kept in `assets.cache_dir()`, so that a run that was interrupted goes on where it stopped.

    Args:
        bags: at least one, as `find_bags` gives them.
        asked: who is asked.
        work: who does the work.

    Raises:
        ModelError: a candidate's model cannot be loaded.
        BlendferError: the backend is not installed, or the cache cannot be written.
    """
    folder = assets.cache_dir() / 'bags'
    make_folder(folder)
    of_all = _key(asked)
    cache = {name: folder / f'{_sha256([*of_all, _files(path)])}.json' for name, path in bags.items()}
    results: dict[str, AnsweredBag | BlendferError] = {}
    if not work.fresh:
        results |= {name: kept for name, file in cache.items() if (kept := _kept(file)) is not None}
    missing = {name: path for name, path in bags.items() if name not in results}
    for name, result in _answered(missing, asked, work):
        if isinstance(result, AnsweredBag):
            write_text(cache[name], _as_text(result))
        results[name] = result
    return {name: results[name] for name in bags}


def _answered(
    bags: Mapping[str, Path], asked: BagQuery, work: Work
) -> Iterator[tuple[str, AnsweredBag | BlendferError]]:
    if len(bags) == 1 and work.backend == LOKY:
        # Here, where it can show how far it is.
        yield from (_work(name, path.absolute(), asked, quiet=False) for name, path in bags.items())
    elif bags:
        _require(work.backend)
        # Spawned, not forked, by all of them: the threads of MediaPipe do not survive a fork.
        with joblib.parallel_config(backend=work.backend):
            n_jobs = min(joblib.effective_n_jobs(work.workers or -1), len(bags))
            parallel = joblib.Parallel(n_jobs, return_as='generator_unordered')
            jobs = (joblib.delayed(_work)(name, path.absolute(), asked, quiet=True) for name, path in bags.items())
            yield from tqdm(parallel(jobs), total=len(bags), unit='bag', desc='bags')


def _work(name: str, path: Path, asked: BagQuery, *, quiet: bool) -> tuple[str, AnsweredBag | BlendferError]:
    find_bundle = functools.partial(assets.find_bundle, asked.bundle)
    try:
        return name, answer_bag(path, asked.candidates, find_bundle, asked.topic, quiet=quiet)
    except BlendferError as error:
        return name, error


def _require(backend: str) -> None:
    """Make a backend known to joblib that has it in a package of its own."""
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


def _key(asked: BagQuery) -> list[Any]:
    """Everything but the bag that answers depend on."""
    candidates = [(assets.sha256_of(each.model), asdict(each.options)) for each in asked.candidates]
    return [candidates, asked.topic, assets.BUNDLE_SHA256, assets.sha256_of_room()]


def _files(bag: Path) -> list[tuple[str, int, int]]:
    """What a bag is known by."""
    files = sorted(bag.iterdir()) if bag.is_dir() else [bag]
    return [(file.name, file.stat().st_size, file.stat().st_mtime_ns) for file in files]


def _sha256(key: list[Any]) -> str:
    return hashlib.sha256(json.dumps(key).encode()).hexdigest()


def _as_text(bag: AnsweredBag) -> str:
    series = [
        {name: base64.b64encode(getattr(of_one, name).astype(kind).tobytes()).decode() for name, kind in ARRAYS.items()}
        for of_one in bag.series
    ]
    fields = {name: getattr(bag, name) for name in bag.__dataclass_fields__}
    return json.dumps(fields | {'series': series}, default=asdict)


def _kept(file: Path) -> AnsweredBag | None:
    """The answers kept in a file; None where there are none."""
    if not file.is_file():
        return None
    content: dict[str, Any] = json.loads(file.read_text())
    stream, damage = content['stream'], content['damage']
    skipped = {SkipReason(reason): count for reason, count in stream['skipped'].items()}
    gaps = tuple(map(tuple, stream['gaps']))
    return AnsweredBag(
        **content
        | {
            'stream': Stream(**stream | {'skipped': skipped, 'gaps': gaps}),
            'series': tuple(_series(of_one) for of_one in content['series']),
            'damage': damage and Damage(**damage),
            'perception': Cost(**content['perception']),
            'classification': Cost(**content['classification']),
        }
    )


def _series(kept: dict[str, str]) -> AnswerSeries:
    arrays = {name: np.frombuffer(base64.b64decode(kept[name]), kind) for name, kind in ARRAYS.items()}
    return AnswerSeries(**arrays | {'probabilities': arrays['probabilities'].reshape(-1, len(EMOTIONS))})
