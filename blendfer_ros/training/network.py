"""The LSTM, in Keras 2 (`tf_keras`): its converter fuses the layer into one TFLite operator."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from blendfer_ros.contract import EMOTIONS
from blendfer_ros.training.fer2013 import EMOTION_OF_EXPRESSION, EXPRESSIONS

# TensorFlow's start-up report on CUDA and CPU features helps nobody here.
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')


@dataclass(frozen=True)
class NetworkOptions:
    """The shape of the network.

    steps: the feature vector is read in so many equal pieces, one after the other.
    units: size of the LSTM's state.
    dropout: share of the state hidden while training.
    """

    steps: int = 4
    units: int = 128
    dropout: float = 0.4


def build_network(options: NetworkOptions, n_features: int) -> Any:
    """A Keras model (1, steps, n_features / steps) → probabilities of the seven EXPRESSIONS."""
    from tf_keras import Sequential, layers

    return Sequential(
        [
            layers.Input((options.steps, n_features // options.steps)),
            layers.LSTM(options.units),
            layers.Dropout(options.dropout),
            layers.Dense(len(EXPRESSIONS), activation='softmax'),
        ]
    )


def sum_to_emotions(network: Any) -> Any:
    """The same network for one sample, with the probabilities of EXPRESSIONS summed to those of EMOTIONS."""
    from tf_keras import Input, Model, layers

    mapping = np.eye(len(EMOTIONS), dtype=np.float32)[list(EMOTION_OF_EXPRESSION)]
    summing = layers.Dense(len(EMOTIONS), use_bias=False, trainable=False)
    one = Input(network.input_shape[1:], batch_size=1)
    model = Model(one, summing(network(one)))
    summing.set_weights([mapping])
    return model


def to_tflite(model: Any) -> bytes:
    """Convert with the weights quantised to 8 bits ("dynamic range")."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    return bytes(converter.convert())
