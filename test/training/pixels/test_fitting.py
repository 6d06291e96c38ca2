"""The CNN learns its own pictures, survives an interruption, and its file says what it says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from blendfer_ros.core.assets import sha256_of
from blendfer_ros.core.errors import BlendferError, DatasetError, ModelError
from blendfer_ros.core.expressions import EXPRESSION_NAMES
from blendfer_ros.datasets.ferplus import FerPlus
from blendfer_ros.datasets.pictures import PictureDataset, Role
from blendfer_ros.perception.expressions import ExpressionNetwork, read_expression_card
from blendfer_ros.training.fitting import HISTORY_FILE, Fitted
from blendfer_ros.training.pixels import export as export_module
from blendfer_ros.training.pixels import fitting
from blendfer_ros.training.pixels.export import export_cnn
from blendfer_ros.training.pixels.fitting import fit_cnn, upright_crops
from blendfer_ros.training.pixels.metrics import measure_scores
from blendfer_ros.training.pixels.pictures import PixelPictures, load_pictures
from blendfer_ros.training.pixels.recipe import PixelRecipe
from blendfer_ros.training.pixels.train import train_expressions

pytest.importorskip('tf_keras', reason='needs TensorFlow and tf_keras: pip install blendfer_ros[train]')

# Without dropout, whose random numbers are not kept over an interruption.
TINY = PixelRecipe(width=4, dropout=0.0, epochs=4, batch_size=16, learning_rate=5e-3)
LEARNING = replace(TINY, width=8, epochs=14, learning_rate=1e-2, label_smoothing=0.0)
N_LABELS = 7


@pytest.fixture(scope='module')
def training(dataset: PictureDataset, bundle: Path, votes: FerPlus) -> PixelPictures:
    return load_pictures(dataset, bundle, votes, Role.TRAIN)


@pytest.fixture(scope='module')
def validation(dataset: PictureDataset, bundle: Path, votes: FerPlus) -> PixelPictures:
    return load_pictures(dataset, bundle, votes, Role.VALIDATION)


@pytest.fixture(scope='module')
def learnt(training: PixelPictures, tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    """One that has seen its pictures often; chosen by these pictures themselves."""
    return fit_cnn(training, training, LEARNING, tmp_path_factory.mktemp('learnt') / 'checkpoints')


@pytest.fixture(scope='module')
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is left of the training of `uninterrupted`."""
    return tmp_path_factory.mktemp('whole') / 'checkpoints'


@pytest.fixture(scope='module')
def uninterrupted(training: PixelPictures, validation: PixelPictures, checkpoints: Path) -> Fitted:
    return fit_cnn(training, validation, TINY, checkpoints)


def answers(fitted: Fitted, pictures: PixelPictures) -> dict[str, np.ndarray]:
    given = fitted.network(upright_crops(pictures), training=False)
    return {name: np.asarray(of, np.float32) for name, of in given.items()}


def test_it_learns_what_its_pictures_are_called(learnt: Fitted) -> None:
    losses = [epoch['loss'] for epoch in learnt.history]
    assert len(losses) == LEARNING.epochs
    assert np.mean(losses[-3:]) < 0.85 * np.mean(losses[:3])


def test_both_heads_give_distributions(learnt: Fitted, validation: PixelPictures) -> None:
    given = answers(learnt, validation)
    assert {name: of.shape for name, of in given.items()} == {
        'labels': (len(validation), N_LABELS),
        'votes': (len(validation), 8),
    }
    for of in given.values():
        np.testing.assert_allclose(of.sum(axis=1), 1.0, atol=1e-5)


def test_the_weights_are_those_of_the_epoch_with_the_least_validation_loss(
    uninterrupted: Fitted, validation: PixelPictures
) -> None:
    import tf_keras

    given = answers(uninterrupted, validation)
    labels = np.eye(N_LABELS, dtype=np.float32)[validation.labels]
    crossentropy = tf_keras.losses.CategoricalCrossentropy
    loss = float(crossentropy(label_smoothing=TINY.label_smoothing)(labels, given['labels']))
    loss += float(crossentropy()(validation.votes, given['votes']))
    assert loss == pytest.approx(min(epoch['val_loss'] for epoch in uninterrupted.history), abs=2e-3)


def interrupt(monkeypatch: pytest.MonkeyPatch, after_epochs: int) -> None:
    """Stops a training as Ctrl-C would, within the epoch after these: a progress bar that is pulled away."""

    class Interrupting(fitting.tqdm):
        def update(self, n: float | None = 1) -> bool | None:
            updated = super().update(n)
            if self.n == after_epochs * self.total // TINY.epochs + 1:
                raise KeyboardInterrupt
            return updated

    monkeypatch.setattr(fitting, 'tqdm', Interrupting)


