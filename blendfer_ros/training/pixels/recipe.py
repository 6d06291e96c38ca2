"""What determines the result of training the CNN, given the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from blendfer_ros.core.options import check_options, option

# The name of the CNN among the recipes, and of its file.
EXPRESSIONS: Final = 'expressions'


@dataclass(frozen=True)
class PixelRecipe:
    """How to train the CNN; the command line and its card use these options."""

    width: int = option(32, 'channels of the first layers; the last have four times as many', '', 4, 128)
    dropout: float = option(0.3, 'dropout rate before the last layer', '', 0.0, 0.9)
    whole_pictures: float = option(
        0.3, 'share of crops framed as FER2013 frames them, which is how a Haar cascade does', '', 0.0, 1.0
    )
    label_smoothing: float = option(0.1, 'label smoothing of the labels of FER2013', '', 0.0, 0.5)
    epochs: int = option(56, 'passes over the training data', '', 1, 100_000)
    patience: int = option(0, 'early stopping: epochs without a better validation loss; 0: off', '', 0, 100_000)
    batch_size: int = option(128, 'batch size', '', 1, 1_000_000)
    learning_rate: float = option(2e-3, 'highest learning rate of AdamW; decays to 0 along a cosine', '', 1e-8, 1.0)
    weight_decay: float = option(5e-2, 'weight decay of AdamW', '', 0.0, 1.0)
    bfloat16: bool = option(False, 'compute in 16 bits: faster where the processor can (avx512_bf16, amx)')
    seed: int = option(0, 'random seed of weights, order, dropout and augmentation', '', 0, 2**31 - 1)

    def __post_init__(self) -> None:
        check_options(self)
