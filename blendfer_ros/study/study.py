"""Everything in the report, measured in one go. Draws nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from blendfer_ros.classification.backends import load_classifier
from blendfer_ros.core import assets
from blendfer_ros.core.errors import AssetError, DatasetError
from blendfer_ros.datasets.face_dataset import FaceDataset
from blendfer_ros.datasets.faces import load_faces
from blendfer_ros.datasets.ferplus import FerPlus
from blendfer_ros.datasets.pictures import PictureDataset, Role
from blendfer_ros.evaluation.domains import Domain, measure_domains
from blendfer_ros.study.ablations import Variant, data_identity, train_variants
from blendfer_ros.study.faces_overview import BlendshapeStatistics, Lost, blendshape_statistics, lost_faces
from blendfer_ros.study.ledger import Ledger
from blendfer_ros.study.peer import measure_peer, read_peer
from blendfer_ros.study.scores import HeldOut, Measured, measure_file, voted_score
from blendfer_ros.training.recipe import RECIPES
from blendfer_ros.training.train import require_tensorflow

ABOUT: Final = {
    'blendfer': 'blendshapes, landmark geometry and expression scores of a CNN',
    'blendfer_landmarks': 'blendshapes and landmark geometry; answers where pixels were not looked at',
    'cnn': 'expression scores of the CNN alone, each picture for itself',
    'cnn_lstm': 'expression scores of the CNN alone, an LSTM carried on from image to image',
    'blendfer_blendshapes': 'blendshapes alone, for tables and recordings of other people',
    'blendfer_paper': "the paper's own recipe, on its counts of pictures",
}


@dataclass(frozen=True)
class Published:
    """Published results on other pictures; `confusion` as in `Metrics`."""

    name: str
    about: str
    n: int
    accuracy: float
    macro_f1: float
    log_loss: float
    confusion: tuple[tuple[int, ...], ...]


PAPER: Final = Published(
    name='the paper',
    about='as published (arXiv:2501.13432), on 1,646 rows of its own',
    n=1646,
    accuracy=0.7199,
    macro_f1=0.6298,
    log_loss=0.6235,
    confusion=((251, 35, 5), (110, 850, 150), (21, 140, 84)),
)


@dataclass(frozen=True)
class Study:
    """What was measured.

    models: the shipped ones. peer: None without predictions of it.
    candidates: model files ever measured on PrivateTest.
    notes: sentences on what is left out and why.
    """

    models: tuple[Measured, ...]
    peer: Measured | None
    ablations: tuple[Measured, ...]
    lost: tuple[Lost, ...]
    blendshapes: BlendshapeStatistics
    candidates: int
    notes: tuple[str, ...]
    published: Published = PAPER

    def as_json(self) -> dict[str, Any]:
        """All numbers; the same for the same files and pictures, but for the times."""
        return {
            'models': [model.as_json() for model in self.models],
            'peer': self.peer.as_json() if self.peer else None,
            'published': asdict(self.published),
            'ablations': [variant.as_json() for variant in self.ablations],
            'lost': [asdict(lost) for lost in self.lost],
            'blendshapes': self.blendshapes.as_json(),
            'private_test_candidates': self.candidates,
            'notes': list(self.notes),
        }


@dataclass(frozen=True)
class Plan:
    """What to measure.

    dataset: FER2013. ledger: of PrivateTest. peer: file with the predictions of a peer, if it exists.
    work: folder of the ablations' models. variants: ablations; none: no training, no TensorFlow.
    votes: of FER+; None: nothing is measured against them. domains: other data sets for the shipped models, by name.
    """

    dataset: PictureDataset
    bundle: Path
    ledger: Ledger
    peer: Path
    work: Path
    variants: tuple[Variant, ...]
    votes: FerPlus | None = None
    domains: Mapping[str, Domain] = field(default_factory=dict)


def run_study(plan: Plan) -> Study:
    """Measure everything, training what is missing.

    Raises:
        DatasetError: FER2013, the ledger or the peer's answers cannot be read.
        BlendferError: ablations are wanted without TensorFlow, or a model is damaged.
    """
    if plan.variants:
        require_tensorflow()
    notes: list[str] = []
    training, public_test, private_test = (
        load_faces(plan.dataset, plan.bundle, roles=[role], expressions=assets.find_expressions()) for role in Role
    )
    if not training.detected.any():
        raise DatasetError('FaceLandmarker finds no face in the Training pictures')
    faces = HeldOut(public_test, private_test)
    return Study(
        models=tuple(_shipped(faces, plan, notes)),
        peer=_peer(plan, faces, notes),
        ablations=tuple(_ablations(plan, training, faces)),
        lost=lost_faces(training),
        blendshapes=blendshape_statistics(training),
        candidates=len(plan.ledger.entries()),
        notes=tuple(notes),
    )


def _shipped(faces: HeldOut, plan: Plan, notes: list[str]) -> Iterator[Measured]:
    for name in RECIPES:
        try:
            path = assets.find_model(name)
        except AssetError:
            notes.append(f'{name} is left out: there is no models/{name}.tflite.')
            continue
        measured = _measured(path, name, ABOUT.get(name, ''), faces, plan)
        if plan.domains:
            tell = partial(_tell_domain, name)
            scores = measure_domains(plan.domains, load_classifier(path), plan.bundle, tell)
            measured = replace(measured, domains={domain: score.as_json() for domain, score in scores.items()})
        yield measured


def _tell_domain(model: str, domain: str) -> None:
    tqdm.write(f'{model}: measuring {domain}', file=sys.stderr)


def _peer(plan: Plan, faces: HeldOut, notes: list[str]) -> Measured | None:
    if plan.peer.is_file():
        return _with_votes(measure_peer(read_peer(plan.peer), faces), plan)
    notes.append(f'A peer is left out: there is no {plan.peer}, which `make peer` writes.')
    return None


def _ablations(plan: Plan, training: FaceDataset, faces: HeldOut) -> Iterator[Measured]:
    data = data_identity(plan.dataset, training, faces.public_test) if plan.variants else {}
    for variant, path in train_variants(plan.variants, plan.dataset, plan.bundle, plan.work, data, plan.votes):
        measured = _measured(path, variant.name, variant.shows, faces, plan)
        metrics = measured.public_test.metrics
        tqdm.write(f'{variant.name}: PublicTest accuracy {metrics.accuracy:.4f}, macro-F1 {metrics.macro_f1:.4f}')
        yield measured


def _measured(path: Path, name: str, about: str, faces: HeldOut, plan: Plan) -> Measured:
    # Entered first: an interrupted measurement counts, too.
    plan.ledger.add(assets.sha256_of(path), name)
    return _with_votes(measure_file(path, name, about, faces), plan)


def _with_votes(measured: Measured, plan: Plan) -> Measured:
    if plan.votes is None:
        return measured
    return replace(measured, voted=voted_score(measured.private_test, plan.dataset.of_role(Role.TEST), plan.votes))