def test_an_interrupted_training_comes_to_the_weights_of_one_that_was_not(
    training: PixelPictures,
    validation: PixelPictures,
    uninterrupted: Fitted,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        interrupt(patch, after_epochs=2)
        with pytest.raises(KeyboardInterrupt):
            fit_cnn(training, validation, TINY, tmp_path / 'checkpoints')
    assert len(json.loads((tmp_path / 'checkpoints' / HISTORY_FILE).read_text())) == 2
    resumed = fit_cnn(training, validation, TINY, tmp_path / 'checkpoints', resume=True)
    assert [epoch['loss'] for epoch in resumed.history] == pytest.approx(
        [epoch['loss'] for epoch in uninterrupted.history], abs=2e-3
    )
    for mine, its in zip(resumed.network.get_weights(), uninterrupted.network.get_weights(), strict=True):
        np.testing.assert_allclose(mine, its, atol=2e-3)


def test_checkpoints_of_another_recipe_are_refused(
    training: PixelPictures, validation: PixelPictures, uninterrupted: Fitted, checkpoints: Path
) -> None:
    with pytest.raises(BlendferError, match='was begun with width 4, not 8'):
        fit_cnn(training, validation, replace(TINY, width=8), checkpoints, resume=True)


def test_training_in_sixteen_bits_gives_a_network_of_thirty_two(
    training: PixelPictures, validation: PixelPictures, tmp_path: Path
) -> None:
    import tf_keras

    fitted = fit_cnn(training, validation, replace(TINY, epochs=1, bfloat16=True), tmp_path / 'checkpoints')
    assert {weights.dtype for weights in fitted.network.get_weights()} == {np.dtype(np.float32)}
    assert fitted.network.compute_dtype == 'float32'
    # Whatever is trained next is not affected.
    assert tf_keras.mixed_precision.global_policy().name == 'float32'


@pytest.fixture(scope='module')
def exported(learnt: Fitted, validation: PixelPictures, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp('exported') / 'mine.tflite'
    export_cnn(learnt, validation, LEARNING, output, {'data': 'FER2013'}, 'PublicTest')
    return output


def test_the_file_says_what_the_network_says_of_a_crop_and_its_mirror_image(
    exported: Path, learnt: Fitted, validation: PixelPictures
) -> None:
    network = ExpressionNetwork(exported)
    crops = upright_crops(validation)[:10]
    of_file = np.array([network.of_crop(crop) for crop in crops])
    given = [learnt.network(each, training=False) for each in (crops, crops[:, :, ::-1])]
    for name, columns in (('labels', slice(0, N_LABELS)), ('votes', slice(N_LABELS, None))):
        # The mean of logits is the geometric mean of probabilities.
        mean = np.sqrt(np.asarray(given[0][name]) * np.asarray(given[1][name]))
        expected = mean / mean.sum(axis=1, keepdims=True)
        assert np.abs(np.exp(of_file[:, columns]) - expected).mean() < 0.01
    np.testing.assert_allclose([network.of_crop(crop[:, ::-1]) for crop in crops], of_file, atol=1e-3)


def test_its_card_says_what_it_is_where_it_comes_from_and_how_it_did(exported: Path, validation: PixelPictures) -> None:
    card = read_expression_card(exported.with_suffix('.json'))
    assert (card.name, card.sha256) == ('mine', sha256_of(exported))
    assert card.training['data'] == 'FER2013'
    assert card.training['recipe']['width'] == LEARNING.width
    assert len(card.training['history']) == LEARNING.epochs
    network = ExpressionNetwork(exported)
    scores = np.array([network.of_crop(crop) for crop in upright_crops(validation)])
    assert card.metrics['PublicTest'] == measure_scores(scores, validation)
    assert card.metrics['parity']['mean_difference'] < export_module.MAX_MEAN_DIFFERENCE
    assert sorted(path.name for path in exported.parent.iterdir()) == ['mine.json', 'mine.tflite']


def test_scores_are_measured_against_labels_and_against_most_votes(validation: PixelPictures) -> None:
    n = len(validation)
    scores = np.full((n, len(EXPRESSION_NAMES)), -9.0, np.float32)
    scores[np.arange(n), validation.labels] = 0.0
    scores[np.arange(n), N_LABELS + validation.votes.argmax(axis=1)] = 0.0
    assert measure_scores(scores, validation) == {
        'n': n,
        'accuracy_of_seven_labels': 1.0,
        'accuracy_of_eight_votes': 1.0,
    }
    scores[: n // 2] = scores[: n // 2, ::-1]
    halved = measure_scores(scores, validation)
    assert halved['accuracy_of_eight_votes'] < 1.0
    assert halved['accuracy_of_seven_labels'] < 1.0


def test_a_conversion_that_goes_wrong_leaves_nothing(
    learnt: Fitted, validation: PixelPictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_module, 'MAX_MEAN_DIFFERENCE', -1.0)
    with pytest.raises(ModelError, match='the conversion went wrong, nothing was written') as refusal:
        export_cnn(learnt, validation, LEARNING, tmp_path / 'mine.tflite', {}, 'PublicTest')
    assert '\n' not in str(refusal.value)
    assert not list(tmp_path.iterdir())


def test_without_votes_nothing_is_trained(dataset: PictureDataset, bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r'FER\+ has no votes on the pictures of Training'):
        train_expressions(dataset, FerPlus({}), bundle, tmp_path / 'out' / 'mine.tflite', TINY)
    assert not list((tmp_path / 'out').iterdir())
