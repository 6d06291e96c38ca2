"""A TFLite file is the one that is meant, or is refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from blendfer_ros.classification.backends.tflite import TfliteFile
from blendfer_ros.core.assets import find_model, sha256_of
from blendfer_ros.core.errors import ModelError

INPUT, OUTPUT = (1, 2, 164), (1, 3)


def test_any_shape_of_the_right_size_is_read_and_nothing_is_remembered() -> None:
    network = TfliteFile(find_model(), sha256_of(find_model()), INPUT, OUTPUT)
    values = np.linspace(-1.0, 1.0, 328, dtype=np.float32)
    first = network.run(values)
    assert first.shape == OUTPUT
    network.run(-values)
    np.testing.assert_array_equal(network.run(values.reshape(INPUT)), first)


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=f'no model at {tmp_path}/gone.tflite'):
        TfliteFile(tmp_path / 'gone.tflite', '0' * 64, INPUT, OUTPUT)


def test_another_file_than_the_one_meant_is_refused() -> None:
    with pytest.raises(ModelError, match='its card says 000000000000…: they are not from the same training'):
        TfliteFile(find_model(), '0' * 64, INPUT, OUTPUT)


def test_a_damaged_file_with_a_matching_hash_is_still_refused(tmp_path: Path) -> None:
    damaged = tmp_path / 'damaged.tflite'
    damaged.write_bytes(find_model().read_bytes()[:1000])
    with pytest.raises(ModelError, match=f'TFLite cannot load {damaged}'):
        TfliteFile(damaged, sha256_of(damaged), INPUT, OUTPUT)


@pytest.mark.parametrize(
    ('shapes', 'cause'),
    [
        (((1, 4, 82), OUTPUT), r'has input shape \(1, 2, 164\), its card says \(1, 4, 82\)'),
        ((INPUT, (1, 7)), r'has output shape \(1, 3\), its card says \(1, 7\)'),
    ],
)
def test_other_shapes_than_those_meant_are_refused(shapes: tuple[tuple[int, ...], ...], cause: str) -> None:
    with pytest.raises(ModelError, match=cause):
        TfliteFile(find_model(), sha256_of(find_model()), *shapes)
