"""Fitting the CNN: augmented anew in each epoch, with checkpoints, early stopping and resuming."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from blendfer_ros.core.expressions import LABEL_EXPRESSIONS
from blendfer_ros.core.face import FloatArray
from blendfer_ros.perception.crops import CROP_SIZE_PX, crop_face, standardised
from blendfer_ros.perception.expressions import ExpressionNetwork
from blendfer_ros.training.fitting import BEST_FILE, STATE_FOLDER, Fitted, checkpoint_in, prepare_folder, progress_on
from blendfer_ros.training.pixels.augmentation import varied_crop
from blendfer_ros.training.pixels.network import build_cnn
from blendfer_ros.training.pixels.pictures import PixelPictures
from blendfer_ros.training.pixels.recipe import PixelRecipe

WARM_UP_EPOCHS: Final = 2


def fit_cnn(
    training: PixelPictures, validation: PixelPictures, recipe: PixelRecipe, folder: Path, *, resume: bool = False
) -> Fitted:
    """Train the CNN; checkpoints and errors as in `training.fitting.fit`."""
    import tf_keras

    prepare_folder(folder, {**asdict(recipe), 'n_samples': len(training)}, resume=resume)
    tf_keras.utils.set_random_seed(recipe.seed)
    tf_keras.mixed_precision.set_global_policy('mixed_bfloat16' if recipe.bfloat16 else 'float32')
    try:
        network = build_cnn(recipe)
    finally:
        tf_keras.mixed_precision.set_global_policy('float32')
    n_batches = -(-len(training) // recipe.batch_size)
    schedule = tf_keras.optimizers.schedules.CosineDecay(
        0.0,
        max(1, (recipe.epochs - WARM_UP_EPOCHS) * n_batches),
        warmup_target=recipe.learning_rate,
        warmup_steps=WARM_UP_EPOCHS * n_batches,
    )
    network.compile(
        tf_keras.optimizers.AdamW(schedule, weight_decay=recipe.weight_decay, global_clipnorm=1.0),
        {
            'labels': tf_keras.losses.CategoricalCrossentropy(label_smoothing=recipe.label_smoothing),
            'votes': tf_keras.losses.CategoricalCrossentropy(),
        },
    )
    checkpoint = checkpoint_in(folder, recipe.patience)
    if not checkpoint.has_ended():
        with tqdm(total=recipe.epochs * n_batches, unit='batch', desc='training the CNN') as progress:
            network.fit(
                _batches(training, recipe, len(checkpoint.history)),
                validation_data=(upright_crops(validation), _targets(validation, np.arange(len(validation)))),
                validation_batch_size=512,
                epochs=recipe.epochs,
                # The batches have an order of their own, which is the same after an interruption.
                shuffle=False,
                verbose=0,
                callbacks=[
                    checkpoint,
                    tf_keras.callbacks.BackupAndRestore(str(folder / STATE_FOLDER), delete_checkpoint=False),
                    progress_on(progress, n_batches),
                ],
            )
    network.load_weights(str(folder / BEST_FILE))
    exact = build_cnn(recipe)
    exact.set_weights(network.get_weights())
    return Fitted(exact, checkpoint.history)


def upright_crops(pictures: PixelPictures) -> FloatArray:
    """(n, size, size, 1) standardised crops, by landmarks where there are any."""
    squares = [aligned or whole for aligned, whole in zip(pictures.aligned, pictures.whole, strict=True)]
    crops = [standardised(crop_face(grey, square)) for grey, square in zip(pictures.greys, squares, strict=True)]
    return np.array(crops, np.float32).reshape(-1, CROP_SIZE_PX, CROP_SIZE_PX, 1)


def scores_of(network: ExpressionNetwork, pictures: PixelPictures) -> FloatArray:
    """(n, 15) log-probabilities of the deployed network for the same crops."""
    crops = tqdm(upright_crops(pictures), 'expressions', unit='img')
    return np.array([network.of_crop(crop) for crop in crops], np.float32)


def _targets(pictures: PixelPictures, indices: npt.NDArray[np.int64]) -> dict[str, FloatArray]:
    labels = np.eye(len(LABEL_EXPRESSIONS), dtype=np.float32)[pictures.labels[indices]]
    return {'labels': labels, 'votes': pictures.votes[indices]}


def _batches(pictures: PixelPictures, recipe: PixelRecipe, first_epoch: int) -> Any:
    """Batches of varied crops; which and how depends on the seed, the epoch and the place in it."""
    from tf_keras.utils import Sequence

    class Batches(Sequence):
        def __init__(self) -> None:
            super().__init__()
            self._epoch = first_epoch
            self._order = self._shuffled()

        def __len__(self) -> int:
            return -(-len(pictures) // recipe.batch_size)

        def __getitem__(self, index: int) -> tuple[FloatArray, dict[str, FloatArray]]:
            chosen = self._order[index * recipe.batch_size : (index + 1) * recipe.batch_size]
            rng = np.random.default_rng((recipe.seed, self._epoch, index))
            crops = np.zeros((len(chosen), CROP_SIZE_PX, CROP_SIZE_PX, 1), np.float32)
            for row, i in enumerate(chosen):
                aligned = pictures.aligned[i]
                by_landmarks = aligned is not None and rng.random() >= recipe.whole_pictures
                square = aligned if aligned is not None and by_landmarks else pictures.whole[i]
                crops[row, :, :, 0] = varied_crop(pictures.greys[i], square, rng)
            return crops, _targets(pictures, chosen)

        def on_epoch_end(self) -> None:
            self._epoch += 1
            self._order = self._shuffled()

        def _shuffled(self) -> npt.NDArray[np.int64]:
            return np.random.default_rng((recipe.seed, self._epoch)).permutation(len(pictures))

    return Batches()
