"""Trained networks → a quantised TFLite file and its card, checked against the networks it was made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.classification.backends.features import FeaturesCard
from blendfer_ros.classification.backends.recurrent import RECURRENT, RecurrentCard
from blendfer_ros.classification.card import ModelCard
from blendfer_ros.classification.features import reads_expressions
from blendfer_ros.core.assets import sha256_of
from blendfer_ros.core.emotions import EMOTIONS
from blendfer_ros.core.errors import ModelError
from blendfer_ros.core.face import FloatArray
from blendfer_ros.core.probabilities import calibrate, decide
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.metrics.classification import IntArray, measure
from blendfer_ros.training.calibration import fit_decision_weights, fit_temperature
from blendfer_ros.training.fitting import predict
from blendfer_ros.training.network import deployable, emotions_of_classes
from blendfer_ros.training.recipe import Recipe
from blendfer_ros.training.samples import FEATURE_CLIP, Scaling
from blendfer_ros.training.starting_point import write_weights

# Quantisation to eight bits moves probabilities by about 0.01; a larger difference means a wrong conversion.
MAX_MEAN_DIFFERENCE: Final = 0.02


def export(
    networks: Sequence[Any],
    scaling: Scaling,
    recipe: Recipe,
    validation: FaceDataset,
    output: Path,
    training: dict[str, Any],
    validation_name: str,
) -> ModelCard:
    """Write `output` and its card; both appear only when both are complete.

    Args:
        networks: to be averaged.
        scaling: of their inputs.
        recipe: they were trained by.
        validation: for calibration and parity.
        output: the `.tflite` file.
        training: goes into the card.
        validation_name: what the card calls `validation`.

    Raises:
        ModelError: the predictions of the file differ from those of the networks.
        DatasetError: no face in `validation`.
    """
    faces = validation.with_face()
    features = faces.features(recipe.features)
    part = output.with_suffix('.part.tflite')
    try:
        model = deployable(networks)
        part.write_bytes(to_tflite(model))
        card_of_kind = RecurrentCard if recipe.network == RECURRENT else FeaturesCard
        reads = reads_expressions(recipe.features)
        card: ModelCard = card_of_kind(
            name=output.stem,
            sha256=sha256_of(part),
            feature_set=recipe.features,
            chosen_features=tuple(int(i) for i in scaling.chosen),
            input_shape=tuple(model.input_shape),
            expression_model=str(faces.expression_models[0]) if reads else '',
            fallback=recipe.fallback,
            mean=_rounded(scaling.mean),
            std=_rounded(scaling.std),
            clip=FEATURE_CLIP,
            temperature=1.0,
            decision_weights=(1.0,) * len(EMOTIONS),
            training=training,
        )
        card.write(part.with_suffix('.json'))
        classifier = load_classifier(part)
        quantised = np.array([classifier.predict(face) for face in faces.faces()])
        exact = float_probabilities(networks, scaling.apply(features))
        card = _calibrated(card, recipe, quantised, exact, faces.emotion_labels, len(validation), validation_name)
        write_weights(networks, output)
        card.write(output.with_suffix('.json'))
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
        part.with_suffix('.json').unlink(missing_ok=True)
    return card


def float_probabilities(networks: Sequence[Any], inputs: FloatArray) -> FloatArray:
    """(n, 3) predictions of the networks before quantisation, uncalibrated."""
    answers = [predict(network, inputs) for network in networks]
    return np.asarray(np.mean(answers, axis=0) @ emotions_of_classes(answers[0].shape[1]), np.float32)


def to_tflite(model: Any) -> bytes:
    """Convert with the weights quantised to 8 bits ("dynamic range")."""
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    return bytes(converter.convert())


def _calibrated(
    card: ModelCard,
    recipe: Recipe,
    quantised: FloatArray,
    exact: FloatArray,
    labels: IntArray,
    n: int,
    validation_name: str,
) -> ModelCard:
    """The card with temperature, decision weights, metrics and parity, all measured on the validation split."""
    difference = np.abs(quantised - exact)
    if difference.mean() > MAX_MEAN_DIFFERENCE:
        raise ModelError(
            f'{card.name}.tflite differs from the network it was made from by {difference.mean():.3f} on average, '
            f'more than {MAX_MEAN_DIFFERENCE}: the conversion went wrong, nothing was written'
        )
    temperature = fit_temperature(quantised, labels)
    weights = fit_decision_weights(quantised, labels, temperature, recipe.accuracy_over_f1)

    def measured(raw: FloatArray) -> dict[str, Any]:
        probabilities = calibrate(raw, temperature)
        return measure(labels, decide(probabilities, weights), probabilities, n).as_json()

    metrics = measured(quantised)
    parity = {
        'mean_difference': round(float(difference.mean()), 6),
        'max_difference': round(float(difference.max()), 6),
        'macro_f1_float': measured(exact)['macro_f1'],
        'macro_f1_quantised': metrics['macro_f1'],
    }
    return replace(
        card,
        temperature=temperature,
        decision_weights=weights,
        metrics={validation_name: metrics, 'parity': parity},
    )


def _rounded(values: FloatArray) -> tuple[float, ...]:
    """Numbers readable in JSON; a float32 has no more than seven digits."""
    return tuple(float(f'{value:.7g}') for value in values)
