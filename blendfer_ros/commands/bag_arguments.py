"""What commands that evaluate bags make of their arguments."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from blendfer_ros.core import assets
from blendfer_ros.core.errors import DatasetError

if TYPE_CHECKING:
    # What these bring with them takes seconds to import, which --help and refusals are spared.
    from blendfer_ros.core.answers import Segment
    from blendfer_ros.evaluation.streams.bag_answers import Candidate


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
