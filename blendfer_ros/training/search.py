"""`blendfer search`: hyper-parameters by Optuna's tree-structured Parzen estimator, scored on PublicTest."""

from __future__ import annotations

import importlib.util
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blendfer_ros.core.errors import BlendferError
from blendfer_ros.core.files import make_folder
from blendfer_ros.core.probabilities import decide
from blendfer_ros.metrics.classification import measure
from blendfer_ros.training.calibration import fit_decision_weights
from blendfer_ros.training.export import float_probabilities
from blendfer_ros.training.faces import TrainingFaces
from blendfer_ros.training.recipe import Recipe
from blendfer_ros.training.train import fit_recipe, require_tensorflow, validation_faces

if TYPE_CHECKING:
    from optuna import Study, Trial


@dataclass(frozen=True)
class Found:
    """The best recipe of a search, and its mean of accuracy and macro-F1 on PublicTest."""

    recipe: Recipe
    score: float


def search(faces: TrainingFaces, start: Recipe, n_trials: int, folder: Path) -> Found:
    """Try `n_trials` more recipes around `start`.

    Each trial is written to `folder`/search.db when it ends; an interrupted or finished search continues when called
    again with the same folder.

    Args:
        faces: to train and to score on.
        start: options that are not searched keep their values here; its own values are the first trial.
        n_trials: number of trials.
        folder: created when it is missing.

    Raises:
        BlendferError: Optuna or TensorFlow is not installed, or the folder cannot be used, or has a search that
            started from another recipe.
    """
    require_tensorflow()
    if importlib.util.find_spec('optuna') is None:
        raise BlendferError('a search needs optuna: pip install it, or run `make test`, which does')
    study = _study(start, folder)

    def objective(trial: Trial) -> float:
        recipe = suggest(trial, start)
        trial.set_user_attr('recipe', asdict(recipe))
        score = judge(faces, recipe, folder / 'trial')
        print(f'trial {trial.number}: {score:.4f} with {trial.params}', flush=True)
        return score

    study.optimize(objective, n_trials)
    shutil.rmtree(folder / 'trial', ignore_errors=True)
    return Found(Recipe(**study.best_trial.user_attrs['recipe']), study.best_value)


def suggest(trial: Any, start: Recipe) -> Recipe:
    """A recipe from the search space around `start`; options that its network does not use stay as they are."""
    changes: dict[str, Any] = {
        'dropout': trial.suggest_float('dropout', 0.0, 0.6),
        'learning_rate': trial.suggest_float('learning_rate', 3e-4, 1e-2, log=True),
        'weight_decay': trial.suggest_float('weight_decay', 1e-4, 1e-1, log=True),
        'label_smoothing': trial.suggest_float('label_smoothing', 0.0, 0.2),
        'batch_size': trial.suggest_categorical('batch_size', sorted({128, 256, 512, 1024, start.batch_size})),
    }
    if start.network != 'paper':
        changes['units'] = trial.suggest_categorical('units', sorted({32, 64, 96, 128, 160, start.units}))
    if start.network == 'lstm':
        changes['steps'] = trial.suggest_categorical('steps', sorted({1, 2, 4, start.steps}))
    return replace(start, **changes)


def judge(faces: TrainingFaces, recipe: Recipe, folder: Path) -> float:
    """Mean of accuracy and macro-F1 on PublicTest of a recipe's networks, at the decision weights best there."""
    trained = fit_recipe(faces, recipe, folder)
    validation = validation_faces(faces, recipe).with_face()
    inputs = trained.scaling.apply(validation.features(recipe.features))
    probabilities = float_probabilities([fitted.network for fitted in trained.fitted], inputs)
    weights = fit_decision_weights(
        probabilities, validation.emotion_labels, temperature=1.0, accuracy_over_f1=recipe.accuracy_over_f1
    )
    decisions = decide(probabilities, weights)
    metrics = measure(validation.emotion_labels, decisions, probabilities, n=len(decisions))
    return (metrics.accuracy + metrics.macro_f1) / 2.0


def _study(start: Recipe, folder: Path) -> Study:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    make_folder(folder)
    try:
        study = optuna.create_study(
            study_name='blendfer',
            storage=f'sqlite:///{folder / "search.db"}',
            direction='maximize',
            sampler=optuna.samplers.TPESampler(seed=start.seed),
            load_if_exists=True,
        )
    except optuna.exceptions.StorageInternalError as error:
        raise BlendferError(f'the search cannot be kept in {folder}: {error}') from error
    started_from = study.user_attrs.get('start', asdict(start))
    if started_from != asdict(start):
        raise BlendferError(f'the search in {folder} started from another recipe: give another --folder')
    study.set_user_attr('start', asdict(start))
    if not study.trials:
        # Optuna ignores what `suggest` does not ask for.
        study.enqueue_trial(asdict(start))
    return study
