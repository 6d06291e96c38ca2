"""Recipes: everything that determines the result of a training, given the data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from blendfer_ros.classification.backends.recurrent import RECURRENT
from blendfer_ros.classification.features import (
    ALL_FEATURES,
    BLENDSHAPES_AND_GEOMETRY,
    BLENDSHAPES_ONLY,
    EXPRESSIONS_ONLY,
    FEATURE_SETS,
)
from blendfer_ros.core.errors import BlendferError
from blendfer_ros.core.options import check_options, option

# Options that add copies of the training pictures.
COPIES: Final = ('rotated', 'small')


@dataclass(frozen=True)
class Recipe:
    """What to train, on what, and how. The command line, the search and the model card all use these options."""

    features: str = option(BLENDSHAPES_AND_GEOMETRY, 'what the network is fed', choices=FEATURE_SETS)
    depth: bool = option(True, 'feed the depth (z) of landmarks, which depends on resolution and camera, too')
    relevant_above: float = option(0.0, 'keep only blendshapes that exceed this; 0 keeps all', '', 0.0, 1.0)
    relevant_in: int = option(100, 'in more than this many training pictures', '', 0, 1_000_000)
    counts: str = option(
        'all', 'all training pictures, or as many of each expression as in the paper', choices=('all', 'paper')
    )
    rotated: bool = option(True, 'add copies rotated by up to 36 degrees')
    mirrored: bool = option(True, 'add mirrored copies')
    small: bool = option(False, 'add copies of half the resolution')
    classes: str = option(
        'expressions',
        'train on the seven expressions of FER2013 and sum their probabilities, or on the three emotions',
        choices=('expressions', 'emotions'),
    )
    targets: str = option(
        'fer2013',
        'labels of FER2013, the distribution of the votes of FER+, or the mean of both',
        choices=('fer2013', 'ferplus', 'mixture'),
    )
    masked: float = option(
        0.0,
        'share of the samples that come without expression scores, and share that come without anything else',
        '',
        0.0,
        0.5,
    )
    distilled: float = option(
        0.0, 'share of the targets that is what the network for pixels says of the picture', '', 0.0, 1.0
    )
    network: str = option(
        'lstm',
        "one LSTM over the features in steps, the paper's four, two Dense layers, or one LSTM from image to image",
        choices=('lstm', 'paper', 'dense', RECURRENT),
    )
    steps: int = option(2, 'time steps over which an lstm reads the features', '', 1, 328)
    units: int = option(144, 'units of an lstm, or of the first layer of dense', '', 1, 1024)
    dropout: float = option(0.5, 'dropout rate', '', 0.0, 0.9)
    members: int = option(1, 'ensemble size: networks from different seeds, averaged in one file', '', 1, 16)
    loss: str = option('cross-entropy', 'loss function', choices=('cross-entropy', 'mse', 'focal'))
    class_weights: str = option(
        'none', 'class weights; balanced: rare emotions count more', choices=('none', 'balanced')
    )
    label_smoothing: float = option(0.1, 'label smoothing', '', 0.0, 0.5)
    epochs: int = option(14, 'passes over the training data', '', 1, 100_000)
    patience: int = option(0, 'early stopping: epochs without a better validation loss; 0: off', '', 0, 100_000)
    batch_size: int = option(512, 'batch size', '', 1, 1_000_000)
    learning_rate: float = option(2e-3, 'initial learning rate of AdamW; decays to 0 along a cosine', '', 1e-8, 1.0)
    weight_decay: float = option(2e-2, 'weight decay of AdamW', '', 0.0, 1.0)
    fallback: str = option('', 'name of the model that answers where faces come without expression scores')
    accuracy_over_f1: float = option(
        0.07, 'operating point: how much higher accuracy is to be than macro-F1', '', -0.5, 0.5
    )
    seed: int = option(0, 'random seed of weights, order and dropout', '', 0, 2**31 - 1)

    @property
    def copies(self) -> tuple[str, ...]:
        """Which changed copies of the training pictures are wanted, by the options that say so."""
        return tuple(name for name in COPIES if getattr(self, name))

    def __post_init__(self) -> None:
        check_options(self)
        if self.network == 'paper' and self.features != BLENDSHAPES_ONLY:
            raise BlendferError(f"the paper's network reads blendshapes one by one: give features {BLENDSHAPES_ONLY}")
        if self.network == RECURRENT and self.features != EXPRESSIONS_ONLY:
            raise BlendferError(f'the network {RECURRENT} reads sequences of scores: give features {EXPRESSIONS_ONLY}')


DEFAULT: Final = Recipe()
_BLENDSHAPES: Final = replace(
    DEFAULT,
    features=BLENDSHAPES_ONLY,
    steps=4,
    units=96,
    dropout=0.2,
    label_smoothing=0.0,
    weight_decay=1e-3,
    accuracy_over_f1=0.08,
)

_LANDMARKS: Final = replace(
    DEFAULT,
    depth=False,
    small=True,
    targets='mixture',
    units=64,
    members=3,
    label_smoothing=0.05,
    accuracy_over_f1=0.05,
)

_PIXELS: Final = replace(_LANDMARKS, features=EXPRESSIONS_ONLY, rotated=False, small=False, members=1, dropout=0.2)

# The shipped models, by name. `blendfer_paper` has the network, the counts of pictures, the loss and the optimiser of
# Attrah 2025 (arXiv:2501.13432). Learning rate, batch size and epochs differ, for 5,000 epochs at 1e-6 took two days
# there; dropout, label smoothing, weight decay and standardised inputs are ours.
RECIPES: Final[dict[str, Recipe]] = {
    # Blendshapes and geometry say how the face is deformed, expression scores what its pixels look like besides.
    # In one time step: the number of features is a prime.
    'blendfer': replace(_LANDMARKS, features=ALL_FEATURES, fallback='blendfer_landmarks', steps=1, masked=0.3),
    # Votes, copies of half the resolution, no depth and an average of three: what generalises best to faces beyond
    # FER2013, see docs/accuracy.md. Its operating point is then chosen by `blendfer calibrate`.
    'blendfer_landmarks': _LANDMARKS,
    # Two time steps, for with four an LSTM of 64 units reads too few values at a time to be quantised.
    'blendfer_blendshapes': replace(_BLENDSHAPES, small=True, targets='mixture', steps=2, units=64, members=3),
    'blendfer_paper': replace(
        _BLENDSHAPES,
        counts='paper',
        classes='emotions',
        network='paper',
        dropout=0.3,
        label_smoothing=0.05,
        epochs=25,
        batch_size=256,
        learning_rate=1e-3,
        accuracy_over_f1=0.09,
    ),
    # Pixels alone, each picture for itself.
    'cnn': replace(_PIXELS, network='dense', units=32),
    # Pixels alone, carried on from image to image.
    'cnn_lstm': replace(_PIXELS, network=RECURRENT, units=32),
}
