"""Fitting a network: with a progress bar, checkpoints after each epoch, early stopping, and resuming."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from blendfer_ros.core.errors import BlendferError
from blendfer_ros.core.face import FloatArray
from blendfer_ros.core.files import make_folder, write_text
from blendfer_ros.training.network import build_network, compile_network
from blendfer_ros.training.recipe import Recipe
from blendfer_ros.training.samples import Samples

RECIPE_FILE = 'recipe.json'
HISTORY_FILE = 'history.json'
BEST_FILE = 'best.weights.h5'
STATE_FOLDER = 'state'


@dataclass(frozen=True)
class Fitted:
    """A trained network, its weights those of the epoch with the least validation loss.

    history: for each epoch, `loss` on the samples trained on and `val_loss` on the others.
    """

    network: Any
    history: list[dict[str, float]]


def fit(
    samples: Samples,
    validation: Samples,
    recipe: Recipe,
    seed: int,
    folder: Path,
    *,
    weights: Sequence[FloatArray] | None = None,
    resume: bool = False,
) -> Fitted:
    """Train one network.

    After each epoch `folder` holds everything needed to continue. An interrupted training continues from the last
    complete epoch when called again with `resume`.

    Args:
        samples: to train on.
        validation: to choose the epoch by.
        recipe: network, loss, optimiser, epochs.
        seed: of this network.
        folder: where checkpoints go; emptied first unless `resume`.
        weights: to start with, as Keras lists them; random by default.
        resume: continue with the checkpoints in `folder`.

    Raises:
        BlendferError: `resume`, but the checkpoints are of another recipe.
    """
    import tf_keras

    identity = {**asdict(recipe), 'seed': seed, 'n_samples': len(samples.inputs)}
    prepare_folder(folder, identity, resume=resume)
    tf_keras.utils.set_random_seed(seed)
    network = build_network(recipe, samples.inputs.shape[-1])
    n_batches = -(-len(samples.inputs) // recipe.batch_size)
    if weights is not None:
        network.set_weights(list(weights))
    compile_network(network, recipe, recipe.epochs * n_batches)
    checkpoint = checkpoint_in(folder, recipe.patience)
    if not checkpoint.has_ended():
        with tqdm(total=recipe.epochs * n_batches, unit='batch', desc=f'training, seed {seed}') as progress:
            network.fit(
                _in_steps(samples.inputs, network),
                samples.targets,
                sample_weight=samples.weights,
                validation_data=(_in_steps(validation.inputs, network), validation.targets, validation.weights),
                epochs=recipe.epochs,
                batch_size=recipe.batch_size,
                verbose=0,
                callbacks=[
                    # Before the state that marks an epoch complete: interrupted in between, the epoch is repeated.
                    checkpoint,
                    tf_keras.callbacks.BackupAndRestore(str(folder / STATE_FOLDER), delete_checkpoint=False),
                    progress_on(progress, n_batches),
                ],
            )
    network.load_weights(str(folder / BEST_FILE))
    return Fitted(network, checkpoint.history)


def predict(network: Any, inputs: FloatArray) -> FloatArray:
    """(n, k) inputs → (n, classes) probabilities of a float network."""
    answers = network.predict(_in_steps(inputs, network), batch_size=1024, verbose=0)
    return np.asarray(answers, np.float32).reshape(len(inputs), -1)


def _in_steps(inputs: FloatArray, network: Any) -> FloatArray:
    """(n, k) inputs, or sequences (n, steps, k), as the network reads them: (n, steps, features in each)."""
    return inputs.reshape(len(inputs), -1, network.input_shape[-1])


def prepare_folder(folder: Path, identity: dict[str, Any], *, resume: bool) -> None:
    """Empty the folder of checkpoints, or make sure that those in it are of this training; errors as `fit`."""
    if resume and folder.is_dir():
        found = json.loads((folder / RECIPE_FILE).read_text())
        differing = sorted(name for name in identity if found.get(name) != identity[name])
        if differing:
            name = differing[0]
            raise BlendferError(
                f'{folder} was begun with {name} {found.get(name)}, not {identity[name]}: '
                'give the same options, or omit --resume to start over'
            )
        return
    shutil.rmtree(folder, ignore_errors=True)
    make_folder(folder)
    write_text(folder / RECIPE_FILE, json.dumps(identity))


def checkpoint_in(folder: Path, patience: int) -> Any:
    """A callback that keeps history and best weights in `folder`, and stops `patience` epochs after the best one."""
    from tf_keras.callbacks import Callback

    class Checkpoint(Callback):
        def __init__(self) -> None:
            super().__init__()
            path = folder / HISTORY_FILE
            self.history: list[dict[str, float]] = json.loads(path.read_text()) if path.is_file() else []

        def has_ended(self) -> bool:
            losses = [epoch['val_loss'] for epoch in self.history]
            return bool(patience and losses and len(losses) - 1 - int(np.argmin(losses)) >= patience)

        def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
            # After an interruption the epoch that was under way is repeated.
            del self.history[epoch:]
            self.history.append({name: round(float(logs[name]), 5) for name in ('loss', 'val_loss')})
            if np.argmin([past['val_loss'] for past in self.history]) == epoch:
                self.model.save_weights(str(folder / BEST_FILE))
            write_text(folder / HISTORY_FILE, json.dumps(self.history))
            self.model.stop_training = self.has_ended()

    return Checkpoint()


def progress_on(bar: Any, n_batches: int) -> Any:
    """A callback that moves a progress bar of batches."""
    from tf_keras.callbacks import LambdaCallback

    def start(epoch: int, _logs: Any = None) -> None:
        bar.n = epoch * n_batches

    def advance(_batch: int, logs: dict[str, float]) -> None:
        bar.update()
        bar.set_postfix(loss=f'{logs["loss"]:.3f}', refresh=False)

    return LambdaCallback(on_epoch_begin=start, on_batch_end=advance)
