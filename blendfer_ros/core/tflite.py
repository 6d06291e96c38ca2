"""A TFLite file, run on one thread."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from blendfer_ros.core.assets import sha256_of
from blendfer_ros.core.errors import FrameError, ModelError, SkipReason
from blendfer_ros.core.face import FloatArray
from blendfer_ros.core.native_log import without_known_lines


class TfliteFile:
    """A network with one input and one output, both float32."""

    def __init__(
        self,
        path: Path,
        sha256: str,
        input_shape: tuple[int, ...],
        output_shape: tuple[int, ...],
        content: bytes | None = None,
    ) -> None:
        """Load the file that has this hash and these shapes; `content`: its bytes, where they have been checked.

        Raises:
            ModelError: the file is missing, damaged, or another one.
        """
        if content is None:
            _check_hash(path, sha256)
            content = path.read_bytes()
        self._path = path
        self._interpreter = _load_interpreter(path, content)
        self._input = self._interpreter.get_input_details()[0]
        self._output = self._interpreter.get_output_details()[0]
        self._input_shape = input_shape
        _check_tensor(path, 'input', self._input, input_shape)
        _check_tensor(path, 'output', self._output, output_shape)
        # From the content rather than the file, which may have been replaced since.
        self._another = partial(TfliteFile, path, sha256, input_shape, output_shape, content)

    def another(self) -> TfliteFile:
        """The same network with a state of its own."""
        return self._another()

    def run(self, values: FloatArray, *, go_on: bool = False) -> FloatArray:
        """The output for an input given as any shape of the right size.

        TFLite's LSTM keeps its state between calls; it is forgotten first unless this is to `go_on` with it.

        Raises:
            FrameError: TFLite fails on this input.
        """
        try:
            if not go_on:
                self._interpreter.reset_all_variables()
            self._interpreter.set_tensor(self._input['index'], values.reshape(self._input_shape))
            self._interpreter.invoke()
            return np.asarray(self._interpreter.get_tensor(self._output['index']), np.float32)
        except RuntimeError as error:
            raise FrameError(SkipReason.NETWORK_FAILED, f'TFLite cannot run {self._path.name}: {error}') from error


def _check_hash(path: Path, expected: str) -> None:
    if not path.is_file():
        raise ModelError(f'no model at {path}')
    found = sha256_of(path)
    if found != expected:
        raise ModelError(
            f'{path} has sha256 {found[:12]}…, its card says {expected[:12]}…: they are not from the same training'
        )


def _load_interpreter(path: Path, content: bytes) -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        try:
            from tflite_runtime.interpreter import Interpreter
        except ImportError as error:
            raise ModelError(
                'neither ai-edge-litert nor tflite-runtime is installed: pip install one of them'
            ) from error
    try:
        with without_known_lines():
            interpreter = Interpreter(model_content=content, num_threads=1)
            interpreter.allocate_tensors()
    except (RuntimeError, ValueError) as error:
        raise ModelError(f'TFLite cannot load {path}: {error}') from error
    return interpreter


def _check_tensor(path: Path, role: str, details: dict[str, Any], expected: tuple[int, ...]) -> None:
    shape = tuple(int(size) for size in details['shape'])
    if shape != expected:
        raise ModelError(f'{path} has {role} shape {shape}, its card says {expected}')
    if details['dtype'] is not np.float32:
        raise ModelError(f'{path} has {role} type {details["dtype"].__name__}, expected float32')
