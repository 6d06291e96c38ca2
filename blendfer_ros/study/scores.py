"""Accuracy of a model file on PublicTest and PrivateTest of FER2013, its size and its speed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.classification.card import ModelCard
from blendfer_ros.classification.classifier import Classifier
from blendfer_ros.core.assets import find_expressions
from blendfer_ros.core.face import Face
from blendfer_ros.core.stamps import NS_PER_MS
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.ferplus import FerPlus, relabelled
from blendfer_ros.datasets.pictures import PictureDataset, emotion_indices
from blendfer_ros.evaluation.stills.predictions import Predictions, predict
from blendfer_ros.metrics.calibration import accuracy_of_most_sure
from blendfer_ros.metrics.classification import Metrics, log_loss, recall
from blendfer_ros.metrics.numbers import rounded
from blendfer_ros.perception.crops import Square
from blendfer_ros.perception.expressions import ExpressionNetwork

MOST_SURE_SHARE: Final = 0.8
N_WARM_UP: Final = 100
N_TIMED: Final = 2000
FACE_PX: Final = 200


@dataclass(frozen=True)
class HeldOut:
    """The two splits to measure on: models are chosen on the first, and finally measured on the second."""

    public_test: FaceDataset
    private_test: FaceDataset


@dataclass(frozen=True)
class Score:
    """The scores of a model on one split.

    accuracy_most_sure_80: accuracy on the 80 % of predictions with the highest confidence.
    log_loss: mean cross-entropy of the labels [nat].
    """

    metrics: Metrics
    accuracy_most_sure_80: float
    log_loss: float
    predictions: Predictions = field(repr=False, compare=False)

    def as_json(self) -> dict[str, Any]:
        """All but the predictions."""
        return self.metrics.as_json() | {
            'accuracy_most_sure_80': round(self.accuracy_most_sure_80, 6),
            'log_loss': round(self.log_loss, 6),
            'recall': [rounded(share) for share in self.recall],
        }

    @property
    def recall(self) -> tuple[float, ...]:
        """Share of the pictures of each emotion that is found; NaN for one that does not occur."""
        return tuple(map(float, recall(np.array(self.metrics.confusion))))


@dataclass(frozen=True)
class ModelFile:
    """Properties of a file that do not depend on data.

    size_bytes: of all files it takes, that of the network for pixels included where it reads expression scores.
    median_ms, p95_ms: time of one inference on one thread [ms].
    pixels_ms: median time of crop and network for the pixels [ms]; 0 where it does without.
    """

    card: ModelCard
    size_bytes: int
    median_ms: float
    p95_ms: float
    pixels_ms: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """The fields, and the recipe where the card has it."""
        return {
            'sha256': self.card.sha256,
            'features': self.card.n_inputs,
            'size_bytes': self.size_bytes,
            'median_ms': round(self.median_ms, 4),
            'p95_ms': round(self.p95_ms, 4),
            'pixels_ms': round(self.pixels_ms, 4),
            'recipe': self.card.training.get('recipe'),
        }


@dataclass(frozen=True)
class Measured:
    """A row of the report.

    about: one sentence. file: None where the model is not one of our files.
    voted: the same predictions on PrivateTest against the majority of the votes of FER+; None without votes.
    domains: the scores on other data sets by their names, as `DomainScore.as_json` gives them.
    """

    name: str
    about: str
    public_test: Score
    private_test: Score
    file: ModelFile | None = None
    voted: Score | None = None
    domains: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Everything that is a number."""
        return {
            'name': self.name,
            'about': self.about,
            **(self.file.as_json() if self.file else {}),
            'PublicTest': self.public_test.as_json(),
            'PrivateTest': self.private_test.as_json(),
            **({'PrivateTest, FER+ majority': self.voted.as_json()} if self.voted else {}),
            **({'domains': dict(self.domains)} if self.domains else {}),
        }


def measure_file(path: Path, name: str, about: str, faces: HeldOut) -> Measured:
    """Measure a model on both splits.

    Args:
        path: the `.tflite` file.
        name: what the report calls it.
        about: see `Measured`.
        faces: what to measure on.

    Raises:
        ModelError: the file or its card is missing or damaged.
        DatasetError: a split has no face.
    """
    model = load_classifier(path)
    public, private = (score(predict(model, split), len(split)) for split in (faces.public_test, faces.private_test))
    times_ms = time_inference(model, list(faces.public_test.with_face().faces()))
    network = ExpressionNetwork(find_expressions()) if reads_pixels(model.card) else None
    return Measured(
        name,
        about,
        public,
        private,
        ModelFile(
            card=model.card,
            size_bytes=path.stat().st_size + (find_expressions().stat().st_size if network else 0),
            median_ms=float(np.median(times_ms)),
            p95_ms=float(np.percentile(times_ms, 95)),
            pixels_ms=float(np.median(time_looking(network))) if network else 0.0,
        ),
    )


def reads_pixels(card: ModelCard) -> bool:
    """Whether a model reads expression scores."""
    return bool(getattr(card, 'expression_model', ''))


def score(predictions: Predictions, n: int) -> Score:
    """Score at least one prediction for `n` pictures, with or without a face."""
    return Score(
        metrics=predictions.metrics(n),
        accuracy_most_sure_80=accuracy_of_most_sure(predictions.confidences, predictions.correct, MOST_SURE_SHARE),
        log_loss=log_loss(predictions.probabilities, predictions.labels),
        predictions=predictions,
    )


def voted_score(of_labels: Score, dataset: PictureDataset, votes: FerPlus) -> Score:
    """Score the same predictions against the majority of the votes, where there is one; errors as `relabelled`."""
    emotions = emotion_indices(dataset.emotions)
    voted = {sample.sample_id: int(emotions[sample.label]) for sample in relabelled(dataset, votes).samples}
    predictions = of_labels.predictions.relabelled(voted)
    n = sum(sample.sample_id in voted for sample in dataset.samples)
    return score(predictions, n)


def time_inference(
    model: Classifier, faces: Sequence[Face], clock_ns: Callable[[], int] = time.perf_counter_ns
) -> npt.NDArray[np.float64]:
    """(N_TIMED,) times of one `predict` each [ms], after a warm-up.

    Args:
        model: runs on one thread.
        faces: inputs, one after the other; at least one.
        clock_ns: gives the time [ns].
    """
    times_ns = []
    for i in range(N_WARM_UP + N_TIMED):
        face = faces[i % len(faces)]
        start_ns = clock_ns()
        model.predict(face)
        times_ns.append(clock_ns() - start_ns)
    return np.array(times_ns[N_WARM_UP:], np.float64) / NS_PER_MS


def time_looking(
    network: ExpressionNetwork, clock_ns: Callable[[], int] = time.perf_counter_ns
) -> npt.NDArray[np.float64]:
    """(N_TIMED,) times of one look each at a face FACE_PX wide in a picture of 640x480 [ms], after a warm-up."""
    picture = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    square = Square(320.0, 240.0, FACE_PX / 2.0, 0.1)
    times_ns = []
    for _ in range(N_WARM_UP + N_TIMED):
        start_ns = clock_ns()
        network.scores(picture, square)
        times_ns.append(clock_ns() - start_ns)
    return np.array(times_ns[N_WARM_UP:], np.float64) / NS_PER_MS
