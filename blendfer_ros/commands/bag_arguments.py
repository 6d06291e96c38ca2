"""What commands that evaluate bags make of their arguments."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from blendfer_ros.core import assets
from blendfer_ros.core.errors import DatasetError

if TYPE_CHECKING:
    # What these bring with them takes seconds to import, which --help and refusals are spared.
    from blendfer_ros.core.answers import Segment
    from blendfer_ros.evaluation.streams.bag_answers import Candidate

PARAMETER_SUFFIXES: Final = ('.yaml', '.yml')


def candidate_of(model: str, params: Path | None) -> Candidate:
    """The model of this name or path with the options of a parameter file, which may name the model instead.

    Raises:
        BlendferError: one of them is not there, or the model cannot be loaded.
    """
    from blendfer_ros.classification.backends import load_classifier
    from blendfer_ros.classification.estimator import EstimatorOptions
    from blendfer_ros.evaluation.streams.bag_answers import Candidate
    from blendfer_ros.parameters.file import read_parameter_file

    given = read_parameter_file(params) if params else None
    named = model or (given and given.model) or assets.DEFAULT_MODEL
    name = f'{named} with {params}' if params else named
    candidate = Candidate(name, assets.find_model(named), given.options if given else EstimatorOptions())
    load_classifier(candidate.model)
    return candidate


def rivals_of(first: Candidate, others: Sequence[str]) -> list[Candidate]:
    """Whom `first` is compared with: models by name or path, or parameter files; in all else they are as it is.

    Raises:
        BlendferError: one of them is not there, or its model cannot be loaded.
    """
    from blendfer_ros.classification.backends import load_classifier
    from blendfer_ros.evaluation.streams.bag_answers import Candidate
    from blendfer_ros.parameters.file import read_parameter_file

    rivals = []
    for other in dict.fromkeys(others):
        if other.endswith(PARAMETER_SUFFIXES):
            parameters = read_parameter_file(Path(other))
            found = assets.find_model(parameters.model) if parameters.model else first.model
            rivals.append(Candidate(other, found, parameters.options))
        else:
            rivals.append(Candidate(other, assets.find_model(other), first.options))
    for rival in rivals:
        load_classifier(rival.model)
    return rivals


def described(candidate: Candidate) -> dict[str, Any]:
    """Who answers, for JSON."""
    from blendfer_ros.classification.backends import read_card

    card = read_card(candidate.model.with_suffix('.json'))
    return {'model': card.name, 'model_sha256': card.sha256, 'options': asdict(candidate.options)}


def segments_of(labels: Path, bags: Mapping[str, Path]) -> dict[str, tuple[Segment, ...]]:
    """The labels of each bag that has some; refuses those that are of none of the bags."""
    from blendfer_ros.datasets.segments import read_segments

    segments = read_segments(labels)
    strangers = [name for name in segments if name not in bags]
    if len(strangers) == len(segments):
        raise DatasetError(
            f'{labels} has labels of {", ".join(strangers)}, but the bags are called {", ".join(bags)}: '
            'its column file must have their names'
        )
    for name in strangers:
        print(f'{segments[name][0].where}: no bag is called {name}', file=sys.stderr)
    return {name: of_bag for name, of_bag in segments.items() if name in bags}
