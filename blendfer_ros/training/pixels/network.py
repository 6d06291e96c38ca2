"""The CNN of expressions: a small residual network (He et al. 2016, arXiv:1512.03385) with two heads.

One head learns the labels of FER2013, the other the votes of FER+: two opinions on what an expression is called.
"""

from __future__ import annotations

from typing import Any, Final

from blendfer_ros.core.expressions import LABEL_EXPRESSIONS, VOTE_EXPRESSIONS
from blendfer_ros.perception.crops import CROP_SIZE_PX
from blendfer_ros.training.pixels.recipe import PixelRecipe

HEADS: Final = {'labels': len(LABEL_EXPRESSIONS), 'votes': len(VOTE_EXPRESSIONS)}
# Channels in multiples of the recipe's width, and the stride, of each residual block.
BLOCKS: Final = ((1, 1), (2, 2), (2, 1), (4, 2), (4, 1))


def build_cnn(recipe: PixelRecipe) -> Any:
    """A Keras model: standardised crops (n, size, size, 1) → probabilities {'labels': (n, 7), 'votes': (n, 8)}."""
    from tf_keras import Input, Model, layers

    crops = Input((CROP_SIZE_PX, CROP_SIZE_PX, 1))
    values = _convolution(layers, crops, recipe.width, 3, 1)
    values = layers.ReLU()(_convolution(layers, layers.ReLU()(values), recipe.width, 3, 2))
    for factor, stride in BLOCKS:
        values = _block(layers, values, factor * recipe.width, stride)
    features = layers.Dropout(recipe.dropout)(layers.GlobalAveragePooling2D()(values))
    logits = {
        name: layers.Dense(size, dtype='float32', name=f'{name}_logits')(features) for name, size in HEADS.items()
    }
    return Model(crops, {name: layers.Softmax(dtype='float32', name=name)(of) for name, of in logits.items()})


def deployable(network: Any) -> Any:
    """A Keras model for one crop (1, size, size, 1) → (1, 15) log-probabilities, averaged with its mirror image's."""
    import tensorflow as tf
    from tf_keras import Input, Model, layers

    logits = Model(network.input, [network.get_layer(f'{name}_logits').output for name in HEADS])
    crop = Input((CROP_SIZE_PX, CROP_SIZE_PX, 1), batch_size=1)
    pair = layers.Lambda(lambda crop: tf.concat([crop, tf.reverse(crop, [2])], axis=0))(crop)
    heads = [
        layers.Lambda(lambda of: tf.nn.log_softmax(tf.reduce_mean(of, axis=0, keepdims=True)))(head)
        for head in logits(pair)
    ]
    return Model(crop, layers.Concatenate()(heads))


def _convolution(layers: Any, values: Any, channels: int, size: int, stride: int) -> Any:
    values = layers.Conv2D(channels, size, stride, padding='same', use_bias=False)(values)
    return layers.BatchNormalization()(values)


def _block(layers: Any, values: Any, channels: int, stride: int) -> Any:
    inner = layers.ReLU()(_convolution(layers, values, channels, 3, stride))
    inner = _convolution(layers, inner, channels, 3, 1)
    if stride > 1 or values.shape[-1] != channels:
        values = _convolution(layers, values, channels, 1, stride)
    return layers.ReLU()(layers.Add()([values, inner]))
