"""A TFLite file, run on one thread."""

from __future__ import annotations

from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

import numpy as np

from blendfer_ros.core.assets import sha256_of
from blendfer_ros.core.errors import FrameError, ModelError, SkipReason, one_line
from blendfer_ros.core.face import FloatArray
from blendfer_ros.core.native_log import without_known_lines

# Inputs answered at a time where there are many; more of them gain nothing.
BATCH: Final = 32


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
        self._output_shape = output_shape
        _check_tensor(path, 'input', self._input, input_shape)
        _check_tensor(path, 'output', self._output, output_shape)
        # From the content rather than the file, which may have been replaced since.
        self._another = partial(TfliteFile, path, sha256, input_shape, output_shape, content)
        self._load_batched = partial(_load_batched, path, content, input_shape, output_shape)

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

    def run_many(self, values: FloatArray) -> FloatArray:
        """The outputs for n inputs, (n, …), each as `run` gives it alone; BATCH at a time where the network allows."""
        rows = values.reshape(-1, *self._input_shape[1:])
        if self._batched is None:
            outputs = [self.run(row) for row in rows]
        else:
            outputs = [self._run_batch(self._batched, rows[i : i + BATCH]) for i in range(0, len(rows), BATCH)]
        return np.concatenate(outputs) if outputs else np.zeros((0, *self._output_shape[1:]), np.float32)

    @cached_property
    def _batched(self) -> Any | None:
        """The same network for BATCH inputs; made when first asked for, because the nodes never do."""
        return self._load_batched()

    def _run_batch(self, interpreter: Any, rows: FloatArray) -> FloatArray:
        """The outputs for up to BATCH inputs."""
        interpreter.reset_all_variables()
        padding = [(0, BATCH - len(rows)), *[(0, 0)] * (rows.ndim - 1)]
        interpreter.set_tensor(self._input['index'], rows if len(rows) == BATCH else np.pad(rows, padding))
        interpreter.invoke()
        return np.array(interpreter.get_tensor(self._output['index'])[: len(rows)], np.float32)


def _check_hash(path: Path, expected: str) -> None:
    if not path.is_file():
        raise ModelError(f'no model at {path}')
    found = sha256_of(path)
    if found != expected:
        raise ModelError(
            f'{path} has sha256 {found[:12]}…, its card says {expected[:12]}…: they are not from the same training'
        )


def _load_batched(
    path: Path, content: bytes, input_shape: tuple[int, ...], output_shape: tuple[int, ...]
) -> Any | None:
    """A network made for one input, with room for BATCH; None where its file does not tell how.

    The state of an LSTM has a row for each input of a batch, and is a tensor of the file like any other.
    """
    states = _state_shapes(content)
    if states is None:
        return None
    interpreter = _load_interpreter(path, content)
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]['index'], (BATCH, *input_shape[1:]))
    for index, shape in states.items():
        interpreter.resize_tensor_input(index, (BATCH, *shape[1:]))
    try:
        interpreter.allocate_tensors()
    except (RuntimeError, ValueError):
        # Some operation has the size of its input written into it.
        return None
    return interpreter if tuple(interpreter.get_output_details()[0]['shape']) == (BATCH, *output_shape[1:]) else None


def _state_shapes(content: bytes) -> dict[int, tuple[int, ...]] | None:
    """The shapes of the tensors that a network keeps between calls, by index; None where they cannot be told."""
    try:
        from ai_edge_litert.schema_py_generated import Model
    except ImportError:
        # tflite-runtime comes without the description of the format.
        return None
    model = Model.GetRootAs(content)
    if model.SubgraphsLength() != 1:
        # Loops, whose inner networks have sizes of their own.
        return None
    graph = model.Subgraphs(0)
    tensors = ((i, graph.Tensors(i)) for i in range(graph.TensorsLength()))
    return {i: tuple(map(int, tensor.ShapeAsNumpy())) for i, tensor in tensors if tensor.IsVariable()}


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
        raise ModelError(f'TFLite cannot load {path}: {one_line(error)}') from error
    return interpreter


def _check_tensor(path: Path, role: str, details: dict[str, Any], expected: tuple[int, ...]) -> None:
    shape = tuple(int(size) for size in details['shape'])
    if shape != expected:
        raise ModelError(f'{path} has {role} shape {shape}, its card says {expected}')
    if details['dtype'] is not np.float32:
        raise ModelError(f'{path} has {role} type {details["dtype"].__name__}, expected float32')
