"""The examples do what they say, each as a newcomer would start it."""

from __future__ import annotations

import importlib.util
import os
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest
from support.ros_process import NodeProcess, Peer
from support.shown_faces import recorded_face, shown

from blendfer_ros.core.assets import find_config
from blendfer_ros.msg import Emotion
from blendfer_ros.nodes.qos import RELIABLE

EXAMPLES = find_config('emotion.yaml').resolve().parent.parent / 'examples'


@pytest.mark.skipif(importlib.util.find_spec('py_trees') is None, reason='needs py_trees: pip install py_trees')
def test_the_tree_changes_branch_when_a_sad_face_turns_happy(peer: Peer, start: Callable[..., NodeProcess]) -> None:
    start('emotion_classifier_node')
    emotion = peer.collect(Emotion, 'emotion', RELIABLE)
    tree = NodeProcess([sys.executable, str(EXAMPLES / 'emotion_tree.py')], {'PYTHONPATH': os.environ['PYTHONPATH']})
    try:
        tree.wait_for_line("Look around: robot says 'Hello? Is anybody there?'")
        with shown(peer, '', [recorded_face('first')]):
            peer.spin_until(lambda: emotion and emotion[-1].emotion == 'sad' and emotion[-1].held_s > 1.5)
            tree.wait_for_line("Comfort: robot says 'Is everything all right?' and leans forward")
        with shown(peer, '', [recorded_face('last')]):
            peer.spin_until(lambda: emotion[-1].emotion == 'happy')
            tree.wait_for_line("Cheer: robot says 'You look happy!' and nods")
    finally:
        code = tree.end()
    assert code == 0
    assert not any('Traceback' in line for line in tree.lines)


def test_the_ports_of_the_xml_tree_are_those_it_declares_and_fields_of_the_message() -> None:
    root = ET.parse(EXAMPLES / 'emotion_tree.xml').getroot()
    assert root.get('BTCPP_format') == '4'
    declared = {node.get('ID'): {port.get('name') for port in node} for node in root.iter('Action') if node.get('ID')}
    for name, ports in declared.items():
        used = [set(node.attrib) for tree in root.iter('BehaviorTree') for node in tree.iter(name)]
        assert used, f'{name} is declared and never used'
        assert all(attributes <= ports for attributes in used)
    fields = Emotion.get_fields_and_field_types()
    assert declared['EmotionSubscriber'] - {'topic_name'} <= set(fields)
