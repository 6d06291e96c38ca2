"""The networks, in Keras 2 (`tf_keras`): its converter fuses an LSTM into one TFLite operator."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from blendfer_ros.classification.backends.recurrent import RECURRENT
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.errors import BlendferError
from blendfer_ros.core.face import FloatArray
from blendfer_ros.datasets.fer2013 import EXPRESSIONS, EXPRESSIONS_TO_EMOTIONS
from blendfer_ros.training.recipe import Recipe

# Silences TensorFlow's start-up report on CUDA and CPU features.
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

# Units of the paper's four LSTMs (arXiv:2501.13432, figure 4).
PAPER_UNITS: Final = (52, 16, 48, 44)
# Of the loss that the paper suggests for further improvement (arXiv:1708.02002).
FOCAL_GAMMA: Final = 2.0


def input_shape(recipe: Recipe, n_features: int) -> tuple[int | None, int]:
    """(time steps, features per step) for `n_features`; with RECURRENT any number of steps, None.

    Raises:
        BlendferError: the recipe's steps do not divide the features.
    """
    if recipe.network == RECURRENT:
        return None, n_features
    steps = {'lstm': recipe.steps, 'paper': n_features, 'dense': 1}[recipe.network]
    if n_features % steps:
        raise BlendferError(f'steps is {steps}, which does not divide {n_features} features')
    return steps, n_features // steps


def n_classes(recipe: Recipe) -> int:
    """How many classes the network is trained on."""
    return len(EXPRESSIONS) if recipe.classes == 'expressions' else len(EMOTIONS)


def build_network(recipe: Recipe, n_features: int) -> Any:
    """A Keras model: (n, steps, features in each) → probabilities (n, n_classes), with RECURRENT for each step."""
    from tf_keras import Sequential, layers

    shape = input_shape(recipe, n_features)
    hidden = {'lstm': _lstm, 'paper': _paper, 'dense': _dense, RECURRENT: _recurrent}[recipe.network](recipe, layers)
    return Sequential([layers.Input(shape), *hidden, layers.Dense(n_classes(recipe), activation='softmax')])


def compile_network(network: Any, recipe: Recipe, n_batches: int) -> None:
    """Give the network its loss, and AdamW (arXiv:1711.05101) as in the paper: amsgrad, gradients clipped to norm 1."""
    from tf_keras import losses, optimizers

    loss = {
        'cross-entropy': lambda: losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
        'mse': losses.MeanSquaredError,
        'focal': lambda: losses.CategoricalFocalCrossentropy(
            alpha=1.0, gamma=FOCAL_GAMMA, label_smoothing=recipe.label_smoothing
        ),
    }[recipe.loss]()
    schedule = optimizers.schedules.CosineDecay(recipe.learning_rate, n_batches)
    network.compile(
        optimizers.AdamW(schedule, weight_decay=recipe.weight_decay, global_clipnorm=1.0, amsgrad=True),
        loss,
        weighted_metrics=[],
    )


def emotions_of_classes(n: int) -> FloatArray:
    """(n, 3) matrix that sums probabilities of the `n` classes trained on to those of `core.emotions.EMOTIONS`."""
    return EXPRESSIONS_TO_EMOTIONS if n == len(EXPRESSIONS) else np.eye(len(EMOTIONS), dtype=np.float32)


def deployable(networks: Sequence[Any]) -> Any:
    """One Keras model for one sample, or one step of it: the mean of the networks, as probabilities (1, 3)."""
    from tf_keras import Input, Model, layers

    steps, size = networks[0].input_shape[1:]
    one = Input((steps or 1, size), batch_size=1)
    answers = [layers.Flatten()(network(one)) for network in networks]
    mean = layers.Average()(answers) if len(answers) > 1 else answers[0]
    summing = layers.Dense(len(EMOTIONS), use_bias=False, trainable=False)
    model = Model(one, summing(mean))
    summing.set_weights([emotions_of_classes(networks[0].output_shape[-1])])
    return model


def _lstm(recipe: Recipe, layers: Any) -> list[Any]:
    return [layers.LSTM(recipe.units), layers.Dropout(recipe.dropout)]


def _recurrent(recipe: Recipe, layers: Any) -> list[Any]:
    return [layers.LSTM(recipe.units, return_sequences=True), layers.Dropout(recipe.dropout)]


def _paper(recipe: Recipe, layers: Any) -> list[Any]:
    *first, last = PAPER_UNITS
    stack = [layers.LSTM(units, activation='selu', return_sequences=True) for units in first]
    return [*stack, layers.LSTM(last, activation='selu'), layers.Dropout(recipe.dropout)]


def _dense(recipe: Recipe, layers: Any) -> list[Any]:
    sizes = (recipe.units, recipe.units // 2)
    hidden = [(layers.Dense(size, activation='relu'), layers.Dropout(recipe.dropout)) for size in sizes]
    return [layers.Flatten(), *(layer for pair in hidden for layer in pair)]
