"""The trained CNN → a quantised TFLite file and its card, checked against the network it was made from."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from blendfer_ros.core.assets import sha256_of
from blendfer_ros.core.errors import ModelError
from blendfer_ros.core.expressions import EXPRESSION_NAMES
from blendfer_ros.core.tflite import TfliteFile
from blendfer_ros.perception.expressions import ExpressionCard
from blendfer_ros.training.export import MAX_MEAN_DIFFERENCE, to_tflite
from blendfer_ros.training.fitting import Fitted
from blendfer_ros.training.pixels.fitting import upright_crops
from blendfer_ros.training.pixels.metrics import measure_scores
from blendfer_ros.training.pixels.network import deployable
from blendfer_ros.training.pixels.pictures import PixelPictures
from blendfer_ros.training.pixels.recipe import PixelRecipe

# The network itself takes its time over single pictures.
N_COMPARED: Final = 300


def export_cnn(
    fitted: Fitted,
    validation: PixelPictures,
    recipe: PixelRecipe,
    output: Path,
    training: dict[str, Any],
    validation_name: str,
) -> ExpressionCard:
    """Write `output` and its card; both appear only when both are complete.

    Args:
        fitted: the network.
        validation: for parity and metrics.
        recipe: it was trained by.
        output: the `.tflite` file.
        training: goes into the card.
        validation_name: what the card calls `validation`.

    Raises:
        ModelError: the predictions of the file differ from those of the network.
    """
    part = output.with_suffix('.part.tflite')
    try:
        model = deployable(fitted.network)
        part.write_bytes(to_tflite(model))
        crops = upright_crops(validation)
        file = TfliteFile(part, sha256_of(part), crops[:1].shape, (1, len(EXPRESSION_NAMES)))
        quantised = np.array([file.run(crop)[0] for crop in crops])
        exact = np.concatenate([np.asarray(model(crop[None], training=False)) for crop in crops[:N_COMPARED]])
        difference = np.abs(np.exp(quantised[:N_COMPARED]) - np.exp(exact))
        if difference.mean() > MAX_MEAN_DIFFERENCE:
            raise ModelError(
                f'{output.name} differs from the network it was made from by {difference.mean():.3f} on average, '
                f'more than {MAX_MEAN_DIFFERENCE}: the conversion went wrong, nothing was written'
            )
        card = ExpressionCard(
            name=output.stem,
            sha256=sha256_of(part),
            training={
                **training,
                'recipe': asdict(recipe),
                'n_parameters': int(fitted.network.count_params()),
                'history': fitted.history,
                'versions': {name: version(name) for name in ('mediapipe', 'tensorflow', 'tf-keras')},
            },
            metrics={
                validation_name: measure_scores(quantised, validation),
                'parity': {
                    'mean_difference': round(float(difference.mean()), 6),
                    'max_difference': round(float(difference.max()), 6),
                },
            },
        )
        card.write(output.with_suffix('.json'))
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
    return card
