"""The policy says what the table of interfaces says, in the form that SROS 2 takes."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from blendfer_ros.commands import cli
from blendfer_ros.core.errors import ParameterError
from blendfer_ros.security.interfaces import NODES, PROCESSES
from blendfer_ros.security.policy import policy, resolved

DOCS = Path(__file__).parents[2] / 'docs'


def allowed(xml: str, node: str, kind: str, verb: str) -> set[str]:
    """The names that a profile allows."""
    profile = next(each for each in ElementTree.fromstring(xml).iter('profile') if each.get('node') == node)
    return {name.text or '' for each in profile.findall(kind) if each.get(verb) == 'ALLOW' for name in each}


def test_each_executable_has_an_enclave_with_a_profile_for_each_of_its_nodes() -> None:
    root = ElementTree.fromstring(policy())
    assert (root.tag, root.get('version')) == ('policy', '0.2.0')
    found = {e.get('path'): [p.get('node') for p in e.iter('profile')] for e in root.iter('enclave')}
    assert found == {f'/blendfer_ros/{executable}': list(nodes) for executable, nodes in PROCESSES.items()}
    assert found['/blendfer_ros/emotion_pipeline'] == ['emotion_classifier_node', 'face_landmarker_node']


def test_nothing_is_allowed_by_a_pattern_but_the_topics_of_faces_that_come_and_go() -> None:
    patterns = {text for each in ElementTree.fromstring(policy()).iter() if '*' in (text := each.text or '')}
    assert patterns == {'/humans/faces/*'}


def test_only_those_that_must_may_touch_pictures() -> None:
    xml = policy()
    pictures = {'/image', '/image/compressed', '/annotated', '/annotated/compressed'}
    seeing = {node for node in NODES if allowed(xml, node, 'topics', 'subscribe') & pictures}
    showing = {node for node in NODES if allowed(xml, node, 'topics', 'publish') & pictures}
    assert seeing == {'face_landmarker_node', 'cnn_lstm_node'}
    assert showing == {'face_landmarker_node', 'video_source_node', 'replay_node'}


def test_names_follow_namespace_and_remapping_as_those_of_the_nodes_do() -> None:
    names = resolved(
        NODES['face_landmarker_node'].allowed, 'face_landmarker_node', '/robot', {'image': '/camera/image_raw'}
    )
    assert {'/camera/image_raw', '/camera/image_raw/compressed', '/clock', '/robot/emotions'} == set(names.subscribes)
    assert '/robot/annotated/compressed' in names.publishes
    assert '/robot/face_landmarker_node/set_parameters' in names.serves


@pytest.mark.parametrize('name', ['a b', '*', '/', '<x/>', '/a//b', '1'])
def test_a_name_that_ros_does_not_know_is_refused(name: str) -> None:
    with pytest.raises(ParameterError, match='no name of ROS'):
        policy(remaps={'image': name})


def test_the_command_writes_what_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / 'policy.xml'
    assert cli.main(['security', 'emotion_pipeline', '--remap', 'image:=/camera/image_raw', '--out', str(out)]) == 0
    assert out.read_text() == policy(['emotion_pipeline'], remaps={'image': '/camera/image_raw'})
    assert '/camera/image_raw' in allowed(out.read_text(), 'face_landmarker_node', 'topics', 'subscribe')
    for wrong in (['no_such_node'], ['--remap', 'image'], ['--namespace', 'a b']):
        assert cli.main(['security', *wrong, '--out', str(out)]) == 1
        assert capsys.readouterr().err.startswith('blendfer: ')


def test_every_topic_of_the_documentation_is_in_the_table_of_interfaces() -> None:
    documented = set()
    for line in (DOCS / 'ros_api.md').read_text().splitlines():
        cells = [cell.strip() for cell in line.split('|')]
        if len(cells) > 5 and cells[1].startswith('`') and '/' in cells[2]:
            documented |= set(cells[1].replace('`', '').split(', '))
    known = {name for node in NODES.values() for names in vars(node.allowed).values() for name in names}
    assert {'image', 'emotion'} <= documented <= known
