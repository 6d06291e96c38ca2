"""A TFLite file is the one that is meant, or is refused in one sentence."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest

from blendfer_ros.classification.backends import read_card
from blendfer_ros.classification.backends.features import FeaturesCard
from blendfer_ros.core.assets import find_model, sha256_of
from blendfer_ros.core.errors import FrameError, ModelError, SkipReason
from blendfer_ros.core.tflite import TfliteFile

OUTPUT = (1, 3)


@pytest.fixture
def shape() -> tuple[int, ...]:
    """What the shipped model reads, as its card says."""
    card = read_card(find_model().with_suffix('.json'))
    assert isinstance(card, FeaturesCard)
    return card.input_shape


def test_any_shape_of_the_right_size_is_read_and_nothing_is_remembered(shape: tuple[int, ...]) -> None:
    network = TfliteFile(find_model(), sha256_of(find_model()), shape, OUTPUT)
    values = np.linspace(-1.0, 1.0, math.prod(shape), dtype=np.float32)
    first = network.run(values)
    assert first.shape == OUTPUT
    network.run(-values)
    np.testing.assert_array_equal(network.run(values.reshape(shape)), first)


def test_what_tflite_cannot_run_is_one_image_that_cannot_be_used(
    shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    network = TfliteFile(find_model(), sha256_of(find_model()), shape, OUTPUT)

    def fail() -> None:
        raise RuntimeError('node 3 failed to invoke')

    monkeypatch.setattr(network._interpreter, 'invoke', fail)
    with pytest.raises(FrameError, match=r'TFLite cannot run blendfer\.tflite: node 3 failed to invoke') as caught:
        network.run(np.zeros(shape, np.float32))
    assert caught.value.reason is SkipReason.NETWORK_FAILED


def test_a_missing_file_is_refused_by_name(shape: tuple[int, ...], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=f'no model at {tmp_path}/gone.tflite'):
        TfliteFile(tmp_path / 'gone.tflite', '0' * 64, shape, OUTPUT)


def test_another_file_than_the_one_meant_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match='its card says 000000000000…: they are not from the same training'):
        TfliteFile(find_model(), '0' * 64, shape, OUTPUT)


def test_a_damaged_file_with_a_matching_hash_is_still_refused(shape: tuple[int, ...], tmp_path: Path) -> None:
    damaged = tmp_path / 'damaged.tflite'
    damaged.write_bytes(find_model().read_bytes()[:1000])
    with pytest.raises(ModelError, match=f'TFLite cannot load {damaged}'):
        TfliteFile(damaged, sha256_of(damaged), shape, OUTPUT)


def test_other_shapes_than_those_meant_are_refused(shape: tuple[int, ...]) -> None:
    flat = (1, math.prod(shape), 1)
    with pytest.raises(ModelError, match=re.escape(f'has input shape {shape}, its card says {flat}')):
        TfliteFile(find_model(), sha256_of(find_model()), flat, OUTPUT)
    with pytest.raises(ModelError, match=re.escape(f'has output shape {OUTPUT}, its card says (1, 7)')):
        TfliteFile(find_model(), sha256_of(find_model()), shape, (1, 7))
