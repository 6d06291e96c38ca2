"""What a node cannot work with it refuses in one sentence, and can be configured once that is mended."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.msg import Parameter as ParameterMessage
from rcl_interfaces.msg import ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from support.ros_process import NodeProcess, Peer, executable

from blendfer_ros.core.assets import find_model


def spoil_card(folder: Path, **changes: object) -> Path:
    """The shipped model with a card that says something else."""
    model = find_model('blendfer_landmarks')
    for suffix in ('.tflite', '.json'):
        shutil.copy(model.with_suffix(suffix), folder)
    card = folder / f'{model.stem}.json'
    card.write_text(json.dumps({**json.loads(card.read_text()), **changes}))
    return folder / model.name


@pytest.mark.parametrize(
    ('changes', 'cause'),
    [({'sha256': '0' * 64}, 'its card says 000000000000'), ({'input_shape': [1, 4, 59]}, 'input shape (1, 2, 118)')],
)
def test_a_model_that_differs_from_its_card_is_not_configured_until_a_right_one_is_named(
    changes: dict, cause: str, tmp_path: Path, peer: Peer, start: Callable[..., NodeProcess]
) -> None:
    namespace = f'refusal_{len(cause)}'
    node = start('emotion_classifier_node', namespace=namespace, model=spoil_card(tmp_path, **changes))
    line = node.wait_for_line('cannot configure')
    assert cause in line
    name = f'/{namespace}/emotion_classifier_node'
    assert (
        peer.call(GetState, f'{name}/get_state', GetState.Request()).current_state.id
        == State.PRIMARY_STATE_UNCONFIGURED
    )
    right = ParameterValue(type=ParameterType.PARAMETER_STRING, string_value='blendfer')
    parameters = [ParameterMessage(name='model', value=right)]
    assert (
        peer.call(SetParameters, f'{name}/set_parameters', SetParameters.Request(parameters=parameters))
        .results[0]
        .successful
    )
    configure = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_CONFIGURE))
    assert peer.call(ChangeState, f'{name}/change_state', configure).success
    assert node.is_alive


def test_a_missing_bundle_is_named_and_the_node_stays(start: Callable[..., NodeProcess], tmp_path: Path) -> None:
    missing = tmp_path / 'face_landmarker.task'
    node = start('face_landmarker_node', namespace='no_bundle', bundle=missing)
    assert f'no FaceLandmarker bundle at {missing}' in node.wait_for_line('cannot configure')
    assert node.is_alive


def test_a_bundle_of_another_version_is_named(start: Callable[..., NodeProcess], tmp_path: Path) -> None:
    other = tmp_path / 'face_landmarker.task'
    other.write_bytes(b'another version')
    node = start('face_landmarker_node', namespace='other_bundle', bundle=other)
    assert 'expected 64184e229b26' in node.wait_for_line('cannot configure')


def test_a_source_that_is_not_there_is_named(start: Callable[..., NodeProcess]) -> None:
    node = start('video_source_node', namespace='no_source', source='/nowhere/clip.mp4')
    assert "no camera, video file or picture folder at '/nowhere/clip.mp4'" in node.wait_for_line('cannot activate')


@pytest.mark.parametrize(('name', 'value'), [('publish_rate', 0.0), ('publish_rate', 'fast'), ('switch_margin', 2.0)])
def test_a_parameter_out_of_range_or_of_another_type_ends_the_process_with_one_sentence(
    name: str, value: object, start: Callable[..., NodeProcess]
) -> None:
    node = start('emotion_classifier_node', namespace='wrong_parameter', **{name: value})
    assert name in node.wait_for_line('refused: ')
    assert node.process.wait(60.0) == 2


def test_without_hri_msgs_the_ros4hri_node_names_it_and_stays(tmp_path: Path) -> None:
    package = tmp_path / 'hri_msgs'
    package.mkdir()
    (package / '__init__.py').write_text('raise ImportError("as if it were not installed")')
    environment = {'PYTHONPATH': f'{tmp_path}:{os.environ.get("PYTHONPATH", "")}'}
    node = NodeProcess([str(executable('ros4hri_node'))], environment)
    try:
        assert 'needs the package hri_msgs, which is not installed' in node.wait_for_line('cannot configure')
        assert node.is_alive
    finally:
        code = node.end()
    assert code == 0
    assert 'Traceback' not in '\n'.join(node.lines)
