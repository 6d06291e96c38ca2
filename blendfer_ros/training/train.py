"""`blendfer train`: FER2013 → a quantised LSTM and its card."""

from __future__ import annotations

import importlib.util
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from blendfer_ros.assets import BUNDLE_SHA256, sha256_of
from blendfer_ros.classification.card import ModelCard
from blendfer_ros.classification.model import EmotionModel
from blendfer_ros.contract import BLENDSHAPES_AND_GEOMETRY, EMOTIONS, FEATURE_SETS
from blendfer_ros.errors import BlendferError, DatasetError
from blendfer_ros.evaluation.fer2013 import measure_model, probabilities_of
from blendfer_ros.face import FloatArray
from blendfer_ros.training.calibration import fit_decision_weights, fit_temperature
from blendfer_ros.training.dataset import TURNED, UPRIGHT, FaceDataset, load_faces
from blendfer_ros.training.fer2013 import EXPRESSIONS
from blendfer_ros.training.network import NetworkOptions, build_network, sum_to_emotions, to_tflite

# Features this many standard deviations from the mean say no more than ones at the limit.
FEATURE_CLIP = 6.0


@dataclass(frozen=True)
class TrainingOptions:
    """Everything that decides what comes out of a training, given the data."""

    feature_set: str = BLENDSHAPES_AND_GEOMETRY
    network: NetworkOptions = field(default_factory=NetworkOptions)
    epochs: int = 20
    batch_size: int = 512
    learning_rate: float = 2e-3
    weight_decay: float = 2e-3
    label_smoothing: float = 0.05
    seed: int = 0


def train(path: Path, output: Path, bundle: Path, options: TrainingOptions | None = None) -> ModelCard:
    """Train on the Training split, calibrate on PublicTest, write `output` and the card beside it.

    Args:
        path: FER2013 as zip, folder or csv.
        output: the `.tflite` file to write.
        bundle: the FaceLandmarker bundle.
        options: what to train and how.

    Raises:
        DatasetError: FER2013 cannot be read, or a split has no face.
        BlendferError: TensorFlow is not installed.
    """
    options = options or TrainingOptions()
    if importlib.util.find_spec('tf_keras') is None:
        raise BlendferError('training needs TensorFlow and tf_keras: pip install them, or run `make test`, which does')
    upright = load_faces(path, bundle, UPRIGHT, splits=['Training', 'PublicTest'])
    turned = load_faces(path, bundle, TURNED, splits=['Training'])
    lost = upright.lost_per_expression()
    faces = FaceDataset.joined([_training_faces(upright), _training_faces(turned)])
    samples = FaceDataset.joined([faces, faces.mirrored()])
    features = samples.features(options.feature_set)
    mean, std = features.mean(axis=0), features.std(axis=0) + np.finfo(np.float32).eps

    normalised = np.clip((features - mean) / std, -FEATURE_CLIP, FEATURE_CLIP)
    network = _fit(normalised, samples.expressions, options)
    output.parent.mkdir(parents=True, exist_ok=True)
    part = output.with_suffix('.part.tflite')
    try:
        part.write_bytes(to_tflite(sum_to_emotions(network)))
        card = ModelCard(
            name=output.stem,
            sha256=sha256_of(part),
            feature_set=options.feature_set,
            input_shape=(1, *network.input_shape[1:]),
            mean=_rounded(mean),
            std=_rounded(std),
            clip=FEATURE_CLIP,
            temperature=1.0,
            decision_weights=(1.0,) * len(EMOTIONS),
            training=_provenance(path, options, len(features), lost),
        )
        card = _calibrated(card, part, upright.where(upright.splits == 'PublicTest'))
        card.write(output.with_suffix('.json'))
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
        part.with_suffix('.json').unlink(missing_ok=True)
    return card


def _training_faces(dataset: FaceDataset) -> FaceDataset:
    faces = dataset.where(dataset.detected & (dataset.splits == 'Training'))
    if not faces.detected.size:
        raise DatasetError('FaceLandmarker finds no face in the Training pictures')
    return faces


def _fit(features: FloatArray, expressions: Any, options: TrainingOptions) -> Any:
    """Fit by cross-entropy with AdamW and a cosine schedule; a progress bar counts batches."""
    import tf_keras

    tf_keras.utils.set_random_seed(options.seed)
    network = build_network(options.network, FEATURE_SETS[options.feature_set])
    batches = options.epochs * -(-len(features) // options.batch_size)
    schedule = tf_keras.optimizers.schedules.CosineDecay(options.learning_rate, batches)
    network.compile(
        tf_keras.optimizers.AdamW(schedule, weight_decay=options.weight_decay),
        tf_keras.losses.CategoricalCrossentropy(label_smoothing=options.label_smoothing),
    )
    inputs = features.reshape(-1, *network.input_shape[1:])
    targets = np.eye(len(EXPRESSIONS), dtype=np.float32)[expressions]
    with tqdm(total=batches, unit='batch', desc='training') as progress:

        def advance(_batch: int, logs: dict[str, float]) -> None:
            progress.update()
            progress.set_postfix(loss=f'{logs["loss"]:.3f}', refresh=False)

        network.fit(
            inputs,
            targets,
            epochs=options.epochs,
            batch_size=options.batch_size,
            verbose=0,
            callbacks=[tf_keras.callbacks.LambdaCallback(on_batch_end=advance)],
        )
    return network


def _calibrated(card: ModelCard, tflite: Path, validation: FaceDataset) -> ModelCard:
    """The card with temperature, decision weights and metrics of the quantised file on PublicTest."""
    faces = validation.where(validation.detected)
    card.write(tflite.with_suffix('.json'))
    raw = probabilities_of(EmotionModel(tflite), faces.features(card.feature_set))
    temperature = fit_temperature(raw, faces.emotions)
    weights = fit_decision_weights(raw, faces.emotions, temperature)
    card = replace(card, temperature=temperature, decision_weights=weights)
    card.write(tflite.with_suffix('.json'))
    return replace(card, metrics={'PublicTest': measure_model(EmotionModel(tflite), validation).as_json()})


def _provenance(path: Path, options: TrainingOptions, n_samples: int, lost: dict[str, int]) -> dict[str, Any]:
    return {
        'data': 'FER2013',
        'data_sha256': sha256_of(path) if path.is_file() else None,
        'face_landmarker_sha256': BUNDLE_SHA256,
        'preparation': asdict(UPRIGHT),
        'augmentation': {'mirrored': True, 'max_rotation_deg': TURNED.max_rotation_deg},
        'n_samples': n_samples,
        'undetected_training_and_public_test': lost,
        'options': asdict(options),
        'versions': {name: version(name) for name in ('mediapipe', 'tensorflow', 'tf-keras')},
    }


def _rounded(values: FloatArray) -> tuple[float, ...]:
    """Numbers that read well in JSON; seven digits are all a float32 has."""
    return tuple(float(f'{value:.7g}') for value in values)
