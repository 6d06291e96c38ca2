"""The same event as JSON, as a sentence and as the body of a request."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from blendfer_ros.core.errors import ParameterError
from blendfer_ros.dialogue.events import EMOTION_CHANGED, PERSON_ARRIVED, PERSON_LEFT, DialogueEvent
from blendfer_ros.dialogue.wording import as_json, as_sentence, body_writer

EVENT = DialogueEvent(EMOTION_CHANGED, 'face_1', 'sad', 'happy', 0.8123456, 12_500_000_000, 10_000_000_000, 'head')
FIELDS = {
    'kind': 'emotion_changed',
    'face_id': 'face_1',
    'emotion': 'sad',
    'previous_emotion': 'happy',
    'confidence': 0.812,
    'stamp_s': 12.5,
    'since_s': 10.0,
}


def test_json_names_everything_with_its_unit() -> None:
    assert json.loads(as_json(EVENT)) == FIELDS


@pytest.mark.parametrize(
    ('changes', 'sentence'),
    [
        ({}, 'now looks sad (confidence 0.81), no longer happy.'),
        ({'previous_emotion': 'unknown'}, 'now looks sad (confidence 0.81).'),
        ({'emotion': 'unknown'}, 'now looks neither happy nor sad, no longer happy.'),
        ({'kind': PERSON_ARRIVED}, 'has arrived and looks sad (confidence 0.81).'),
        ({'kind': PERSON_ARRIVED, 'emotion': 'unknown'}, 'has arrived and looks neither happy nor sad.'),
        ({'kind': PERSON_LEFT, 'emotion': 'unknown'}, 'has left.'),
    ],
)
def test_a_sentence_says_what_is_seen(changes: dict, sentence: str) -> None:
    assert as_sentence(replace(EVENT, **changes)) == f'The person in front of you (face_1) {sentence}'


def test_the_generic_body_is_the_json() -> None:
    assert json.loads(body_writer('generic')(EVENT)) == FIELDS


def test_rasas_body_triggers_an_external_intent_with_the_rest_as_entities() -> None:
    entities = {name: value for name, value in FIELDS.items() if name != 'kind'}
    assert json.loads(body_writer('rasa')(EVENT)) == {'name': 'EXTERNAL_emotion_changed', 'entities': entities}


def test_a_template_is_filled_in_and_stays_json_whatever_is_filled_in(tmp_path: Path) -> None:
    template = tmp_path / 'body.json'
    template.write_text('{"text": "$face_id is $emotion for $$5", "sure": $confidence}', encoding='utf-8')
    write = body_writer(str(template))
    assert json.loads(write(EVENT)) == {'text': 'face_1 is sad for $5', 'sure': 0.812}
    nasty = 'a"b\\c\nd$emotion é'
    assert json.loads(write(replace(EVENT, face_id=nasty)))['text'] == f'{nasty} is sad for $5'


@pytest.mark.parametrize(
    ('text', 'cause'),
    [
        ('{"mood": "$mood"}', r'asks for \$mood, but there are only kind, face_id, emotion'),
        ('{"mood": $emotion}', 'does not become JSON'),
        ('{"price": "5 $"}', 'does not become JSON'),
    ],
)
def test_a_template_that_cannot_become_json_is_refused_with_its_path(text: str, cause: str, tmp_path: Path) -> None:
    template = tmp_path / 'body.json'
    template.write_text(text, encoding='utf-8')
    with pytest.raises(ParameterError, match=cause) as error:
        body_writer(str(template))
    assert str(template) in str(error.value)


def test_a_body_that_is_nothing_known_is_refused() -> None:
    with pytest.raises(ParameterError, match="http_body is 'raza', neither generic nor rasa nor a file"):
        body_writer('raza')
