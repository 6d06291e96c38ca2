"""Classifiers, one file per kind, found by the name that a model card gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from blendfer_ros.classification.backends.fallback import WithFallback
from blendfer_ros.classification.backends.features import FEATURES, FeaturesClassifier
from blendfer_ros.classification.backends.recurrent import RECURRENT, RecurrentClassifier
from blendfer_ros.classification.card import ModelCard
from blendfer_ros.classification.classifier import Classifier
from blendfer_ros.core.assets import find_model
from blendfer_ros.core.errors import AssetError, ModelError, cause, shown
from blendfer_ros.core.files import read_json

# Each is made of a `.tflite` file and its card, of the class CARD.
BACKENDS: Final[dict[str, Any]] = {FEATURES: FeaturesClassifier, RECURRENT: RecurrentClassifier}


def load_classifier(path: Path, _falling_back: tuple[str, ...] = ()) -> Classifier:
    """Load `NAME.tflite` by `NAME.json` beside it, and the fallback its card names: beside it, or else as shipped.

    Raises:
        ModelError: file or card is missing or damaged, or they do not belong together.
    """
    card = read_card(path.with_suffix('.json'))
    classifier: Classifier = BACKENDS[card.backend](path, card)
    fallback = getattr(card, 'fallback', '')
    if not fallback:
        return classifier
    behind = (*_falling_back, path.stem)
    if fallback in behind:
        raise ModelError(f'{path} falls back on {fallback}, which falls back on it')
    beside = path.with_name(f'{fallback}.tflite')
    try:
        return WithFallback(classifier, load_classifier(beside if beside.is_file() else find_model(fallback), behind))
    except AssetError as error:
        raise ModelError(f'{path} needs {fallback} where expression scores are missing: {error}') from error


def read_card(path: Path) -> ModelCard:
    """Read and check a card; raises ModelError in one sentence that names the file and what differs."""
    try:
        content: dict[str, Any] = read_json(path)
        fields: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in content.items()}
        # Cards written before there were others do not say.
        backend = fields.setdefault('backend', FEATURES)
        if backend not in BACKENDS:
            raise ModelError(f'backend is {shown(backend)}, expected one of {", ".join(BACKENDS)}')
        card: ModelCard = BACKENDS[backend].CARD(**fields)
    except FileNotFoundError as error:
        raise ModelError(f'model card {path} is missing') from error
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise ModelError(f'model card {path} cannot be read: {cause(error)}') from error
    except ModelError as error:
        raise ModelError(f'model card {path}: {error}') from error
    return card
