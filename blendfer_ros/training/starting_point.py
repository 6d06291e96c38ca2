"""A trained model to fine-tune: its weights before quantisation, and the scaling of its inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from blendfer_ros.classification.backends import read_card
from blendfer_ros.classification.backends.features import FeaturesCard
from blendfer_ros.core.errors import BlendferError, ModelError, one_line
from blendfer_ros.core.face import FloatArray
from blendfer_ros.core.files import read_arrays, write_arrays
from blendfer_ros.core.options import options_of
from blendfer_ros.training.recipe import Recipe
from blendfer_ros.training.samples import Scaling

# The learning rate of a training from scratch would destroy what was learnt.
LEARNING_RATE_FACTOR: Final = 0.1


@dataclass(frozen=True)
class StartingPoint:
    """recipe: by which it was trained. scaling: of its inputs. weights: of each member network, as Keras lists them."""

    recipe: Recipe
    scaling: Scaling
    weights: tuple[tuple[FloatArray, ...], ...]

    def fine_tuned(self, **changes: Any) -> Recipe:
        """The recipe for fine-tuning: the same network, with a smaller learning rate unless `changes` set one."""
        return replace(self.recipe, **{'learning_rate': LEARNING_RATE_FACTOR * self.recipe.learning_rate} | changes)


def weights_file(model: Path) -> Path:
    """Where the weights of a `.tflite` file are kept."""
    return model.with_suffix('.weights.npz')


def write_weights(networks: Sequence[Any], model: Path) -> None:
    """Write the weights of trained networks beside their model; raises BlendferError when that fails.

    In 16 bits, more than the quantised model has.
    """
    arrays = {
        f'{member}_{i}': values.astype(np.float16)
        for member, network in enumerate(networks)
        for i, values in enumerate(network.get_weights())
    }
    write_arrays(weights_file(model), arrays)


def read_starting_point(model: Path) -> StartingPoint:
    """Read a trained model to fine-tune.

    Args:
        model: the `.tflite` file, its card and weights beside it.

    Raises:
        ModelError: a file is missing or damaged, or the card does not say how the model was trained.
    """
    card = read_card(model.with_suffix('.json'))
    if not isinstance(card, FeaturesCard):
        raise ModelError(f'{model} is run by {card.backend}: only models of features can be fine-tuned')
    if not weights_file(model).is_file():
        raise ModelError(f'{model} comes without {weights_file(model).name}, so it cannot be fine-tuned')
    try:
        known = {option.name for option in options_of(Recipe)}
        said = card.training['recipe']
        recipe = Recipe(**{name: value for name, value in said.items() if name in known})
        arrays = read_arrays(weights_file(model))
        weights = _by_member({name: values.astype(np.float32) for name, values in arrays.items()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, BlendferError) as error:
        raise ModelError(f'{model} cannot be fine-tuned: {one_line(error)}') from error
    if len(weights) != recipe.members:
        raise ModelError(f'{weights_file(model)} has {len(weights)} networks, the card says {recipe.members}')
    scaling = Scaling(np.array(card.chosen_features), np.array(card.mean, np.float32), np.array(card.std, np.float32))
    return StartingPoint(recipe, scaling, weights)


def _by_member(arrays: dict[str, FloatArray]) -> tuple[tuple[FloatArray, ...], ...]:
    numbered = sorted((tuple(map(int, name.split('_'))), values) for name, values in arrays.items())
    members = sorted({member for (member, _), _ in numbered})
    return tuple(tuple(values for (of, _), values in numbered if of == member) for member in members)
